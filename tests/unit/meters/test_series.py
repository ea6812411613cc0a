"""BoundedSeries: attributes of series, and one series for what is beyond the bound."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_ops.faults import diagnostics
from otel_ops.meters import BoundedSeries

OVERFLOW = {"otel.metric.overflow": True}


def test_a_series_has_the_attributes_that_it_has_values_for() -> None:
    """What is None is left out, and long text is cut."""
    series = BoundedSeries(("name", "user.id", "text"), 10, "too many")

    assert {"name": "load", "text": "x" * 256} == series.attributes(("load", None, "x" * 1_000))


@pytest.mark.usefixtures("quiet")
def test_what_is_beyond_the_bound_shares_a_series(caplog: pytest.LogCaptureFixture) -> None:
    """Known series stay, further ones are counted, and told once."""
    series = BoundedSeries(("name",), 2, "metric has more than 2 series")
    given_ = [dict(series.attributes((name,))) for name in ("a", "b", "c", "a", "d")]

    assert [{"name": "a"}, {"name": "b"}, OVERFLOW, {"name": "a"}, OVERFLOW] == given_
    assert {"metrics.overflow": 2} == diagnostics()
    assert ["metric has more than 2 series"] == [message.partition(" [")[0] for message in caplog.messages]


@given(st.lists(st.text(max_size=3), max_size=40), st.integers(1, 10))
def test_there_are_never_more_series_than_the_bound_and_one(names: list[str], most: int) -> None:
    """Whatever comes, in whatever order."""
    series = BoundedSeries(("name",), most, "too many")
    found = {id(series.attributes((name,))) for name in names}

    assert len(found) == min(len(set(names)), most + 1)
