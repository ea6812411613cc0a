"""Compares two ways of doing the same, in rounds that take turns; what counts is the median over the rounds.

Each round measures both ways one right after the other, in changing order, and gives one ratio (or difference): what
makes the machine faster or slower for longer than a round does so for both.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from statistics import median, quantiles

RATIO = "×"
GROWTH = "× of growth"
MICROSECONDS = "µs"
MILLISECONDS = "ms"
BYTES = "B"

Loop = Callable[[int], object]
"""Does something so many times."""

Side = Callable[[int], float]
"""Does something so many times, and gives the seconds that it took."""


_IS_EXACT = time.get_clock_info("thread_time").resolution < 1e-5
_clock = time.thread_time if _IS_EXACT else time.perf_counter


def clocked(loop: Loop) -> Side:
    """Give the seconds that a loop takes of its thread's CPU, which others on the machine take little of."""

    def side(calls: int) -> float:
        start = _clock()
        loop(calls)
        return _clock() - start

    return side


@dataclass(frozen=True)
class Sides:
    """The two ways, and what is done between two rounds, outside the time that counts."""

    ours: Side
    theirs: Side
    between: Callable[[], object] = lambda: None


@dataclass(frozen=True)
class Case:
    """One row of the table.

    Attributes:
        name: Short name, for the command line and the JSON.
        title: What is measured, against what.
        setup: Makes the two ways, in a process of their own; an ImportError or TypeError means "not available".
        unit: `RATIO` for ours / theirs, `GROWTH` where both are multiples and no times; `MICROSECONDS` or
            `MILLISECONDS` for ours - theirs, per call; `BYTES` for that of sides that give bytes per million.
        target: The most that the figure may be; None for a case that only informs.
        calls: Calls of each way in a round.
        rounds: Rounds that count.
    """

    name: str
    title: str
    setup: Callable[[], AbstractContextManager[Sides]]
    unit: str = RATIO
    target: float | None = None
    calls: int = 200
    rounds: int = 300

    def quick(self) -> Case:
        """Give the same case, only to see that it runs."""
        return replace(self, calls=-(-self.calls // 10), rounds=min(self.rounds, max(3, self.rounds // 30)))


@dataclass(frozen=True)
class Round:
    """Microseconds per call of both ways."""

    ours: float
    theirs: float

    def figure(self, unit: str) -> float:
        """Compare them."""
        if unit in {RATIO, GROWTH}:
            return self.ours / self.theirs
        return (self.ours - self.theirs) / (1_000 if unit == MILLISECONDS else 1)


@dataclass(frozen=True)
class Result:
    """What a case gave: the figure, and why there is none where it could not be measured."""

    case: str
    title: str
    unit: str
    target: float | None
    figure: float | None = None
    quartiles: tuple[float, float] | None = None
    ratio: float | None = None
    met: bool | None = None
    medians_us: dict[str, float] = field(default_factory=dict)
    rounds: int = 0
    calls: int = 0
    unavailable: str | None = None
    failed: str | None = None


def measure(case: Case) -> Result:
    """Set a case up and measure it."""
    with ExitStack() as stack:
        try:
            sides = stack.enter_context(case.setup())
        except (ImportError, TypeError) as error:
            return without_figure(case, unavailable=str(error))
        return summed_up(case, take_turns(sides, case.calls, case.rounds))


def take_turns(sides: Sides, calls: int, rounds: int) -> list[Round]:
    """Measure in rounds, after one that warms up."""
    gc.collect()
    gc.freeze()
    return [_round(sides, calls, ours_first=bool(index % 2)) for index in range(rounds + 1)][1:]


def _round(sides: Sides, calls: int, *, ours_first: bool) -> Round:
    took: dict[Side, float] = {}
    for side in (sides.ours, sides.theirs) if ours_first else (sides.theirs, sides.ours):
        took[side] = side(calls) / calls * 1e6
        sides.between()
    return Round(took[sides.ours], took[sides.theirs])


def summed_up(case: Case, rounds: list[Round]) -> Result:
    """Give the medians over all rounds."""
    figures = [one.figure(case.unit) for one in rounds]
    figure = median(figures)
    first, _, third = quantiles(figures, n=4, method="inclusive")
    return replace(
        without_figure(case),
        figure=figure,
        quartiles=(first, third),
        ratio=median(one.figure(RATIO) for one in rounds),
        met=None if case.target is None else figure <= case.target,
        medians_us={"ours": median(one.ours for one in rounds), "theirs": median(one.theirs for one in rounds)},
        rounds=len(rounds),
        calls=case.calls,
    )


def without_figure(case: Case, *, unavailable: str | None = None, failed: str | None = None) -> Result:
    """Give the result of a case that was not measured."""
    return Result(case.name, case.title, case.unit, case.target, unavailable=unavailable, failed=failed)
