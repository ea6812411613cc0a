"""The figures of one operation."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_ops.analysis.statistics import OperationStatistics, Tally, percentile


def tally(*calls: tuple[int, int, str]) -> OperationStatistics:
    """Give the statistics of calls, each with duration, self time and type of error."""
    collected = Tally()
    for call in calls:
        collected.add(*call)
    return collected.statistics("op")


@given(st.lists(st.integers(0, 2**53), min_size=1), st.integers(0, 100))
def test_a_percentile_is_that_of_numpy(values: list[int], percent: int) -> None:
    """A percentile is the linear interpolation that numpy computes by default."""
    assert pytest.approx(np.percentile(values, percent), rel=1e-12) == percentile(sorted(values), percent)


def test_percentiles_of_huge_times_are_exact() -> None:
    """A percentile loses nothing where the durations do not fit a float."""
    assert float(2**63) == percentile([2**63 - 1, 2**63 + 1], 50)


def test_one_call_is_all_its_percentiles() -> None:
    """A single call is minimum, maximum, mean and every percentile."""
    statistics = tally((7, 5, ""))

    assert (7, 7, 7, 7, 7) == (
        statistics.min_ns,
        statistics.p50_ns,
        statistics.p95_ns,
        statistics.p99_ns,
        statistics.max_ns,
    )
    assert 7.0 == statistics.mean_ns


def test_calls_are_summed() -> None:
    """Count, total, self time, extremes and mean cover all calls."""
    statistics = tally((1, 1, ""), (10, 4, ""), (4, 0, ""))

    assert (3, 15, 5) == (statistics.count, statistics.total_ns, statistics.self_ns)
    assert (1, 10, 5.0) == (statistics.min_ns, statistics.max_ns, statistics.mean_ns)


def test_errors_are_counted_by_type_the_most_frequent_first() -> None:
    """Errors stand by type, frequent before rare, equal ones by name, and their sum is the number of errors."""
    statistics = tally((1, 1, "B"), (1, 1, "A"), (1, 1, ""), (1, 1, "C"), (1, 1, "C"))

    assert [("C", 2), ("A", 1), ("B", 1)] == list(statistics.error_types.items())
    assert 4 == statistics.errors


def test_statistics_are_immutable_values() -> None:
    """Equal figures are equal, hash equally and cannot be changed."""
    one, other = tally((1, 1, "E")), tally((1, 1, "E"))

    assert one == other
    assert hash(one) == hash(other)
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.count = 2  # type: ignore[misc]
