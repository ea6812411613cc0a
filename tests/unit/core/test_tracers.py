"""Operations on providers of every kind: broken processors, samplers that drop, tracers that are switched off."""

import pytest
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from otel_ops import OperationContext, diagnostics, operation
from otel_ops.core.hooks import Failure, UnrecordedFailure, add_listener
from otel_ops.testing import Recorder, provider_in_place


class Broken(SpanProcessor):
    """A processor of somebody else's that raises whenever it is called."""

    def on_start(self, span: Span, parent_context: object = None) -> None:
        raise LookupError("start")

    def on_end(self, span: ReadableSpan) -> None:
        raise LookupError("end")


class BrokenAtTheEnd(Broken):
    """A processor that raises when a span ends."""

    def on_start(self, span: Span, parent_context: object = None) -> None:
        pass


class Listener:
    """Keeps the failures that it is told."""

    def __init__(self) -> None:
        self.unrecorded_ones: list[UnrecordedFailure] = []

    def seen(self, failure: Failure, span: object) -> None:
        pass

    def unrecorded(self, failed: UnrecordedFailure) -> None:
        self.unrecorded_ones.append(failed)


@operation
def double(number: int) -> int:
    return 2 * number


@pytest.mark.parametrize(("processor", "reason"), [(Broken, "span.start.failed"), (BrokenAtTheEnd, "span.end.failed")])
def test_a_broken_processor_does_not_reach_the_program(
    processor: type[SpanProcessor], reason: str, quiet: None
) -> None:
    """Results and exceptions are those of the function; the fault is counted."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(processor())
    with provider_in_place(provider), OperationContext("run"):
        assert 4 == double(2)
        with pytest.raises(ValueError, match="mine"), operation("fails"):
            raise ValueError("mine")
    assert diagnostics()[reason] >= 2


def test_spans_that_a_sampler_drops_keep_their_place(quiet: None) -> None:
    """Children of a dropped operation are dropped with it, and do not become roots."""
    with Recorder(sampler=ALWAYS_OFF) as recorder, operation("outer") as outer, operation("inner") as inner:
        assert not outer.recording
        assert not inner.recording
    assert [] == recorder.spans.names


def test_a_failure_that_nobody_records_is_told(quiet: None) -> None:
    """Where the provider drops everything, listeners learn of the failure, once, with its exception."""
    listener = Listener()
    error = ValueError("no")
    with Recorder(sampler=ALWAYS_OFF), OperationContext("run", user="ada"), pytest.raises(ValueError, match="no"):
        add_listener(listener)
        with operation("outer"), operation("inner"):
            raise error
    (failed,) = listener.unrecorded_ones
    assert ("inner", "error", error) == (failed.name, failed.outcome, failed.failure.exception)
    assert "ada" == failed.attributes["user.id"]
    assert failed.start_ns <= failed.end_ns


def test_a_new_global_provider_is_noticed() -> None:
    """Operations go to the provider that is global when they begin."""
    with Recorder() as first:
        double(1)
    with Recorder() as second:
        double(2)
    assert (["double"], ["double"]) == (first.spans.names, second.spans.names)


def test_each_level_has_a_scope_of_its_own(recorder: Recorder) -> None:
    """The instrumentation scope carries the level of detail, and our version."""
    with operation("a", detail="MINIMAL"), operation("b"):
        pass
    scopes = [span.instrumentation_scope for span in recorder.spans]
    assert ["otel_ops.standard", "otel_ops.minimal"] == [scope.name for scope in scopes if scope]
