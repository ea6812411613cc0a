"""Trees compared: only what is stated counts, and a failure shows both trees with what differs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_ops import OperationContext, operation
from otel_ops.operation_log import OperationFailure, OperationLog
from otel_ops.testing import Node, Recorder, assert_tree, make_log, node
from otel_ops.testing.marked_lines import LONG
from tests.logs import logs


def report() -> OperationLog:
    """Make a tree with a failure, attributes and context."""
    failure = OperationFailure("pkg.BadRowError", "row 7")
    step = make_log("step", 41, 42, outcome="error", failure=failure)
    load = make_log("load", 0, 9, attributes={"rows": 601, "unit": "K"}, context={"user.id": "ada"})
    fit = make_log("fit", 40, 90, make_log("step", 40, 41), step, detail=3)
    return make_log("report", 0, 100, load, fit, make_log("export", 91, 99))


def message(*expected: Node | str, **options: bool) -> str:
    """Give what is said where the tree is not the expected one."""
    with pytest.raises(AssertionError) as told:
        assert_tree(report(), *expected, **options)
    return str(told.value)


@pytest.mark.parametrize(
    ("expected", "options"),
    [
        ("report", {}),
        (node("report", "load", "export"), {}),
        (node("report", node("load", attributes={"rows": 601}), node("fit", "step", "step")), {}),
        (node("report", "load", node("fit", "step", "step"), "export"), {"exact": True}),
        (node("report", "export", "load"), {"any_order": True}),
        (node("report", "export", node("fit", "step", "step"), "load"), {"any_order": True, "exact": True}),
        (node("report", node("fit", node("step", outcome="error"), "step")), {"any_order": True}),
        (node("report", node("fit", "step", node("step", failure="BadRowError"), detail="DETAILED")), {}),
        (node("report", node("fit", node("step", failure="pkg.BadRowError")), kind="operation", outcome="ok"), {}),
        (node("report", node("load", kind="suboperation", context={"user.id": "ada"})), {}),
    ],
)
def test_what_is_stated_is_compared(expected: Node | str, options: dict[str, bool]) -> None:
    """Names, children in order, kind, outcome, level, failure; attributes and context as parts."""
    assert_tree(report(), expected, **options)


@pytest.mark.parametrize(
    ("expected", "options", "summary"),
    [
        ("raport", {}, "'raport': missing"),
        (node("report", "export", "load"), {}, "'load': not in this order, or not so often"),
        (node("report", node("fit", "step", "step", "step")), {}, "'step': not in this order, or not so often"),
        (node("report", node("load", attributes={"rows": 600})), {}, "'load': rows is 601, not 600"),
        (node("report", node("load", attributes={"row": 601})), {}, "'load': row is missing, not 601"),
        (node("report", node("load", context={"user.id": "eve"})), {}, "'load': user.id is 'ada', not 'eve'"),
        (node("report", outcome="error"), {}, "'report': outcome is ok, not error"),
        (node("report", kind="context"), {}, "'report': kind is operation, not context"),
        (node("report", detail="DEBUG"), {}, "'report': detail is STANDARD, not DEBUG"),
        (node("report", failure=ValueError), {}, "'report': there is no failure, not ValueError"),
        (
            node("report", node("fit", "step", node("step", failure=ValueError))),
            {},
            "'step': failure is pkg.BadRowError, not ValueError",
        ),
        (node("report", "load", node("fit", "step", "step")), {"exact": True}, "'export': not expected"),
        (
            node("report", node("load", attributes={"rows": 601}), node("fit", "step", "step"), "export"),
            {"exact": True},
            "'load': unit='K' is not expected",
        ),
        (node("report", "gone", "lost", "load"), {"any_order": True}, "'gone': missing (and 1 more)"),
    ],
)
def test_the_first_line_names_the_first_difference(
    expected: Node | str, options: dict[str, bool], summary: str
) -> None:
    """Which operation, what it is and what it should be."""
    assert summary == message(expected, **options).splitlines()[0]


def test_a_failure_shows_both_trees_with_what_differs() -> None:
    """What is stated, what was recorded; marks at the left, reasons at the right."""
    expected = node(
        "report",
        node("load", attributes={"rows": 600}),
        node("fit", "step", node("step", outcome="ok"), "clean"),
        kind="operation",
    )

    assert """\
'load': rows is 601, not 600 (and 4 more)

