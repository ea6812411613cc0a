"""Ids that count, and times of a clock: two runs give equal spans."""

from __future__ import annotations

import os
import warnings
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from otel_ops import OperationContext, operation, set_detail
from otel_ops.span_record import SpanRecord, record_of
from otel_ops.testing import Clock, CountingIdGenerator, Recorder

MS = 1_000_000
START = 1_700_000_000_000_000_000


def program() -> None:
    """Do a bit of everything: contexts, foreign spans, events, links, failures, hidden ones too."""
    with OperationContext("run", user="ada") as run:
        with operation("load") as load, trace.get_tracer("http.client").start_as_current_span("GET") as foreign:
            foreign.add_event("sent")
            load.event("asked", rows=3)
            load.link(run.to_token())
        for level in ("STANDARD", "DEBUG"):
            with pytest.raises(ValueError), operation("fit"), operation("step", detail=level):
                raise ValueError("no")
    with pytest.raises(ValueError), operation("hidden", detail="DEBUG"):
        raise ValueError("late")


def records() -> list[SpanRecord]:
    with Recorder(clock=Clock(step_ns=MS)) as recorder:
        program()
    return [record_of(span) for span in recorder.spans]


def test_two_runs_are_equal_in_every_field() -> None:
    """Ids, times, events, links, attributes and failures of two runs of one program are the same."""
    first, second = records(), records()

    assert first == second
    assert ["GET", "load", "step", "fit", "fit", "run", "hidden"] == [record.name for record in first]


def test_logs_of_two_runs_are_equal() -> None:
    """So are the trees that are built from the spans."""
    trees = []
    for _ in range(2):
        with Recorder(clock=Clock(step_ns=MS)) as recorder:
            program()
        trees.append(recorder.logs)

    assert trees[0] == trees[1]


def test_ids_count() -> None:
    """Traces and spans are 1, 2, …; sessions that are made up count, too."""
    with Recorder() as recorder:
        for name in ("a", "b"):
            with OperationContext(), operation(name), operation("inside"):
                pass

    contexts = [span.context for span in recorder.spans]
    assert [(1, 2), (1, 1), (2, 4), (2, 3)] == [(each.trace_id, each.span_id) for each in contexts]
    assert f"{2:016x}" == recorder.spans.attributes("b")["session.id"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_ids_of_a_forked_child_are_its_own() -> None:
    """Parent and child never give the same id."""
    ids, (reading, writing) = CountingIdGenerator(), os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        os.write(writing, f"{ids.generate_span_id()} {ids.generate_trace_id()}".encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        given = [int(text) for text in pipe.read().split()]

    assert [(child << 32) + 1] * 2 == given
    assert (1, 1) == (ids.generate_span_id(), ids.generate_trace_id())


def test_a_clock_stands_still_until_it_is_advanced() -> None:
    """Start, event and end are what the test says, also when the clock is set back."""
    clock = Clock()
    with Recorder(clock=clock) as recorder, operation("work") as work:
        clock.advance(1.5)
        work.event("half")
        clock.advance(ns=-7)

    span = recorder.spans.named("work")
    assert (START, START + 1_500 * MS, START + 1_500 * MS - 7) == (
        span.start_time,
        span.events[0].timestamp,
        span.end_time,
    )


def test_a_clock_may_go_on_by_itself() -> None:
    """With a step, each reading is that much later."""
    with Recorder(clock=Clock(start_ns=0, step_ns=5)) as recorder, operation("a"), operation("b"):
        pass

    assert [(5, 10), (0, 15)] == [(span.start_time, span.end_time) for span in recorder.spans]


def test_times_that_are_given_are_kept() -> None:
    """A foreign span that says when it began and ended is believed."""
    with Recorder(clock=Clock()) as recorder:
        span = recorder.provider.get_tracer("replay").start_span("old", start_time=3)
        span.add_event("then", timestamp=4)
        span.end(5)

    old = recorder.spans.named("old")
    assert (3, 4, 5) == (old.start_time, old.events[0].timestamp, old.end_time)


def test_exceptions_have_the_clocks_time() -> None:
    """What OpenTelemetry's own block records has the time of the clock."""
    with Recorder(clock=Clock(start_ns=0, step_ns=1)) as recorder:
        with pytest.raises(ValueError), recorder.provider.get_tracer("x").start_as_current_span("GET"):
            raise ValueError

    assert [1] == [event.timestamp for event in recorder.spans.exceptions("GET")]


def test_processors_are_given_spans_of_the_sdk() -> None:
    """At the start, too, what a processor adds has the time of the clock."""

    class Marking(SpanProcessor):
        def on_start(self, span: Span, parent_context: object = None) -> None:
            span.add_event("began")
            self.started: Any = span

        def on_end(self, span: ReadableSpan) -> None:
            self.ended = span

    marking = Marking()
    with Recorder(clock=Clock(start_ns=0, step_ns=1)) as recorder:
        recorder.provider.add_span_processor(marking)
        with operation("work"):
            pass

    assert isinstance(marking.started, Span)
    assert isinstance(marking.ended, ReadableSpan)
    assert (0, [1], 2) == (
        marking.ended.start_time,
        [event.timestamp for event in marking.ended.events],
        marking.ended.end_time,
    )


def test_the_clock_is_read_for_recorded_spans_only() -> None:
    """A hidden operation does not make a clock with a step go on."""
    with Recorder(clock=Clock(start_ns=0, step_ns=1)) as recorder:
        set_detail("MINIMAL")
        with operation("a", detail="MINIMAL"), operation("hidden"):
            pass

    assert [(0, 1)] == [(span.start_time, span.end_time) for span in recorder.spans]
