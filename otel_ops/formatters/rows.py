"""The rows of a log, as trees and tables show them: in order, bounded, with long series of equal steps folded."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from otel_ops.operation_log import OperationLog

MAX_ALIKE = 12
"""Most successive suboperations of the same name that are shown one by one."""

SHOWN_OF_ALIKE = 3
"""How many of those are shown where there are more."""


class Fold(NamedTuple):
    """Stands for suboperations of the same name that all went well."""

    name: str
    number: int
    total_ns: int


class Row(NamedTuple):
    """One row.

    Attributes:
        log: The log, or what stands for several of them.
        around: The nearest log above that has values of a context; None where there is none.
        is_last: For each level of the tree, from the top, whether nothing follows there.
    """

    log: OperationLog | Fold
    around: OperationLog | None
    is_last: tuple[bool, ...]

    @property
    def depth(self) -> int:
        """How far below the first row it stands."""
        return len(self.is_last)


def rows_of(log: OperationLog, max_rows: int) -> tuple[list[Row], int]:
    """Give the rows of a log, and how many were left out for there were more than `max_rows`.

    What failed, or has something inside that failed, is never folded or left out.
    """
    failing = _with_failures(log)
    rows: list[Row] = []
    left_out = 0
    for row in _all_rows(log, failing):
        if len(rows) < max_rows or id(row.log) in failing:
            rows.append(row)
        else:
            left_out += row.log.number if isinstance(row.log, Fold) else 1
    return rows, left_out


def _with_failures(root: OperationLog) -> set[int]:
    """Give the identities of the logs that failed and of those around them."""
    failing: set[int] = set()
    for log in reversed(list(root.walk())):
        if log.failed or any(id(child) in failing for child in log.suboperations):
            failing.add(id(log))
    return failing


def _all_rows(root: OperationLog, failing: set[int]) -> Iterator[Row]:
    waiting = [Row(root, None, ())]
    while waiting:
        row = waiting.pop()
        yield row
        if isinstance(row.log, Fold):
            continue
        below = list(_folded(row.log, failing))
        around = row.log if row.log.context else row.around
        last = len(below) - 1
        waiting.extend(Row(below[index], around, (*row.is_last, index == last)) for index in range(last, -1, -1))


def _folded(log: OperationLog, failing: set[int]) -> Iterator[OperationLog | Fold]:
    for _, alike in groupby(log.suboperations, key=lambda child: child.name):
        run = list(alike)
        yield from _fold(run, failing) if len(run) > MAX_ALIKE else run


def _fold(run: list[OperationLog], failing: set[int]) -> Iterator[OperationLog | Fold]:
    yield from run[:SHOWN_OF_ALIKE]
    rest = run[SHOWN_OF_ALIKE:]
    well = [log for log in rest if id(log) not in failing]
    if well:
        yield Fold(well[0].name, len(well), sum(log.duration_ns for log in well))
    yield from (log for log in rest if id(log) in failing)
