"""Fast spans equal the SDK's, whatever is done to them, within whatever limits; where not, the SDK makes them."""

from __future__ import annotations

import copy
import logging
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.sdk.environment_variables import OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanLimits, SpanProcessor, Tracer, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, Decision, ParentBased, Sampler, SamplingResult
from opentelemetry.trace import Status, StatusCode

from otel_ops import OperationContext, configure, operation
from otel_ops.attributes import Stamp
from otel_ops.core import fast_tracer
from otel_ops.core.fast_tracer import FastSpan, FastTracer, faster
from otel_ops.core.tracers import make_tracers
from otel_ops.testing import CountingIdGenerator, Recorder, assert_tree, node

values = st.text(max_size=5) | st.integers(-9, 9) | st.booleans() | st.floats(allow_nan=False)
stamps = st.dictionaries(st.sampled_from("abcdef"), values, max_size=4).map(Stamp)
nested = st.dictionaries(st.sampled_from("abcdef"), values | st.lists(values, max_size=2), max_size=4)
limits = st.builds(
    SpanLimits,
    max_span_attributes=st.sampled_from([0, 1, 3, SpanLimits.UNSET, None]),
    max_span_attribute_length=st.sampled_from([None, 2]),
    max_events=st.sampled_from([None, 1]),
    max_links=st.sampled_from([None, 1]),
)
actions = st.lists(
    st.tuples(
        st.sampled_from(["stamp", "set", "one", "event", "link", "status", "rename", "exception", "end"]),
        stamps,
        nested,
    ),
    max_size=6,
)


class AddsAttributes(Sampler):
    """A sampler that tells its reason."""

    def should_sample(self, *args: Any, **kwargs: Any) -> SamplingResult:
        attributes = kwargs.get("attributes", args[4] if len(args) > 4 else None)
        return SamplingResult(Decision.RECORD_AND_SAMPLE, {**(attributes or {}), "sampler": "mine"})

    def get_description(self) -> str:
        return "AddsAttributes"


samplers = st.sampled_from([ParentBased(ALWAYS_ON), ALWAYS_OFF, AddsAttributes()])


class Seen(SpanProcessor):
    """Keeps what can be seen of spans at their start and end."""

    def __init__(self) -> None:
        self.seen: list[object] = []

    def on_start(self, span: Span, parent_context: object = None) -> None:
        self.seen.append(("start", isinstance(span, Span), span.is_recording(), visible(span)))

    def on_end(self, span: ReadableSpan) -> None:
        self.seen.append(("end", isinstance(span, ReadableSpan), visible(span)))


def visible(span: ReadableSpan) -> list[object]:
    return [
        span.to_json(),
        span.context,
        span.parent,
        span.kind,
        span.instrumentation_scope,
        dict(span.attributes or {}),
        [(event.name, event.timestamp, dict(event.attributes or {})) for event in span.events],
        [(link.context, dict(link.attributes or {})) for link in span.links],
        (span.status.status_code, span.status.description),
        (span.dropped_attributes, span.dropped_events, span.dropped_links),
    ]


@given(stamps | nested, actions, limits, samplers)
def test_fast_spans_equal_those_of_the_sdk(
    attributes: Mapping[str, Any], script: list[Any], limit: SpanLimits, sampler: Sampler
) -> None:
    """Processors see the same of both, at start and end: within limits, with samplers, after any actions."""
    logging.disable(logging.WARNING)
    try:
        plain = played(lambda tracer: tracer, attributes, script, limit, sampler)
        assert plain == played(FastTracer, attributes, script, limit, sampler)
    finally:
        logging.disable(logging.NOTSET)


def played(
    of: Callable[[Tracer], trace.Tracer],
    attributes: Mapping[str, Any],
    script: list[Any],
    limit: SpanLimits,
    sampler: Sampler,
) -> list[object]:
    """Make a parent and a child, and act on the child; give all that was seen."""
    seen = Seen()
    resource, ids = Resource({"service.name": "s"}), CountingIdGenerator()
    provider = TracerProvider(
        resource=resource, id_generator=ids, span_limits=limit, sampler=sampler, shutdown_on_exit=False
    )
    provider.add_span_processor(seen)
    sdk_tracer: Any = provider.get_tracer("s", "1")
    tracer, root = of(sdk_tracer), trace.set_span_in_context(trace.INVALID_SPAN)
    parent = tracer.start_span("parent", root, attributes=attributes, start_time=1)
    child = tracer.start_span("child", trace.set_span_in_context(parent, root), attributes=attributes, start_time=2)
    for number, (action, stamp, more) in enumerate(script):
        act(child, action, stamp, more, number)
    child.end(100)
    parent.end(101)
    return [*seen.seen, parent.get_span_context(), child.get_span_context()]


