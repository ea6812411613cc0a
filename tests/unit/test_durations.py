"""How durations are put into words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_ops.durations import duration_in_words


@pytest.mark.parametrize(
    ("nanoseconds", "words"),
    [
        (0, "0 ns"),
        (999, "999 ns"),
        (999.7, "1.00 µs"),
        (1_234, "1.23 µs"),
        (99_940, "99.9 µs"),
        (99_960, "100 µs"),
        (999_600, "1.00 ms"),
        (12_345_678, "12.3 ms"),
        (1_500_000_000, "1.50 s"),
        (59_940_000_000, "59.9 s"),
        (59_960_000_000, "1 min 00 s"),
        (125_000_000_000, "2 min 05 s"),
        (3_599_600_000_000, "1 h 00 min"),
        (7_500_000_000_000, "2 h 05 min"),
    ],
)
def test_durations_have_three_digits(nanoseconds: float, words: str) -> None:
    """A duration is told in the unit that leaves three significant digits."""
    assert words == duration_in_words(nanoseconds)


@given(st.floats(0, 1e17))
def test_a_duration_never_shows_a_thousand(nanoseconds: float) -> None:
    """Rounding never gives 1000 of a unit below seconds, nor 60 seconds or minutes."""
    amounts = dict(zip(*[reversed(duration_in_words(nanoseconds).split())] * 2, strict=True))
    limits = {"ns": 1000, "µs": 1000, "ms": 1000, "s": 60, "min": 60, "h": 1e6}
    assert all(float(amount) < limits[unit] for unit, amount in amounts.items())
