"""OperationLog: what is read off a tree of operations."""

import copy
import dataclasses
import pickle
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_ops.detail import Detail
from otel_ops.log_builder import logs_of
from otel_ops.log_tree import MAX_DEPTH
from otel_ops.operation_log import FOREIGN, OperationLog, Whereabouts, by_start, self_time
from otel_ops.semconv import Kind, Outcome
from otel_ops.span_record import LogRecord, SpanRecord
from otel_ops.testing import make_log
from tests.logs import failure
from tests.records import span, traces

levels = st.sampled_from(Detail)
times = st.tuples(st.integers(0, 30), st.integers(0, 30))


def report() -> OperationLog:
    """Make a log of three levels."""
    load = make_log("load", 0, 20, make_log("open", 0, 5), make_log("parse", 5, 20))
    return make_log("report", 0, 100, load, make_log("fit", 30, 90, make_log("parse", 40, 50)))


def test_walk_gives_parents_before_children_in_order_of_start() -> None:
    """Walking a log gives it first, then each suboperation with everything below it."""
    assert ["report", "load", "open", "parse", "fit", "parse"] == [one.name for one in report().walk()]


def test_walk_tells_the_depth() -> None:
    """Each log of a walk comes with its distance from the first one."""
    assert [0, 1, 2, 2, 1, 2] == [depth for depth, _ in report().walk_with_depth()]


def test_find_gives_the_first_of_a_name() -> None:
    """Of several operations of one name, the first of the walk is found."""
    found = report().find("parse")

    assert report().suboperations[0].suboperations[1] == found


def test_find_gives_none_where_there_is_no_such_name() -> None:
    """A name that does not occur finds nothing, also where it is a part of another."""
    assert report().find("pars") is None


def test_a_clock_that_ran_backwards_gives_no_negative_times() -> None:
    """An operation that ended before it started took no time."""
    backwards = make_log("a", 10, 4, make_log("b", 5, 7))

    assert (0, 0) == (backwards.duration_ns, backwards.self_ns)


@given(times, st.lists(times, max_size=6))
def test_self_time_is_the_time_in_which_nothing_ran_inside(own: tuple[int, int], inside: list[tuple[int, int]]) -> None:
    """The self time equals the instants, counted one by one, that no interval inside covers."""
    free = [now for now in range(*own) if not any(start <= now < end for start, end in inside)]

    assert len(free) == self_time(*own, inside)


@given(traces())
def test_self_time_of_a_log_is_that_of_its_suboperations(spans: list[SpanRecord]) -> None:
    """A log's self time leaves out what ran directly inside it, and nothing that ran deeper."""
    for root in logs_of(spans):
        for one in root.walk():
            inside = [(child.start_ns, child.end_ns) for child in one.suboperations]
            assert self_time(one.start_ns, one.end_ns, inside) == one.self_ns


@pytest.mark.parametrize(
    ("outcome", "failed"),
    [
        (Outcome.OK, False),
        (Outcome.ERROR, True),
        (Outcome.TIMED_OUT, True),
        (Outcome.CANCELLED, False),
        (Outcome.INTERRUPTED, False),
        (Outcome.ABANDONED, False),
        (Outcome.RECOVERED, False),
    ],
)
def test_errors_and_timeouts_are_failures(outcome: str, failed: bool) -> None:
    """Only the outcomes error and timed_out count as failed."""
    assert failed is make_log("a", 0, 1, outcome=outcome).failed


@given(traces(), levels)
def test_pruning_moves_children_up_to_the_nearest_kept_ancestor(spans: list[SpanRecord], level: Detail) -> None:
    """What is of the level, what failed and the root stay, each below its nearest kept ancestor; nothing else does."""
    for whole in logs_of(spans):
        assert sorted(_kept(whole, "", level)) == sorted(_with_parents(whole.pruned(level), ""))


def _kept(one: OperationLog, ancestor: str, level: Detail) -> Iterator[tuple[str, str]]:
    """Say plainly what pruning means: give what stays, with its nearest kept ancestor."""
    if stays := not ancestor or one.detail <= level or one.failed:
        yield one.name, ancestor
    for child in one.suboperations:
        yield from _kept(child, one.name if stays else ancestor, level)


def _with_parents(one: OperationLog, parent: str) -> Iterator[tuple[str, str]]:
    yield one.name, parent
    for child in one.suboperations:
        yield from _with_parents(child, one.name)


