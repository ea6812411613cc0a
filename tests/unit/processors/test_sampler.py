"""The sampler that has dropped operations recorded all the same."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    ALWAYS_ON,
    Decision,
    ParentBased,
    Sampler,
    SamplingResult,
    TraceIdRatioBased,
)
from opentelemetry.trace import Link, SpanKind, TraceState
from opentelemetry.util.types import Attributes, AttributeValue

from otel_ops import OperationContext, operation, semconv
from otel_ops.processors import KeepOperationsSampler
from otel_ops.testing import Recorder
from tests.live import Failures

OURS: dict[str, AttributeValue] = {semconv.KIND: "operation", "rows": 3}


class Deciding(Sampler):
    """A sampler that adds something to its decision, and keeps what it was asked."""

    def __init__(self, decision: Decision) -> None:
        self._decision = decision
        self.asked: list[tuple[object, ...]] = []

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        self.asked.append((parent_context, trace_id, name, kind, attributes, links, trace_state))
        return SamplingResult(self._decision, {"sampler.rule": "r1"}, TraceState([("vendor", "x")]))

    def get_description(self) -> str:
        return "Deciding"


@pytest.mark.parametrize(
    ("inner", "decision"),
    [
        (Decision.DROP, Decision.RECORD_ONLY),
        (Decision.RECORD_ONLY, Decision.RECORD_ONLY),
        (Decision.RECORD_AND_SAMPLE, Decision.RECORD_AND_SAMPLE),
    ],
)
def test_a_dropped_operation_is_recorded_only(inner: Decision, decision: Decision) -> None:
    """Of the inner sampler's decisions, only DROP is changed, and only to RECORD_ONLY: nothing more is exported."""
    assert decision is KeepOperationsSampler(Deciding(inner)).should_sample(None, 1, "a", attributes=OURS).decision


@pytest.mark.parametrize("attributes", [None, {}, {"rows": 3}])
@pytest.mark.parametrize("inner", Decision)
def test_spans_that_are_not_ours_are_the_inner_samplers(inner: Decision, attributes: Attributes) -> None:
    """For foreign spans the answer is the inner sampler's."""
    result = KeepOperationsSampler(Deciding(inner)).should_sample(None, 1, "a", attributes=attributes)

    assert (inner, {"sampler.rule": "r1"}) == (result.decision, dict(result.attributes))


def test_the_inner_sampler_is_asked_everything() -> None:
    """Each argument reaches the inner sampler."""
    inner = Deciding(Decision.DROP)
    context, state = Context({"key": 1}), TraceState()
    KeepOperationsSampler(inner).should_sample(context, 7, "a", SpanKind.SERVER, OURS, (), state)

    assert [(context, 7, "a", SpanKind.SERVER, OURS, (), state)] == inner.asked


def test_what_the_inner_sampler_adds_is_kept() -> None:
    """Attributes and tracestate of the inner sampler's answer stay; so do the operation's own attributes."""
    result = KeepOperationsSampler(Deciding(Decision.DROP)).should_sample(None, 1, "a", attributes=OURS)

    assert {**OURS, "sampler.rule": "r1"} == dict(result.attributes)
    assert TraceState([("vendor", "x")]) == result.trace_state


def test_the_description_names_both() -> None:
    """Who prints the sampler sees that there is one inside."""
    assert "KeepOperationsSampler{AlwaysOffSampler}" == KeepOperationsSampler(ALWAYS_OFF).get_description()


@pytest.mark.parametrize(
    ("inner", "exported"),
    [
        (ALWAYS_OFF, []),
        (TraceIdRatioBased(0), []),
        (ParentBased(ALWAYS_OFF), []),
        (ParentBased(ALWAYS_ON), ["b", "a", "ctx"]),
    ],
)
def test_failures_of_unsampled_operations_are_seen(inner: Sampler, exported: list[str]) -> None:
    """Down a chain of operations, handlers see the failures also where the sampler lets nothing out."""
    failures = Failures()
    with Recorder(sampler=KeepOperationsSampler(inner)) as recorder:
        recorder.provider.add_span_processor(failures)
        with pytest.raises(ValueError), OperationContext("ctx"), operation("a"), operation("b"):
            raise ValueError

    assert [("suboperation", "b"), ("operation", "a")] == failures.told
    assert exported == recorder.spans.names


def test_foreign_spans_below_an_unsampled_operation_are_dropped(provider: TracerProvider) -> None:
    """A parent-based sampler drops what is below an operation that is recorded only."""
    provider.sampler = KeepOperationsSampler(ParentBased(ALWAYS_OFF))
    with operation("a"), provider.get_tracer("http.client").start_as_current_span("GET") as foreign:
        assert not foreign.is_recording()


def test_an_unsampled_operation_keeps_what_it_was_given(provider: TracerProvider) -> None:
    """The start attributes of an operation, which most samplers leave out of DROP, are on its span."""
    provider.sampler = KeepOperationsSampler(ALWAYS_OFF)
    failures = Failures()
    provider.add_span_processor(failures)
    with pytest.raises(ValueError), OperationContext(user="ada"), operation("a", attributes={"stage": 2}):
        raise ValueError

    (log,) = failures.logs
    assert ({"stage": 2}, "ada") == (log.attributes, log.context["user.id"])


def test_spans_of_others_are_recorded_as_they_were(provider: TracerProvider) -> None:
    """Where the inner sampler samples, foreign spans and ours are recorded and exported."""
    provider.sampler = KeepOperationsSampler(ALWAYS_ON)
    with operation("a"), provider.get_tracer("http.client").start_as_current_span("GET") as foreign:
        assert isinstance(foreign, ReadableSpan)
        assert foreign.get_span_context().trace_flags.sampled