def act(span: trace.Span, action: str, stamp: Stamp, more: dict[str, Any], number: int) -> None:
    acts: dict[str, Callable[[], object]] = {
        "stamp": lambda: span.set_attributes(stamp),
        "set": lambda: span.set_attributes(more),
        "one": lambda: span.set_attribute("one", number),
        "event": lambda: span.add_event("event", more, number),
        "link": lambda: span.add_link(trace.SpanContext(1, number + 1, is_remote=True), more),
        "status": lambda: span.set_status(Status(StatusCode.ERROR, str(number))),
        "rename": lambda: span.update_name(f"name {number}"),
        "exception": lambda: span.record_exception(ValueError("x"), timestamp=number),
        "end": lambda: span.end(50 + number),
    }
    acts[action]()


def test_operations_are_made_with_fast_spans(recorder: Recorder) -> None:
    """Where the provider is the SDK's, operations are; they share what they begin with until they change it."""
    with OperationContext("run", user="ada"):
        for rows in (1, 2):
            with operation("step") as step:
                assert isinstance(trace.get_current_span(), FastSpan)
                step.set(rows=rows)
    assert_tree(
        recorder,
        node(
            "run",
            node("step", attributes={"rows": 1}),
            node("step", attributes={"rows": 2}),
            context={"user.id": "ada"},
        ),
    )


def test_what_spans_share_cannot_be_changed(recorder: Recorder) -> None:
    """Those who reach into a span, as some processors do, change that span alone."""
    with operation("step"):
        span: Any = trace.get_current_span()
        with pytest.raises(TypeError):
            span.attributes["ops.kind"] = "changed"
        span._attributes["ops.kind"] = "changed"
    with operation("step"):
        pass
    assert ["changed", "operation"] == [(span.attributes or {})["ops.kind"] for span in recorder.spans]


class Careless(Sampler):
    """A sampler that adds to what it is given."""

    def __init__(self) -> None:
        self.asked = 0

    def should_sample(self, *args: Any, **kwargs: Any) -> SamplingResult:
        self.asked += 1
        attributes: Any = kwargs.get("attributes", args[4] if len(args) > 4 else None)
        attributes[f"asked {self.asked}"] = True
        return SamplingResult(Decision.RECORD_AND_SAMPLE, attributes)

    def get_description(self) -> str:
        return "Careless"


@pytest.mark.parametrize("fast", [True, False])
def test_a_sampler_that_changes_what_it_is_given(fast: bool) -> None:
    """It changes one span, not those before and after."""
    with Recorder(sampler=Careless()) as recorder:
        make_tracers(fast=fast)
        for _ in range(2):
            with operation("step"):
                pass
    assert [["ops.kind", "asked 1"], ["ops.kind", "asked 2"]] == [
        list(span.attributes or {}) for span in recorder.spans
    ]


def test_a_finished_span_can_be_copied(recorder: Recorder) -> None:
    """As exporters that redact do it: the copy is what the SDK would have handed over."""
    with operation("step") as step:
        step.set(rows=3)
    (span,) = recorder.spans
    for copied in (copy.copy(span), copy.deepcopy(span)):
        assert ReadableSpan is type(copied)
        assert span.to_json() == copied.to_json()


def test_a_signal_handler_may_use_the_span_that_is_at_work(recorder: Recorder) -> None:
    """What it sets while the program sets something waits for nobody."""

    class Setting:
        def __str__(self) -> str:
            trace.get_current_span().set_attribute("within", 1)
            return "text"

    with operation("step"):
        trace.get_current_span().set_attributes({"a": Setting()})  # type: ignore[dict-item] # the SDK makes it a text
    assert 1 == recorder.spans.attributes("step")["within"]


