"""Which logs an output shows."""

from __future__ import annotations

from typing import Any

import pytest

from otel_ops.detail import Detail
from otel_ops.outputs import FailureFilter, LogFilter
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


@pytest.mark.parametrize(
    ("only", "told"),
    [
        ({"operation": None}, 'operation = None: give text, as operation="load*"'),
        ({"exceptions": "OSError"}, """exceptions = 'OSError': give text, as exceptions=("OSError",)"""),
        ({"exceptions": (OSError,)}, """exceptions = (<class 'OSError'>,): give text, as exceptions=("OSError",)"""),
        ({"exceptions": OSError}, """exceptions = <class 'OSError'>: give text, as exceptions=("OSError",)"""),
        ({"levels": "operation"}, """levels = 'operation': give text, as levels=("operation",)"""),
        ({"levels": ("operations",)}, "levels = ('operations',): must be of operation, suboperation"),
        ({"outcomes": ("timeout",)}, "outcomes = ('timeout',): must be of error, timed_out"),
        ({"context": {"user": "ada"}}, """context = {'user': 'ada'}: give text, as context=(("user", "ada"),)"""),
        ({"context": (("user", 3),)}, """context = (('user', 3),): give text, as context=(("user", "ada"),)"""),
        ({"detail": "FINE"}, "'FINE' is no level of detail; use one of MINIMAL, STANDARD, DETAILED, DEBUG"),
    ],
)
def test_a_filter_that_would_choose_nothing_is_refused(only: dict[str, Any], told: str) -> None:
    """A handler that is never called for a slip of its filter would lose everything without a word."""
    with pytest.raises((TypeError, ValueError)) as error:
        FailureFilter(**only)

    assert told == str(error.value)


def test_a_level_of_detail_may_be_named() -> None:
    """As everywhere else."""
    assert Detail.DEBUG is FailureFilter(detail="DEBUG").detail  # type: ignore[arg-type]