expected (! different, - missing):
    report  [kind=operation]
  !   load  [rows=600]      <- rows is 601, not 600; unit='K' is not expected
      fit
        step
  !     step  [outcome=ok]  <- outcome is error, not ok
  -     clean               <- missing

recorded (! different, + not expected):
    report
  !   load  [rows=601 unit='K']
      fit
        step
  !     step  [outcome=error failure=pkg.BadRowError 'row 7']
  +   export  <- not expected""" == message(expected, exact=True)


def test_nothing_recorded_is_said() -> None:
    """An empty recorder is shown as such; that nothing was recorded can be asserted."""
    with Recorder() as recorder:
        pass

    assert_tree(recorder, exact=True)
    with pytest.raises(AssertionError, match=r"recorded .*:\n    \(nothing\)"):
        assert_tree(recorder, "report")


def test_a_large_tree_is_cut_but_for_what_differs() -> None:
    """The marked lines stay, however many there are before them."""
    steps = [make_log("step", each, each) for each in range(2 * LONG)]
    tree = make_log("all", 0, 999, *steps, make_log("last", 998, 999, attributes={"rows": "x" * 1_000}))
    with pytest.raises(AssertionError) as told:
        assert_tree(tree, node("all", node("last", attributes={"rows": 1})))
    lines = str(told.value).splitlines()

    assert f"      … {2 * LONG - (LONG - 1)} more" == lines[-2]
    assert lines[-1].startswith("  !   last  [rows='xxx")
    assert max(map(len, lines[4:])) < 150


def test_of_a_large_tree_what_stands_around_the_marks_is_shown() -> None:
    """Whole subtrees without a difference are counted; where one is missing, all that is there instead stays."""
    runs = [make_log(f"run {each}", each, each + 1, *steps("load", "fit", "plot")) for each in range(LONG)]
    same = [node(f"run {each}", "load", "fit", "plot") for each in range(LONG)]
    with pytest.raises(AssertionError) as told:
        assert_tree(runs, *same[:2], node("run 2", "load", node("fit", outcome="error"), "export"), *same[3:])
    recorded = str(told.value).partition("recorded")[2].splitlines()[1:]

    assert """\
    run 0
      … 3 more
    run 1
      … 3 more
    run 2
      load
  !   fit
      plot
    run 3
      … 3 more""" == "\n".join(recorded[:10])


def steps(*names: str) -> list[OperationLog]:
    """Make operations that follow each other."""
    return [make_log(name, index, index + 1) for index, name in enumerate(names)]


def test_differences_of_its_own_never_make_an_operation_missing() -> None:
    """However many there are, an operation of that name in that place is the one that is meant."""
    tree = make_log("a", 0, 9, make_log("b", 1, 2))
    expected = node("a", node("b", kind="operation", attributes={"x": 1, "y": 2}))
    with pytest.raises(AssertionError) as told:
        assert_tree(tree, expected)

    assert "'b': kind is suboperation, not operation (and 2 more)" == str(told.value).splitlines()[0]


def test_what_an_operation_has_by_itself_is_not_looked_at() -> None:
    """Names of functions, threads and processes are neither demanded by exact nor shown, unless they are stated."""
    by_itself = {"code.function.name": "a.very.long.name", "thread.id": 7, "thread.name": "pool", "process.pid": 1}
    log = make_log("load", 0, 9, attributes={**by_itself, "rows": 601})
    assert_tree(log, node("load", attributes={"rows": 601}), exact=True)
    with pytest.raises(AssertionError) as told:
        assert_tree(log, node("load", attributes={"rows": 600, "thread.id": 7}), exact=True)

    assert "  ! load  [thread.id=7 rows=601]" == str(told.value).splitlines()[-1]


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("path", "path is missing; did you mean ops.arg.path?"),
        ("model.name", "model.name is missing; did you mean ops.arg.model_name?"),
        ("user", "user is missing; did you mean user.id?"),
        ("batch", "batch is missing; did you mean ops.meta.batch?"),
        ("rows", "rows is missing, not 'x'"),
    ],
)
def test_a_key_that_has_a_longer_name_is_told(key: str, told: str) -> None:
    """Arguments and values of a context are recorded under names of their own."""
    there = {"ops.arg.path": "x", "ops.arg.model_name": "x"}, {"user.id": "x", "ops.meta.batch": "x"}
    log = make_log("load", 0, 9, attributes=there[0], context=there[1])
    stated = {"context" if key in {"user", "batch"} else "attributes": {key: "x"}}
    with pytest.raises(AssertionError, match=f"'load': {re.escape(told)}"):
        assert_tree(log, node("load", **stated))  # type: ignore[arg-type] # one of two


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({"kind": "op"}, "kind of node 'load' cannot be 'op'; it is one of context, operation, suboperation, foreign"),
        ({"outcome": "fine"}, "outcome of node 'load' cannot be 'fine'; it is one of ok, error, timed_out, "),
        ({"detail": "HIGH"}, "HIGH"),
    ],
)
def test_a_node_that_nothing_can_be_is_refused(stated: dict[str, Any], told: str) -> None:
    """A kind, outcome or level that does not exist is a mistake in the test: the right ones are named."""
    with pytest.raises(ValueError, match=told):
        node("load", **stated)


def test_several_roots_are_compared() -> None:
    """A recorder's logs, contexts included; a list of logs."""
    with Recorder() as recorder:
        with OperationContext("run"), operation("a"):
            pass
        with operation("b", attributes={"shape": (2, 3)}):
            pass

    expected = (node("run", "a", kind="context"), node("b", attributes={"shape": (2, 3)}))
    assert_tree(recorder, *expected, exact=True)
    assert_tree(reversed(recorder.logs), *reversed(expected))


