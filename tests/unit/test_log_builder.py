"""From spans to operation logs: whole traces, and one log at a time while the program runs."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_ops import semconv
from otel_ops.detail import Detail
from otel_ops.faults import diagnostics
from otel_ops.log_builder import LogBuilder, logs_of
from otel_ops.log_tree import MAX_DEPTH
from otel_ops.operation_log import FOREIGN, OperationFailure, OperationLog
from otel_ops.semconv import Kind, Outcome
from otel_ops.span_record import EventRecord, SpanRecord
from otel_ops.testing import assert_tree, node
from tests.records import ERROR, span, span_id, traces, trees

OTHER_TRACE = "0af7651916cd43dd8448eb211c80319c"
PROCESS_ROOT = {semconv.PROCESS_ROOT: True}


def operation(name: str, parent: str = "", **more: Any) -> SpanRecord:
    """Make the span of an operation."""
    return span(name, parent, kind=Kind.OPERATION, **more)


def context(name: str, parent: str = "", **more: Any) -> SpanRecord:
    """Make the span of a context."""
    return span(name, parent, kind=Kind.CONTEXT, **more)


def foreign(name: str, parent: str = "", **more: Any) -> SpanRecord:
    """Make a span of somebody else's."""
    return span(name, parent, kind=FOREIGN, **more)


def built(builder: LogBuilder, spans: Iterable[SpanRecord]) -> list[OperationLog]:
    """Give the logs of spans that end in this order."""
    return [log for record in spans for log in builder.add(record)]


class Clock:
    """A clock that is set by hand, in seconds."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


# Whole traces


@given(st.data())
def test_the_order_of_spans_does_not_matter(data: st.DataObject) -> None:
    """Shuffled spans, with orphans, circles and duplicates among them, give the same trees."""
    spans = data.draw(traces())

    assert logs_of(spans) == logs_of(data.draw(st.permutations(spans)))


@given(traces())
def test_each_span_stands_in_the_trees_once(spans: list[SpanRecord]) -> None:
    """No span is lost and none is told twice, whatever its parent is."""
    told = [log.name for root in logs_of(spans) for log in root.walk()]

    assert sorted({record.name for record in spans}) == sorted(told)


@given(traces())
def test_each_span_stands_below_its_parent(spans: list[SpanRecord]) -> None:
    """Only a root has a parent that is not the log above it."""
    for root in logs_of(spans):
        for log in root.walk():
            assert {log.span_id} >= {child.parent_id for child in log.suboperations}


def test_the_longest_of_duplicates_stays() -> None:
    """Of a span that was delivered twice, the longer one is told, in whatever order they came."""
    short, long = operation("a", time=(0, 5)), operation("a", time=(0, 9))

    assert [9] == [log.duration_ns for log in logs_of([short, long])]
    assert [9] == [log.duration_ns for log in logs_of([long, short])]


def test_of_equally_long_duplicates_the_same_stays() -> None:
    """Which one is told of two that last as long does not depend on which came first."""
    one, other = (operation("a", attributes={"number": number}) for number in (1, 2))

    assert logs_of([one, other]) == logs_of([other, one])


def test_orphans_become_roots() -> None:
    """A span whose parent is missing is a root, and knows the parent's id."""
    (log,) = logs_of([span("a", "gone")])

    assert span_id("gone") == log.parent_id


def test_a_circle_of_parents_is_opened_at_its_first_span() -> None:
    """Spans that are each other's parents form one tree, whose root is the one that started first."""
    spans = [span("a", "c", time=(2, 9)), span("b", "a", time=(1, 9)), span("c", "b", time=(3, 9))]

    assert_tree(logs_of([*spans, span("leaf", "a", time=(0, 1))]), node("b", node("c", node("a", "leaf"))), exact=True)


def test_a_span_that_is_its_own_parent_is_a_root() -> None:
    """The smallest circle is one span."""
    assert_tree(logs_of([span("a", "a"), span("b", "a")]), node("a", "b"), exact=True)


def test_many_circles_take_no_quadratic_time() -> None:
    """Tens of thousands of circles are opened one after the other."""
    number = 30_000

    assert number == len(logs_of(span(f"s{index}", f"s{index}") for index in range(number)))


