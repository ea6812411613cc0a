"""Levels of detail: which operations are recorded, and that hiding one breaks nothing."""

import contextvars
import threading
import weakref
from pathlib import Path
from typing import Any

import pytest

from otel_ops import Detail, OperationContext, operation, set_detail
from otel_ops.detail import GATE, DetailRule
from otel_ops.detail.gate import MAX_RULES
from otel_ops.testing import Spans


def step(name: str, level: str = "STANDARD") -> None:
    with operation(name, detail=level):
        pass


def test_levels_order_and_names() -> None:
    """There are four; they are read in any case, and an unknown one is told with those there are."""
    assert Detail.MINIMAL < Detail.STANDARD < Detail.DETAILED < Detail.DEBUG
    assert Detail.DEBUG is Detail.parse(" debug ")
    with pytest.raises(ValueError, match="use one of MINIMAL, STANDARD, DETAILED, DEBUG"):
        operation("x", detail="LOUD")


def test_the_level_for_all_holds_from_the_next_operation_on(spans: Spans) -> None:
    """STANDARD at first; then what was set; then STANDARD again."""
    step("a", "DETAILED")
    set_detail("DETAILED")
    step("b", "DETAILED")
    set_detail(None)
    step("c", "DETAILED")
    assert ["b"] == spans.names


@pytest.mark.parametrize(
    ("rules", "shown"),
    [
        ([{"level": "DEBUG", "operation": "fit*"}], ["fit step"]),
        ([{"level": "DEBUG", "module": "tests.*"}], ["fit step", "clean step"]),
        ([{"level": "DEBUG", "module": "other.*"}], []),
        ([{"level": "DEBUG", "context": {"user": "a?a", "batch": "7"}}], ["fit step", "clean step"]),
        ([{"level": "DEBUG", "context": {"user": "eve"}}], []),
        ([{"level": "DEBUG", "operation": "*"}, {"level": "MINIMAL", "operation": "fit*"}], ["clean step"]),
        ([{"level": "DEBUG", "operation": "*"}, {"level": None, "operation": "*"}], []),
    ],
)
def test_rules_select_by_name_module_and_context(rules: list[dict[str, Any]], shown: list[str], spans: Spans) -> None:
    """Globs on name, module and context values; the last rule that matches wins; None takes one back."""
    for rule in rules:
        set_detail(**rule)
    with OperationContext(user="ada", batch=7):
        step("fit step", "DEBUG")
        step("clean step", "DEBUG")
    assert shown == spans.names


def test_a_context_has_a_level_of_its_own(spans: Spans) -> None:
    """It holds inside, also in contexts below, and can be changed while the context is open."""
    with OperationContext(detail="DEBUG") as context:
        with OperationContext(user="ada"):
            step("a", "DEBUG")
        set_detail("MINIMAL", context=context)
        step("b")
    step("c", "DEBUG")
    assert ["a"] == spans.names


def test_hidden_operations_leave_the_tree_whole(spans: Spans) -> None:
    """What is inside a hidden operation hangs on the nearest recorded one."""
    with operation("outer"), operation("hidden", detail="DEBUG"), operation("inner"):
        pass
    assert {"outer": None, "inner": "outer"} == spans.parents


def test_a_failure_inside_a_hidden_operation_is_recorded_around(spans: Spans) -> None:
    """The exception is recorded on the nearest recorded operation, which tells where it began."""
    with operation("outer") as outer:
        try:
            with operation("hidden", detail="DEBUG"):
                raise ValueError("no")
        except ValueError:
            outer.set(caught=True)
    (event,) = spans.exceptions("outer")
    assert ("ValueError", "hidden") == tuple(
        (event.attributes or {})[key] for key in ("exception.type", "ops.failure.origin")
    )
    assert (None, None) == spans.failure("outer")


