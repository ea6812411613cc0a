"""Which logs an output shows."""

from __future__ import annotations

from typing import Any

import pytest

from otel_ops.outputs import LogFilter
from otel_ops.testing import make_log


@pytest.mark.parametrize(
    ("shown", "only"),
    [
        (True, LogFilter()),
        (True, LogFilter(operation="fit*")),
        (False, LogFilter(operation="Fit*")),
        (False, LogFilter(operation="step")),
        (True, LogFilter(outcomes=("timed_out",))),
        (True, LogFilter(outcomes=("error",))),
        (True, LogFilter(outcomes=("ok", "error"))),
        (False, LogFilter(outcomes=("ok", "cancelled"))),
        (True, LogFilter(context=(("batch", "7"), ("user", "a*")))),
        (False, LogFilter(context=(("batch", "8"),))),
        (False, LogFilter(context=(("session", "*"),))),
        (False, LogFilter("fit*", ("error",), (("user", "bob"),))),
        (False, LogFilter(operation="[z-a]")),
    ],
)
def test_all_of_a_filter_must_hold(shown: bool, only: LogFilter) -> None:
    """Name, outcome and values of the context; `error` is every failure, a missing value matches nothing."""
    log = make_log(
        "fit all", 0, 1, make_log("step", 0, 1), outcome="timed_out", context={"user.id": "ada", "ops.meta.batch": 7}
    )
    assert shown is only.shows(log)


@pytest.mark.parametrize(("outcome", "shown"), [("error", False), ("timed_out", True), ("ok", False)])
def test_one_kind_of_failure_can_be_chosen(outcome: Any, shown: bool) -> None:
    """`timed_out` alone is not every failure."""
    assert shown is LogFilter(outcomes=("timed_out",)).shows(make_log("fit", 0, 1, outcome=outcome))