def test_the_deepest_chain_is_lifted() -> None:
    """A chain of 100 000 spans gives a log of bounded depth, without recursion, and nothing is lost."""
    number = 100_000
    (log,) = logs_of(
        span(f"s{index}", f"s{index - 1}" if index else "", time=(index, number)) for index in range(number)
    )
    depths = [depth for depth, _ in log.walk_with_depth()]

    assert number == len(depths)
    assert MAX_DEPTH == max(depths)
    assert list(range(MAX_DEPTH)) == depths[:MAX_DEPTH]


def test_suboperations_stand_by_start() -> None:
    """What ran inside is sorted by its start."""
    spans = [span("b", "a", time=(5, 6)), span("c", "a", time=(1, 9)), operation("a")]

    assert_tree(logs_of(spans), node("a", "c", "b"), exact=True)


def test_traces_with_the_same_span_ids_are_told_apart() -> None:
    """The same span id in two traces is two spans."""
    spans = [operation("a"), span("b", "a"), operation("a", trace=OTHER_TRACE)]

    assert_tree(logs_of(spans), "a", node("a", "b"), exact=True)


def test_nothing_gives_nothing() -> None:
    """No spans, no logs."""
    assert [] == logs_of([]) == logs_of([], unit="operation")


# What a log tells of its span


def test_a_log_sorts_attributes_by_what_they_are() -> None:
    """Values of the context, attributes of the operation, and what otel_ops notes for itself are kept apart."""
    noted = {semconv.SESSION_ID: "s", "ops.meta.batch": 7, "rows": [1, 2], semconv.THREAD_NAME: "pool_0"}
    (log,) = logs_of([operation("a", attributes=noted)])

    assert {semconv.SESSION_ID: "s", "ops.meta.batch": 7} == log.context
    assert {"rows": [1, 2], semconv.THREAD_NAME: "pool_0"} == log.attributes


@pytest.mark.parametrize("level", Detail)
def test_the_scope_carries_the_level(level: Detail) -> None:
    """The level of an operation is read from its instrumentation scope."""
    assert [level] == [log.detail for log in logs_of([operation("a", level=level)])]


def test_foreign_spans_have_the_level_that_is_asked_for() -> None:
    """A span that is not ours counts as DETAILED, unless told otherwise."""
    assert [Detail.DETAILED] == [log.detail for log in logs_of([foreign("a")])]
    assert [Detail.MINIMAL] == [log.detail for log in logs_of([foreign("a")], foreign_detail=Detail.MINIMAL)]


@pytest.mark.parametrize("kind", ["ritual", "operations", None, 3, True, ["operation"], {"kind": "operation"}])
def test_an_unknown_kind_counts_as_foreign(kind: Any) -> None:
    """A span with a kind that this version does not know is shown as somebody else's."""
    (log,) = logs_of([span("a", attributes={semconv.KIND: kind})])

    assert FOREIGN == log.kind


def exception_event(failure_id: str = "", **attributes: str) -> EventRecord:
    """Make the event that records an exception."""
    told = {"exception.type": "pkg.BadRow", "exception.message": "row 7", "exception.stacktrace": "Traceback …"}
    return EventRecord("exception", 1, {**told, semconv.FAILURE_ID: failure_id, **attributes})


def test_a_failure_is_read_from_its_event() -> None:
    """Type, message and stack trace of a failure come from the exception event, which is not told twice."""
    noted = {semconv.OUTCOME: "error", semconv.FAILURE_ID: "f1", semconv.ERROR_TYPE: "pkg.BadRow"}
    started = EventRecord("started", 0)
    (log,) = logs_of([operation("a", attributes=noted, status=ERROR, events=(started, exception_event("f1")))])

    assert OperationFailure("pkg.BadRow", "row 7", "f1", "a", "Traceback …") == log.failure
    assert (started,) == log.events
    assert {} == log.attributes
    assert log.failed


def test_a_failure_that_passed_through_names_its_origin() -> None:
    """Where another span has recorded the exception, type and message come from attributes and status."""
    noted = {
        semconv.OUTCOME: "timed_out",
        semconv.FAILURE_ID: "f1",
        semconv.FAILURE_ORIGIN: "fetch",
        semconv.ERROR_TYPE: "pkg.Slow",
    }
    (log,) = logs_of([operation("a", attributes=noted, status=ERROR, status_message="Slow: after 3 s")])

    assert OperationFailure("pkg.Slow", "after 3 s", "f1", "fetch") == log.failure
    assert Outcome.TIMED_OUT == log.outcome


