"""Levels of detail: which operations are recorded, and that hiding one breaks nothing."""

from typing import Any

import pytest

from otel_ops import Detail, OperationContext, operation, set_detail
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
