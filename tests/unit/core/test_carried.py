"""What is current here is taken elsewhere, used there as often as wanted, and leaves nothing behind."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Iterator
from contextvars import copy_context
from typing import Any

import pytest
from opentelemetry import baggage, trace
from opentelemetry.context import Context, attach, get_current

from otel_ops import OperationContext, current_operation, operation, semconv
from otel_ops.core.carried import NOTHING, Carried, carry
from otel_ops.core.frame import PROCESS
from otel_ops.testing import Recorder, Spans


def _carried() -> Carried:
    carried = carry()
    assert carried is not None
    return carried


def _run(name: str) -> None:
    with operation(name):
        pass


def test_outside_of_everything_nothing_is_carried() -> None:
    """There is nothing to carry, then; what runs with nothing is outside, too."""
    assert carry() is None
    with operation("around"):
        assert "" == NOTHING.run(lambda: current_operation().name)


def test_what_was_current_before_is_current_again(spans: Spans) -> None:
    """So it is after an exception, which passes unchanged."""
    with operation("carried"):
        carried = _carried()
    with operation("around"):
        before = get_current()
        with pytest.raises(KeyError, match="key"):
            carried.run({"other": 1}.__getitem__, "key")
        assert before is get_current()
        assert 7 == carried.run(int, "21", base=3)


def test_it_is_used_by_many_threads_at_once(spans: Spans) -> None:
    """One carried context serves eight threads, over and over."""
    with operation("around"):
        carried = _carried()
        threads = [threading.Thread(target=carried.run, args=(_run, str(index))) for index in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert {**dict.fromkeys(map(str, range(8)), "around"), "around": None} == spans.parents


def test_foreign_spans_and_baggage_go_along(recorder: Recorder) -> None:
    """All of OpenTelemetry's Context is carried, not only ours."""
    attach(baggage.set_baggage("key", "value"))
    with trace.get_tracer("somebody").start_as_current_span("foreign"):
        carried = _carried()
    attach(Context())
    carried.run(_run, "below")

    assert {"foreign": None, "below": "foreign"} == recorder.spans.parents
    assert "value" == carried.run(baggage.get_baggage, "key")


def test_a_closed_operation_can_no_more_be_changed(spans: Spans, quiet: None, caplog: pytest.LogCaptureFixture) -> None:
    """Where it was carried to it is still the current one, and says that it is over."""
    with operation("around"):
        carried = _carried()
    carried.run(lambda: current_operation().set(rows=3))

    assert "around" == carried.run(lambda: current_operation().name)
    assert "operation('around').set: not begun yet, or over" in caplog.text
    assert {semconv.KIND: "operation"} == spans.attributes("around")


def test_the_one_that_an_event_loop_closed_elsewhere_is_the_parent(spans: Spans) -> None:
    """A block that a generator held open, closed in another Context, is skipped where it was opened, not here."""

    def hold() -> Iterator[Carried]:
        with operation("block"):
            yield _carried()

    with operation("around"):
        generator = hold()
        carried = next(generator)
        copy_context().run(generator.close)  # type: ignore[attr-defined] # it is a generator
        _run("here")
        carried.run(_run, "there")

    assert {"around": None, "block": "around", "here": "around", "there": "block"} == spans.parents


def test_it_is_pickled(spans: Spans) -> None:
    """In the same process it is as the one that was pickled: the span, the values, and what begins is no root."""
    with OperationContext("run", user="ada"), operation("around"):
        carried: Carried = pickle.loads(pickle.dumps(_carried()))
    carried.run(_run, "below")

    assert {"run": None, "around": "run", "below": "around"} == spans.parents
    assert ("ada", "suboperation") == (spans.attributes("below")["user.id"], spans.kinds["below"])
    assert semconv.PROCESS_ROOT not in spans.attributes("below")


def test_unpickled_in_another_process_the_first_one_is_a_process_root(spans: Spans) -> None:
    """It is a suboperation all the same; what is below it is no root any more."""

    def work() -> None:
        with operation("first"):
            _run("second")

    with operation("around"):
        pickled = pickle.dumps(_carried())
    before = PROCESS.id
    try:
        PROCESS.renew()
        pickle.loads(pickled).run(work)
    finally:
        PROCESS.id = before

    roots: dict[str, Any] = {name: spans.attributes(name).get(semconv.PROCESS_ROOT) for name in spans.parents}
    assert {"around": None, "first": True, "second": None} == roots
    assert "suboperation" == spans.kinds["first"]
    assert spans.named("first").parent.is_remote  # type: ignore[union-attr] # it has one


def test_the_state_of_the_trace_is_pickled(spans: Spans) -> None:
    """What vendors have added to the trace crosses, and a trace without an operation does, too."""
    state = trace.TraceState([("vendor", "value")])
    context = trace.SpanContext(1, 2, is_remote=True, trace_flags=trace.TraceFlags(1), trace_state=state)
    attach(trace.set_span_in_context(trace.NonRecordingSpan(context)))
    carried: Carried = pickle.loads(pickle.dumps(_carried()))

    assert context == carried.run(lambda: trace.get_current_span().get_span_context())


def test_text_of_a_class_that_cannot_be_pickled(recorder: Recorder) -> None:
    """It arrives as plain text; a task that is sent along is not refused for it."""

    class Text(str):
        __slots__ = ()

        def __str__(self) -> str:
            return "shown otherwise"

    state = trace.TraceState([(Text("vendor"), Text("a"))])
    span = trace.NonRecordingSpan(trace.SpanContext(1, 2, is_remote=False, trace_state=state))
    context = baggage.set_baggage(Text("key"), Text("value"), trace.set_span_in_context(span))
    arrived: Carried = pickle.loads(pickle.dumps(Carried(context)))

    assert "value" == arrived.run(baggage.get_baggage, "key")
    assert {"vendor": "a"} == dict(arrived.run(trace.get_current_span).get_span_context().trace_state)