def test_other_exceptions_stay_among_the_events() -> None:
    """An exception that was caught, or recorded for somebody hidden, remains an event."""
    noted = {semconv.OUTCOME: "error", semconv.FAILURE_ID: "f2", semconv.ERROR_TYPE: "pkg.BadRow"}
    caught = exception_event("f1")
    (log,) = logs_of([operation("a", attributes=noted, status=ERROR, events=(caught, exception_event("f2")))])

    assert (caught,) == log.events


def test_a_foreign_span_with_the_status_error_failed() -> None:
    """The status makes a span without an outcome a failed one, of the type and message that it tells."""
    (log,) = logs_of([foreign("GET", status=ERROR, events=(EventRecord("exception", 1, {"exception.type": "E"}),))])
    (bare,) = logs_of([foreign("GET", status=ERROR, status_message="503")])

    assert OperationFailure("E", "", "", "GET") == log.failure
    assert OperationFailure("_OTHER", "503", "", "GET") == bare.failure


def test_an_operation_that_went_well_keeps_its_events_and_status() -> None:
    """Where nothing failed, exception events and the status' text are told as they are."""
    (log,) = logs_of([operation("a", events=(exception_event(),), status_message="fine")])

    assert (None, "fine", (exception_event(),)) == (log.failure, log.status_message, log.events)


# One log at a time


def test_a_log_comes_with_its_operation_and_what_ended_before_inside() -> None:
    """Children end first; the operation's span completes the log of all of them."""
    spans = [span("c", "b"), span("b", "a"), foreign("query", "a"), operation("a", "root"), context("root")]

    assert_tree(built(LogBuilder(), spans), node("a", node("b", "c"), "query"), exact=True)


@given(trees())
def test_nothing_is_held_when_everything_has_ended(spans: list[SpanRecord]) -> None:
    """After a whole trace, children first, the builder is empty."""
    builder = LogBuilder()
    built(builder, spans)

    assert 0 == builder.held


@given(trees())
def test_each_operation_gives_one_log_without_the_operations_inside(spans: list[SpanRecord]) -> None:
    """Every operation gives its own log, also one in a context inside another operation, and none is told twice."""
    logs = built(LogBuilder(), spans)
    told = [one.name for log in logs for one in log.walk()]

    assert [one.name for one in spans if one.attributes.get(semconv.KIND) == Kind.OPERATION] == [
        log.name for log in logs
    ]
    assert len(set(told)) == len(told)


@given(st.lists(trees(max_size=8), min_size=1, max_size=4), st.randoms())
def test_traces_that_run_at_once_do_not_mix(each: list[list[SpanRecord]], random: Any) -> None:
    """Interleaved traces give the same logs as one after the other."""
    each = [[_of_trace(one, f"{number:032x}") for one in spans] for number, spans in enumerate(each, 1)]
    turns = [number for number, spans in enumerate(each) for _ in spans]
    random.shuffle(turns)
    feeds = [iter(spans) for spans in each]
    builder = LogBuilder()
    mixed = built(builder, (next(feeds[turn]) for turn in turns))

    assert sorted(repr(log) for spans in each for log in built(LogBuilder(), spans)) == sorted(map(repr, mixed))
    assert 0 == builder.held


def _of_trace(record: SpanRecord, trace: str) -> SpanRecord:
    return SpanRecord(**{name: getattr(record, name) for name in record.__struct_fields__} | {"trace_id": trace})


def test_operations_of_a_context_inside_an_operation_have_their_own_log() -> None:
    """A context inside an operation makes operations; the operation around shows the context without them."""
    spans = [span("d", "c"), operation("c", "ctx"), foreign("query", "ctx"), context("ctx", "a"), operation("a")]

    assert_tree(built(LogBuilder(), spans), node("c", "d"), node("a", node("ctx", "query")), exact=True)


def test_what_ends_after_its_operation_gives_a_late_log() -> None:
    """A span whose operation has ended gives a log of its own that names the operation."""
    logs = built(LogBuilder(), [operation("a"), span("c", "b"), span("b", "a")])

    assert_tree(logs, "a", node("b", "c"), exact=True)
    assert ["", span_id("a")] == [log.late_of for log in logs]


def test_a_late_child_of_a_late_span_names_the_operation() -> None:
    """What is later still is late of the operation, not of the late span."""
    logs = built(LogBuilder(), [span("b", "a"), operation("a"), span("c", "b"), foreign("d", "c")])

    assert ["", span_id("a"), span_id("a")] == [log.late_of for log in logs]


