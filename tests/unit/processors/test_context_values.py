"""Values of the OperationContext on the spans of other libraries."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from opentelemetry.context import Context, get_current
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import Tracer

from otel_ops import OperationContext, operation
from otel_ops.processors import ContextValuesProcessor
from otel_ops.testing import Recorder


@pytest.fixture
def tracer(recorder: Recorder) -> Tracer:
    """Give the tracer of another library."""
    recorder.provider.add_span_processor(ContextValuesProcessor())
    return recorder.provider.get_tracer("http.client")


def attributes(tracer: Tracer, **given: Any) -> Mapping[str, Any]:
    """Run a span of another library; give its attributes."""
    with tracer.start_as_current_span("GET", attributes=given) as span:
        assert isinstance(span, ReadableSpan)
        return dict(span.attributes or {})


def test_foreign_spans_have_the_values_of_the_context(tracer: Tracer) -> None:
    """Session, user, file, series and metadata stand on every span inside, also below operations."""
    values = {"session.id": "s1", "user.id": "ada", "file.path": "a.csv", "ops.series": "10 K", "ops.meta.batch": 7}
    with OperationContext("run", session="s1", user="ada", file="a.csv", series="10 K", batch=7):
        assert values == attributes(tracer)
        with operation("parse"), operation("read"):
            assert values == attributes(tracer)


def test_the_nearest_context_counts(tracer: Tracer) -> None:
    """An inner context, with a span or without, overrides what it sets."""
    with OperationContext("run", session="s1", user="ada"), OperationContext(user="bob"):
        assert {"session.id": "s1", "user.id": "bob"} == attributes(tracer)


def test_what_the_span_has_itself_stays(tracer: Tracer) -> None:
    """An attribute that the library gave its span is not replaced."""
    with OperationContext("run", session="s1", user="ada"):
        assert {"session.id": "s1", "user.id": "eve"} == attributes(tracer, **{"user.id": "eve"})


def test_the_thread_is_told_where_it_is_another(tracer: Tracer) -> None:
    """A span of a pool's thread says so once: not below an operation or a span that has told it."""

    def work() -> list[Mapping[str, Any]]:
        with tracer.start_as_current_span("outer") as outer:
            assert isinstance(outer, ReadableSpan)
            inner = attributes(tracer)
        with operation("parse"):
            return [dict(outer.attributes or {}), inner, attributes(tracer)]

    with operation("all"), ThreadPoolExecutor(1, thread_name_prefix="loader") as pool:
        outer, *others = pool.submit(work).result()
        assert {} == attributes(tracer)
    assert ({"thread.id", "thread.name"}, "loader_0") == (set(outer), outer["thread.name"])
    assert [{}, {}] == others


def test_outside_of_contexts_nothing_is_set(tracer: Tracer) -> None:
    """Without a context, in an operation or not, a foreign span stays as it is."""
    assert {"a": 1} == attributes(tracer, a=1)
    with operation("parse"):
        assert {} == attributes(tracer)


def test_the_parent_context_of_the_span_counts(tracer: Tracer) -> None:
    """A span that is given a Context of its own gets the values of that one, not of the current one."""
    with OperationContext("run", session="s1"):
        inside = get_current()
        outside = tracer.start_span("GET", context=Context())
    given = tracer.start_span("GET", context=inside)

    assert isinstance(outside, ReadableSpan)
    assert isinstance(given, ReadableSpan)
    assert ({}, {"session.id": "s1"}) == (dict(outside.attributes or {}), dict(given.attributes or {}))


def test_an_unsampled_span_is_no_trouble() -> None:
    """A processor is not asked about spans that are dropped, and nothing fails."""
    with Recorder(sampler=ALWAYS_OFF) as recorder, OperationContext("run"):
        recorder.provider.add_span_processor(ContextValuesProcessor())
        with recorder.provider.get_tracer("http.client").start_as_current_span("GET") as span:
            assert not span.is_recording()