def test_what_was_logged_moves_up_with_the_children() -> None:
    """Log records of what goes stand by time in the nearest kept ancestor, with their thread where that is told."""
    thread = {"thread.id": 7, "thread.name": "reader"}
    deep = make_log("deep", 2, 3, detail=Detail.DEBUG, log_records=(LogRecord("b", 2), LogRecord("d", 4)))
    middle = make_log(
        "middle",
        1,
        9,
        deep,
        detail=Detail.DEBUG,
        attributes=thread,
        log_records=(LogRecord("c", 3),),
        dropped_log_records=2,
    )
    whole = make_log("all", 0, 10, middle, log_records=(LogRecord("a", 1), LogRecord("e", 5)), dropped_log_records=1)
    pruned = whole.pruned(Detail.STANDARD)

    assert ["a", "b", "c", "d", "e"] == [record.body for record in pruned.log_records]
    assert [{}, thread, thread, thread, {}] == [record.attributes for record in pruned.log_records]
    assert (3, ()) == (pruned.dropped_log_records, pruned.suboperations)


def test_what_pruning_leaves_alone_is_shared() -> None:
    """Parts of the tree in which nothing goes are not copied."""
    load = make_log("load", 0, 5, make_log("open", 0, 1), kind="suboperation")
    whole = make_log("all", 0, 10, load, make_log("noise", 6, 7, detail=Detail.DEBUG))

    assert whole.pruned(Detail.STANDARD).suboperations[0] is load
    assert whole.pruned(Detail.DEBUG) is whole


def test_pruned_children_stand_by_start_among_the_others() -> None:
    """Children that move up are sorted in by their start."""
    middle = make_log("middle", 0, 9, make_log("first", 1, 2), make_log("third", 5, 6), detail=Detail.DEBUG)
    pruned = make_log("all", 0, 10, middle, make_log("second", 3, 4)).pruned(Detail.STANDARD)

    assert ["first", "second", "third"] == [child.name for child in pruned.suboperations]


def test_a_failure_is_never_pruned() -> None:
    """A failed operation of a level that goes stays, below what is kept around it."""
    step = make_log("step", 1, 2, kind="suboperation", detail=Detail.DEBUG, **failure())
    whole = make_log("all", 0, 10, make_log("fit", 0, 5, step, detail=Detail.DETAILED))

    assert (step,) == whole.pruned(Detail.MINIMAL).suboperations


def test_the_same_suboperation_may_stand_twice() -> None:
    """A log made by hand, in which one object occurs twice, can be pruned."""
    step = make_log("step", 1, 2, kind="suboperation")

    assert (step, step) == make_log("all", 0, 10, step, step).pruned(Detail.STANDARD).suboperations


def test_logs_are_sorted_by_start_then_end() -> None:
    """Of logs that start together, the one that ends first comes first."""
    long, short, late = make_log("long", 0, 9), make_log("short", 0, 1), make_log("late", 1, 2)

    assert (short, long, late) == by_start([late, long, short])


def test_a_log_is_frozen_and_can_be_a_key() -> None:
    """Nothing of a log can be assigned, and equal logs are the same key although they hold dicts."""
    one = report()

    assert {one: 1} == {report(): 1}
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.name = "other"  # type: ignore[misc] # that is the point


def test_the_deepest_log_can_be_copied_pickled_compared_and_shown() -> None:
    """A log as deep as the builder makes any does not exceed Python's recursion limit."""
    spans = [span(f"s{depth}", f"s{depth - 1}" if depth else "") for depth in range(2 * MAX_DEPTH)]
    (deepest,) = logs_of(spans)

    assert deepest == pickle.loads(pickle.dumps(deepest))
    assert deepest == copy.deepcopy(deepest)
    assert 2 * MAX_DEPTH == repr(deepest).count("OperationLog(")


def test_whereabouts_are_inherited() -> None:
    """What a span does not say is as it is around it; contexts and process roots begin on a main thread."""
    worker = Whereabouts("worker", 7, 42, "s1")
    told = make_log("fit", 0, 1, attributes={"thread.id": 7, "thread.name": "worker", "process.pid": 42})

    assert worker == make_log("fit", 0, 1).whereabouts(worker)
    assert worker._replace(session="") == told.whereabouts()
    assert Whereabouts("MainThread", None, 43, "s1") == make_log(
        "fit", 0, 1, process_root=True, attributes={"process.pid": 43}
    ).whereabouts(worker)
    assert Whereabouts("MainThread", None, 42, "s2") == make_log(
        "run", 0, 1, kind=Kind.CONTEXT, context={"session.id": "s2"}
    ).whereabouts(worker)
    assert Whereabouts("MainThread") == make_log("fit", 0, 1).whereabouts()
    assert Whereabouts() == make_log("GET /", 0, 1, kind=FOREIGN).whereabouts()