def test_an_operation_is_never_late() -> None:
    """An operation in a context that has outlived the operation around it is an operation as any other."""
    logs = built(LogBuilder(), [operation("a"), operation("c", "ctx"), context("ctx", "a")])

    assert [("a", ""), ("c", ""), ("ctx", span_id("a"))] == [(log.name, log.late_of) for log in logs]


@pytest.mark.parametrize("root", [{"parent": ""}, {"parent": "client", "remote": True}])
def test_a_trace_without_operations_is_shown_from_its_local_root(root: dict[str, Any]) -> None:
    """Other people's traces give a log where nothing of this process stands above."""
    assert_tree(
        built(LogBuilder(), [foreign("query", "server"), foreign("server", **root)]),
        node("server", "query"),
        exact=True,
    )


@pytest.mark.parametrize("root", [{"parent": ""}, {"parent": "client", "remote": True}])
def test_a_foreign_root_over_operations_is_not_shown(root: dict[str, Any]) -> None:
    """Where there is an operation, what others have put around it is left out, and not held either."""
    builder = LogBuilder()
    spans = [operation("a", "server"), foreign("query", "server"), foreign("server", **root)]

    assert_tree(built(builder, spans), "a", exact=True)
    assert 0 == builder.held


def test_a_process_root_gives_a_partial_log() -> None:
    """A suboperation whose operation runs in another process is told here, as a part."""
    logs = built(LogBuilder(), [span("b", "a"), span("a", "elsewhere", attributes=PROCESS_ROOT)])

    assert_tree(logs, node("a", "b"), exact=True)
    assert [(True, True)] == [(log.partial, log.process_root) for log in logs]


def test_an_operation_that_begins_a_process_is_whole() -> None:
    """An operation whose context is of another process is nothing partial."""
    (log,) = built(LogBuilder(), [operation("a", "elsewhere", attributes=PROCESS_ROOT)])

    assert (False, True) == (log.partial, log.process_root)


def test_a_suboperation_of_a_remote_parent_is_a_part() -> None:
    """Also without the mark of a process root, a suboperation with a remote parent is told, and not held for ever."""
    builder = LogBuilder()
    logs = built(builder, [span("a", "elsewhere", remote=True)])

    assert [("a", True)] == [(log.name, log.partial) for log in logs]
    assert 0 == builder.held


def test_the_order_of_the_file_does_not_matter_for_operations() -> None:
    """A file groups spans by level, which puts an operation before what ran inside; the logs are the same."""
    spans = [
        operation("a", time=(0, 10)),
        operation("z", time=(11, 20)),
        span("b", "a", time=(0, 10), level=Detail.DEBUG),
        span("y", "z", time=(12, 13), level=Detail.DEBUG),
    ]

    assert_tree(logs_of(spans, unit="operation"), node("a", "b"), node("z", "y"), exact=True)


# Bounds


def test_what_was_not_seen_for_longest_is_given_up_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    """Beyond the bound, the oldest trace goes; its log, the diagnostics and one warning tell what is missing."""
    builder = LogBuilder(max_spans=3)
    built(
        builder, [span("b", "a"), span("c", "a"), span("y", "z", trace=OTHER_TRACE), span("x", "z", trace=OTHER_TRACE)]
    )
    held = builder.held
    old, new = built(builder, [operation("a"), operation("z", trace=OTHER_TRACE)])

    assert (2, 0) == (held, builder.held)
    assert ("a", 2, 0) == (old.name, old.lost, len(old.suboperations))
    assert ("z", 0, 2) == (new.name, new.lost, len(new.suboperations))
    assert 2 == diagnostics()["log.span_given_up"]
    (warning,) = caplog.messages
    assert "raise max_held_spans or max_held_seconds" in warning


def test_the_trace_that_goes_on_is_not_the_oldest() -> None:
    """It is the latest span of a trace that counts, not its first."""
    builder = LogBuilder(max_spans=3)
    built(builder, [span("b", "a"), span("y", "z", trace=OTHER_TRACE), span("c", "a"), span("d", "a")])
    (log,) = builder.add(operation("a"))

    assert_tree([log], node("a", "b", "c", "d"), exact=True)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 20_000)), max_size=60))