def test_a_hidden_operation_that_fails_alone_gets_its_span(spans: Spans) -> None:
    """Where nothing recorded is around, a span with the original start is made for the failure."""
    with pytest.raises(ValueError, match="no"), operation("hidden", detail="DEBUG") as hidden:
        raise ValueError("no")
    span = spans.named("hidden")
    assert hidden._start_ns == span.start_time
    assert ("error", None) == spans.failure("hidden")
    assert 1 == len(spans.exceptions("hidden"))


def test_a_rule_may_be_for_one_context(spans: Spans) -> None:
    """Not for another of the same session, nor for the one around; entered later or now; and it can be taken back."""
    outer, inner = OperationContext(session="s"), OperationContext()
    set_detail("DEBUG", operation="f*", context=inner)
    with outer:
        step("fa", "DEBUG")
        with inner:
            step("fb", "DEBUG")
            step("other", "DEBUG")
            with OperationContext(user="ada"):
                step("fc", "DEBUG")
            set_detail(None, operation="f*", context=inner)
            step("fd", "DEBUG")
            set_detail("DEBUG", module="tests.*", context=outer)
            step("fe", "DEBUG")
    step("ff", "DEBUG")
    assert ["fb", "fc", "fe"] == spans.names


def test_a_context_has_its_level_before_it_is_entered_and_where_it_goes_on(spans: Spans) -> None:
    """A thread with a copy of what was current is still inside, also when the context is closed."""
    early = OperationContext()
    set_detail("DEBUG", context=early)
    with OperationContext(), early:
        step("a", "DEBUG")
        inside = contextvars.copy_context()
    step("b", "DEBUG")
    thread = threading.Thread(target=inside.run, args=(step, "c", "DEBUG"))
    thread.start()
    thread.join()
    set_detail(None, context=early)
    inside.run(step, "d", "DEBUG")
    assert ["a", "c"] == spans.names


def test_a_rule_does_not_keep_its_context() -> None:
    """When the context is gone, so is the rule."""
    context = OperationContext()
    set_detail("DEBUG", operation="a", context=context)
    gone = weakref.ref(context)
    del context
    set_detail("DEBUG", operation="b")
    assert (None, 1) == (gone(), len(GATE.rules().entries))


def test_values_are_compared_as_text(spans: Spans) -> None:
    """Numbers and paths may be given as they are."""
    set_detail("DEBUG", context={"batch": 7, "dry": True, "file": Path("a.csv")})
    with OperationContext(batch=7, dry=True, file="a.csv"):
        step("a", "DEBUG")
    with OperationContext(batch=8, dry=True, file="a.csv"):
        step("b", "DEBUG")
    assert ["a"] == spans.names


class Odd:
    __str__ = __repr__ = lambda self: 1 / 0  # type: ignore[assignment,return-value] # raises


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"operation": 3}, TypeError, r"set_detail\(operation=3\): give a glob as text"),
        ({"operation": ""}, ValueError, r"set_detail\(operation=''\): a glob has 1 to 1000 characters"),
        ({"operation": "*" * 1_001}, ValueError, "a glob has 1 to 1000 characters"),
        ({"module": b"x"}, TypeError, r"set_detail\(module=b'x'\): give a glob"),
        ({"module": Odd()}, TypeError, "give a glob"),
        ({"context": object()}, TypeError, "give an OperationContext, or globs"),
        ({"context": Odd()}, TypeError, "give an OperationContext, or globs"),
        ({"context": {}}, TypeError, "give an OperationContext, or globs"),
        ({"context": {1: "a"}}, TypeError, "give an OperationContext, or globs"),
        ({"context": {"user": None}}, TypeError, r"set_detail\(context\['user'\]=None\): give a glob"),
        ({"context": {"user": ["a"]}}, TypeError, "give a glob as text"),
        ({"level": object()}, ValueError, "is no level of detail; use one of"),
        ({"level": Odd()}, ValueError, "is no level of detail; use one of"),
        ({"level": 2}, ValueError, "2 is no level of detail; use one of"),
    ],
    ids=lambda value: None if isinstance(value, type) else "",
)
def test_what_selects_nothing_is_refused_at_the_call(
    given: dict[str, Any], error: type[Exception], message: str, spans: Spans
) -> None:
    """Key, value and remedy are named, and what was in force stays so."""
    with pytest.raises(error, match=message):
        set_detail(**{"level": "DEBUG", **given})
    step("a")
    step("b", "DEBUG")
    assert ["a"] == spans.names


