"""Figures of one operation over all its calls: counts, errors by type, times and exact percentiles."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationStatistics:
    """What is known of one operation over all its calls.

    Percentiles are exact: the value at rank ``(count - 1) * percent / 100`` of the sorted durations, interpolated
    linearly between its neighbours, as ``numpy.percentile`` does by default.

    Attributes:
        name: Name of the operation.
        count: How often it was called.
        error_types: How often it failed, by type of the error, the most frequent first.
        total_ns: Sum of the durations, in nanoseconds; calls that ran at the same time count each.
        self_ns: Sum of the time in which no operation called by it ran, in nanoseconds.
        min_ns: Shortest duration, in nanoseconds.
        max_ns: Longest duration, in nanoseconds.
        p50_ns: Median of the durations, in nanoseconds.
        p95_ns: 95th percentile of the durations, in nanoseconds.
        p99_ns: 99th percentile of the durations, in nanoseconds.
    """

    name: str
    count: int
    error_types: Mapping[str, int] = field(hash=False)
    total_ns: int
    self_ns: int
    min_ns: int
    max_ns: int
    p50_ns: float
    p95_ns: float
    p99_ns: float

    @property
    def errors(self) -> int:
        """How often the operation failed."""
        return sum(self.error_types.values())

    @property
    def mean_ns(self) -> float:
        """Mean of the durations, in nanoseconds."""
        return self.total_ns / self.count


class Tally:
    """Collects the calls of one operation, at 8 bytes a call."""

    __slots__ = ("_durations", "_error_types", "_self_ns")

    def __init__(self) -> None:
        self._durations = array("Q")
        self._error_types: Counter[str] = Counter()
        self._self_ns = 0

    def add(self, duration_ns: int, self_ns: int, error_type: str) -> None:
        """Count one call; an empty `error_type` means that it did not fail."""
        self._durations.append(duration_ns)
        self._self_ns += self_ns
        if error_type:
            self._error_types[error_type] += 1

    def statistics(self, name: str) -> OperationStatistics:
        """Give the figures of what was collected, which must not be nothing."""
        durations = sorted(self._durations)
        return OperationStatistics(
            name=name,
            count=len(durations),
            error_types=_most_frequent_first(self._error_types),
            total_ns=sum(durations),
            self_ns=self._self_ns,
            min_ns=durations[0],
            max_ns=durations[-1],
            p50_ns=percentile(durations, 50),
            p95_ns=percentile(durations, 95),
            p99_ns=percentile(durations, 99),
        )


def percentile(ordered: Sequence[int], percent: int) -> float:
    """Interpolate a percentile linearly between the two values next to its rank.

    Args:
        ordered: At least one value, in ascending order.
        percent: 0 to 100.

    Returns:
        The percentile, exact up to the rounding of one division.
    """
    rank, rest = divmod((len(ordered) - 1) * percent, 100)
    above = min(rank + 1, len(ordered) - 1)
    return (ordered[rank] * (100 - rest) + ordered[above] * rest) / 100


def _most_frequent_first(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