def test_never_more_is_held_than_allowed(ended: list[tuple[int, int]]) -> None:
    """Whatever traces spans are of and however long their texts are, the bound holds."""
    builder = LogBuilder(max_spans=10)
    for number, (trace, length) in enumerate(ended):
        text = {"text": "x" * length}
        builder.add(span(f"s{number}", "open", trace=f"{trace + 1:032x}", attributes=text))
        assert builder.held <= 10


def test_what_is_given_up_is_counted_once() -> None:
    """The given-up spans of all traces and those told add up to those that came."""
    builder = LogBuilder(max_spans=10)
    names = [f"{number:04}" for number in range(200)]
    built(
        builder,
        (span(name, f"op{trace}", trace=f"{trace + 1:032x}") for trace, name in zip(itertools.cycle(range(20)), names)),
    )
    logs = built(builder, (operation(f"op{trace}", trace=f"{trace + 1:032x}") for trace in range(20)))

    assert len(names) == sum(log.lost + len(log.suboperations) for log in logs)
    assert diagnostics()["log.span_given_up"] == sum(log.lost for log in logs)


@pytest.mark.parametrize(
    "large",
    [
        {"attributes": {"text": "x" * 40_000}},
        {"attributes": {"texts": [{"deep": "x" * 40_000}]}},
        {"attributes": {"numbers": [0] * 5_000}},
        {"events": (EventRecord("exception", 1, {"exception.stacktrace": "x" * 40_000}),)},
    ],
)
def test_a_large_span_counts_as_several(large: dict[str, Any]) -> None:
    """Long texts, lists and stack traces count, so that the bound is one of memory."""
    builder = LogBuilder()
    builder.add(span("b", "a", **large))
    held = builder.held
    builder.add(operation("a"))

    assert held >= 10
    assert 0 == builder.held


def test_what_is_held_expires() -> None:
    """A trace of which nothing was seen for the longest time allowed is given up, and its log tells so."""
    clock = Clock()
    builder = LogBuilder(max_seconds=60, clock=clock)
    builder.add(span("b", "a"))
    clock.now = 50
    builder.add(span("y", "z", trace=OTHER_TRACE))
    clock.now = 61
    builder.expire()
    old, new = built(builder, [operation("a"), operation("z", trace=OTHER_TRACE)])

    assert (1, 0) == (old.lost, new.lost)
    assert_tree([new], node("z", "y"), exact=True)


def test_a_span_keeps_its_trace_alive() -> None:
    """The time runs from the latest span of a trace."""
    clock = Clock()
    builder = LogBuilder(max_seconds=60, clock=clock)
    for clock.now in (0, 40, 80):
        builder.add(span(f"at {clock.now:.0f}", "a"))
        builder.expire()

    assert_tree(builder.add(operation("a")), node("a", "at 0", "at 40", "at 80"), exact=True)


def test_a_session_open_for_hours_holds_nothing() -> None:
    """While a context stays open, its finished operations leave nothing behind that grows."""
    builder = LogBuilder()
    for number in range(20_000):
        built(builder, [span(f"b{number}", f"a{number}"), operation(f"a{number}", "session")])

    assert 0 == builder.held


def test_what_no_operation_claims_is_bounded() -> None:
    """Contexts that end inside an open session wait for it in bounded number; operations are told all the same."""
    builder = LogBuilder(max_spans=100)
    for number in range(1_000):
        (log,) = built(builder, [operation(f"a{number}", f"c{number}"), context(f"c{number}", "session")])
        assert f"a{number}" == log.name
        assert builder.held <= 100


def test_clear_forgets_everything() -> None:
    """After `clear` the builder is as new: nothing held, nothing late, nothing lost."""
    builder = LogBuilder(max_spans=1)
    built(builder, [span("b", "a"), span("c", "a"), operation("z")])
    builder.clear()
    logs = built(builder, [operation("a"), span("y", "z"), operation("z")])

    assert (0, 0) == (builder.held, logs[0].lost)
    assert_tree(logs, "a", node("z", "y"), exact=True)


def test_a_builder_goes_on_with_what_another_one_holds() -> None:
    """Spans held, given up and remembered are known to the next builder, whose own limits hold from then on."""
    former, builder = LogBuilder(), LogBuilder(max_spans=1)
    built(former, [span("b", "a"), span("c", "a"), operation("z")])
    builder.take_over(former)
    logs = built(builder, [operation("a"), span("y", "z")])

    assert_tree(logs, node("a", "b", "c"), "y", exact=True)
    assert ["", span_id("z")] == [log.late_of for log in logs]