@pytest.mark.parametrize(("glob", "name"), [("[", "["), ("[z-a]", "x"), ("a[", "a["), ("[!a]", "b"), ("(?P<", "(?P<")])
def test_odd_globs_do_no_harm(glob: str, name: str, spans: Spans) -> None:
    """They are read as far as they can be; nothing is raised, neither at the call nor later."""
    set_detail("DEBUG", operation=glob)
    step(name, "DEBUG")
    assert [name] == spans.names or glob == "[z-a]"


def test_many_rules_are_asked_once(spans: Spans) -> None:
    """What a thousand rules decided is remembered, for as many operations as may be, until one changes."""
    for number in range(1_000):
        set_detail("MINIMAL", operation=f"step {number}", context={"batch": number})
    rules = GATE.rules()
    for batch in range(3):
        with OperationContext(batch=batch):
            for _ in range(5):
                step("step 1")
    assert (["step 1"] * 10, 3) == (spans.names, len(rules._decided))
    set_detail("STANDARD", operation="step 1", context={"batch": 1})
    with OperationContext(batch=1):
        step("step 1")
        for number in range(3_000):
            GATE.admits(Detail.STANDARD, f"made up {number}", "", OperationContext.current())
    assert 11 == len(spans.names)
    assert 1_024 >= len(GATE.rules()._decided)


def test_rules_are_bounded(spans: Spans) -> None:
    """One too many is refused, with the remedy; what is there can be changed, and rules of contexts gone make room."""
    context = OperationContext()
    set_detail("DEBUG", operation="of one", context=context)
    for number in range(MAX_RULES - 1):
        set_detail("DEBUG", operation=f"step {number}")
    with pytest.raises(ValueError, match=r"operation='more'.*there are 1000 rules already; let one glob"):
        set_detail("DEBUG", operation="more")
    set_detail("MINIMAL", operation="step 1")
    del context
    set_detail("DEBUG", operation="more")
    for name in ("step 0", "step 1", "more"):
        step(name, "DEBUG")
    assert ["step 0", "more"] == spans.names


def test_rules_are_put_together_when_they_are_asked() -> None:
    """Adding many costs no more for each than adding the first; the last that selects the same is the last of all."""
    rules = GATE.rules()
    for number in range(100):
        set_detail("DEBUG", operation=str(number))
        assert GATE._rules is None
    set_detail("DEBUG", operation="0")
    assert rules is not GATE.rules() is GATE.rules()
    assert [*map(str, range(1, 100)), "0"] == [entry.rule.operation for entry in GATE.rules().entries]


def test_the_same_selection_twice_in_the_settings(spans: Spans) -> None:
    """The last rule that matches wins there, too."""
    again = DetailRule(Detail.DEBUG, "fit*")
    GATE.put(Detail.STANDARD, [again, DetailRule(Detail.MINIMAL, "fit s*"), again])
    step("fit step", "DEBUG")
    assert ["fit step"] == spans.names


def test_ten_threads_change_rules_while_operations_run(spans: Spans) -> None:
    """No change is lost, and no operation is disturbed."""
    start = threading.Barrier(11)
    failed: list[BaseException] = []

    def change(number: int) -> None:
        start.wait()
        try:
            for turn in range(50):
                set_detail("DEBUG", operation=f"{number}.{turn}")
                set_detail(None, operation=f"{number}.{turn - 1}")
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=change, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    start.wait()
    for _ in range(200):
        step("work")
    for thread in threads:
        thread.join()
    for number in range(10):
        step(f"{number}.49", "DEBUG")
    assert ([], 10) == (failed, len(GATE.rules().entries))
    assert ["work"] * 200 + [f"{number}.49" for number in range(10)] == spans.names
