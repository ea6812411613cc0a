"""What a decision of the detail gate takes that was taken before: by one rule, by many, by values of the context."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from itertools import repeat

from otel_ops import Detail, OperationContext, set_detail
from otel_ops.detail import GATE
from tests.benchmarks.harness import MICROSECONDS, Case, Loop, Sides, clocked
from tests.benchmarks.values import VALUES

TARGET = 0.3
"""Microseconds of a decision."""


def decisions(context: OperationContext | None) -> Loop:
    """Ask the gate for the same operation."""

    def loop(calls: int) -> None:
        admits = GATE.admits
        for _ in repeat(None, calls):
            admits(Detail.DETAILED, "step", "shop.orders", context)

    return loop


def nothing(calls: int) -> None:
    """Loop only."""
    for _ in repeat(None, calls):
        pass


@contextmanager
def decided(rules: int, *, by_context: bool = False) -> Iterator[Sides]:
    """Compare decisions by so many rules with none; the first of all is the one that matches."""
    with OperationContext(**VALUES), OperationContext() if by_context else nullcontext() as context:
        set_detail("DETAILED", operation="st*")
        for number in range(rules - 1):
            values = {"batch": f"{number}*", f"key {number}": "*"} if by_context else None
            set_detail("DEBUG", operation=f"other {number}*", context=values)
        assert GATE.admits(Detail.DETAILED, "step", "shop.orders", context)
        yield Sides(clocked(decisions(context)), clocked(nothing))


def _case(name: str, title: str, rules: int, *, by_context: bool = False) -> Case:
    setup = partial(decided, rules, by_context=by_context)
    return Case(name, title, setup, MICROSECONDS, target=TARGET, calls=2_000, rounds=100)


CASES = (
    _case("rules-1", "decision taken before, 1 rule", 1),
    _case("rules-100", "decision taken before, 100 rules", 100),
    _case("rules-1000", "decision taken before, 1000 rules", 1_000),
    _case("rules-in-context", "decision taken before, 1000 by context", 1_000, by_context=True),
)