def test_late_changes_are_refused_as_the_sdk_does(recorder: Recorder, caplog: pytest.LogCaptureFixture) -> None:
    """After the end nothing changes, and the SDK's own warnings say so."""
    with operation("step"):
        span = trace.get_current_span()
    span.set_attribute("late", 1)
    span.set_attributes(Stamp(late=1))
    span.add_event("late")
    span.set_status(StatusCode.ERROR)
    span.end()
    assert {"ops.kind": "operation"} == recorder.spans.attributes("step")
    assert 5 == len(caplog.records)


PROCESSORS = [SimpleSpanProcessor, lambda exporter: BatchSpanProcessor(exporter, schedule_delay_millis=10)]


@pytest.mark.parametrize("processor", PROCESSORS)
def test_exporters_take_them(recorder: Recorder, processor: Callable[[InMemorySpanExporter], SpanProcessor]) -> None:
    """Simple and batch processors export them, with what was set last."""
    exporter = InMemorySpanExporter()
    recorder.provider.add_span_processor(processor(exporter))
    with operation("step") as step:
        step.set(rows=3)
    recorder.provider.force_flush()
    assert [("step", 3)] == [(span.name, (span.attributes or {})["rows"]) for span in exporter.get_finished_spans()]


def test_an_on_ending_processor_is_called(recorder: Recorder) -> None:
    """The experimental hook of the SDK's processors is called while the span can be read."""
    names: list[str] = []

    class OnEnding(SpanProcessor):
        def _on_ending(self, span: Span) -> None:
            names.append(span.name)

    recorder.provider.add_span_processor(OnEnding())
    with operation("step"):
        pass
    assert ["step"] == names


class MyTracer(Tracer):
    """Somebody's own kind of tracer."""


def a_tracer() -> Tracer:
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("x")
    assert isinstance(tracer, Tracer)
    return tracer


def test_only_tracers_of_the_sdk_are_replaced() -> None:
    """Tracers of others, and derived ones, are left alone."""
    tracer = a_tracer()
    own = MyTracer.__new__(MyTracer)
    no_op = trace.NoOpTracer()
    assert isinstance(faster(tracer), FastTracer)
    assert (own, no_op) == (faster(own), faster(no_op))


def test_the_sdk_counts_its_spans_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the SDK's own metrics are on, its own spans are needed."""
    tracer = a_tracer()
    monkeypatch.setenv(OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED, "true")
    assert tracer is faster(tracer)


def test_an_sdk_that_looks_different_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trial fails where spans would differ, or where it cannot be made; then the SDK makes all spans."""
    tracer = a_tracer()
    try:
        for change in (lambda *_: None, lambda self, *_: self._gone):
            fast_tracer._is_faithful.cache_clear()
            with monkeypatch.context() as patched:
                patched.setattr(FastSpan, "begin", change)
                assert tracer is faster(tracer)
    finally:
        fast_tracer._is_faithful.cache_clear()


def test_links_and_disabled_tracers_are_the_sdks(recorder: Recorder) -> None:
    """A span with links is made by the SDK; a tracer that is switched off gives the parent."""
    with OperationContext("origin", user="ada") as origin:
        token = origin.to_token()
    with OperationContext.from_token(token, link=True), operation("linked"):
        pass
    (link,) = (link for span in recorder.spans for link in span.links)
    assert "origin" == recorder.spans.names[0]
    assert next(iter(recorder.spans)).context.span_id == link.context.span_id


def test_spans_are_no_heavier_to_copy_than_the_sdks(recorder: Recorder) -> None:
    """As those of the SDK they cannot be pickled: they hold a lock."""
    with operation("step"):
        pass
    with pytest.raises(TypeError):
        pickle.dumps(next(iter(recorder.spans)))


@pytest.mark.parametrize("fast", [True, False])
def test_a_setting_switches_them_off(recorder: Recorder, tmp_path: Path, fast: bool) -> None:
    """With `fast_spans = false` the SDK makes all spans; what is recorded is the same."""
    configure(fast_spans=fast, trace_file=tmp_path / "t.jsonl", announce=False)
    with operation("step") as step:
        assert fast is isinstance(trace.get_current_span(), FastSpan)
        step.set(rows=1)
    assert_tree(recorder, node("step", attributes={"rows": 1}))
