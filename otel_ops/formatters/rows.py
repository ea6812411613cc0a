"""The rows of a log, as trees and tables show them: in order, bounded, with many equal steps folded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from otel_ops.operation_log import OperationLog
from otel_ops.semconv import Outcome

MAX_ALIKE = 12
"""Most suboperations of the same name that are shown one by one."""

SHOWN_OF_ALIKE = 3
"""How many of those are shown where there are more."""


class Fold(NamedTuple):
    """Stands for suboperations of the same name of which none failed.

    Attributes:
        name: Their name.
        number: How many there are.
        total_ns: Their durations together, in nanoseconds.
        start_ns: Start of the first one.
        end_ns: End of the last one.
        outcomes: How many ended otherwise than well, by outcome.
    """

    name: str
    number: int
    total_ns: int
    start_ns: int
    end_ns: int
    outcomes: dict[str, int]


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
        below = list(_folded(row.log.suboperations, failing))
        around = row.log if row.log.context else row.around
        last = len(below) - 1
        waiting.extend(Row(below[index], around, (*row.is_last, index == last)) for index in range(last, -1, -1))


def _folded(logs: tuple[OperationLog, ...], failing: set[int]) -> Iterable[OperationLog | Fold]:
    """Give the logs, with a fold in the place of the first one that it stands for."""
    numbers = Counter(log.name for log in logs)
    if max(numbers.values(), default=0) <= MAX_ALIKE:
        return logs
    shown: Counter[str] = Counter()
    alike: dict[str, list[OperationLog]] = {}
    places: list[OperationLog | list[OperationLog]] = []
    for log in logs:
        if id(log) in failing or numbers[log.name] <= MAX_ALIKE or shown[log.name] < SHOWN_OF_ALIKE:
            places.append(log)
            shown[log.name] += id(log) not in failing
        else:
            if log.name not in alike:
                places.append(alike.setdefault(log.name, []))
            alike[log.name].append(log)
    return [_fold(place) if isinstance(place, list) else place for place in places]


def _fold(logs: list[OperationLog]) -> Fold:
    return Fold(
        name=logs[0].name,
        number=len(logs),
        total_ns=sum(log.duration_ns for log in logs),
        start_ns=logs[0].start_ns,
        end_ns=max(log.end_ns for log in logs),
        outcomes=dict(Counter(log.outcome for log in logs if log.outcome != Outcome.OK)),
    )