def test_many_equal_steps_are_compared_in_any_order() -> None:
    """One that is different finds its partner, wherever both stand."""
    steps = [make_log("step", each, each + 1) for each in range(100)]
    tree = make_log("all", 0, 101, *steps, make_log("step", 100, 101, outcome="cancelled"))
    expected = [node("step", outcome="cancelled"), *[node("step")] * 99]
    assert_tree(tree, node("all", *expected, "step"), any_order=True, exact=True)
    with pytest.raises(AssertionError, match="'step': outcome is ok, not cancelled"):
        assert_tree(tree, node("all", *expected, node("step", outcome="cancelled")), any_order=True)


def test_expecting_nothing_is_a_mistake() -> None:
    """Without an expectation, and without exact, the assertion would always hold."""
    with pytest.raises(TypeError, match="needs what is expected"):
        assert_tree(report())


def stated(log: OperationLog) -> Node:
    """State everything of a log."""
    return node(
        log.name,
        *map(stated, log.suboperations),
        kind=log.kind,
        outcome=log.outcome,
        detail=log.detail,
        failure=log.failure.type if log.failure else None,
        attributes=log.attributes,
        context=log.context,
    )


@given(logs, st.randoms())
def test_a_tree_is_what_it_is(log: OperationLog, random: Any) -> None:
    """Any tree equals the statement of it, exactly; shuffled, it does where the order does not matter."""
    assert_tree(log, stated(log), exact=True)

    def shuffled(expected: Node) -> Node:
        children = [shuffled(child) for child in expected.children]
        random.shuffle(children)
        return Node(expected.name, tuple(children), expected.kind, expected.outcome)

    assert_tree(log, shuffled(stated(log)), exact=True, any_order=True)


@given(logs, logs)
def test_different_trees_are_never_equal(one: OperationLog, other: OperationLog) -> None:
    """Exactly that tree is one's own only."""

    def compared(log: OperationLog) -> list[object]:
        own = (log.name, log.kind, log.outcome, log.detail, log.attributes, log.context)
        return [*own, log.failure and log.failure.type, *map(compared, log.suboperations)]

    if compared(one) != compared(other):
        with pytest.raises(AssertionError):
            assert_tree(one, stated(other), exact=True)


class Hostile:
    """A value that cannot be compared or told."""

    def __eq__(self, other: object) -> bool:
        raise LookupError

    def __repr__(self) -> str:
        raise LookupError

    __hash__ = None  # type: ignore[assignment] # it is not needed


def test_values_of_any_kind_are_compared(recorder: Recorder) -> None:
    """Arrays as lists, NaN as NaN; a value that cannot be compared is different, and the trees are shown."""
    numpy = pytest.importorskip("numpy")
    with operation("work") as work:
        work.set(xs=numpy.array([1, 2]), ratio=float("nan"))
    assert_tree(recorder, node("work", attributes={"xs": numpy.array([1, 2]), "ratio": float("nan")}))
    with pytest.raises(AssertionError, match=r"xs is .*, not <unreadable Hostile>"):
        assert_tree(recorder, node("work", attributes={"xs": Hostile()}))
