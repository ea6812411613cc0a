"""Which failures of a log are reported."""

from __future__ import annotations

from typing import Any

from otel_ops.errors.reported import overcome
from otel_ops.operation_log import OperationFailure, OperationLog
from otel_ops.semconv import ATTEMPT
from otel_ops.testing import make_log


def failed(failure_id: str) -> dict[str, Any]:
    """Give the fields of a log that failed."""
    return {"failure": OperationFailure("ValueError", "bad", failure_id)}


def attempt(number: int, *inside: OperationLog, **fields: Any) -> OperationLog:
    """Make the log of an attempt."""
    return make_log(f"attempt {number}", number, number + 1, *inside, attributes={ATTEMPT: number}, **fields)


def names(log: OperationLog) -> list[str]:
    """Give the names of what is not reported."""
    held = overcome(log)
    return [each.name for each in log.walk() if id(each) in held]


def test_attempts_before_the_last_are_held_with_all_inside() -> None:
    """Where an operation fails in the end, its last attempt is reported, and none before it."""
    log = make_log(
        "read",
        0,
        9,
        attempt(1, make_log("inside 1", 1, 2, **failed("a")), **failed("a")),
        attempt(2, make_log("inside 2", 2, 3, **failed("b")), **failed("b")),
        **failed("b"),
    )

    assert ["attempt 1", "inside 1"] == names(log)


def test_all_failed_attempts_of_what_recovered_are_held() -> None:
    """Where an operation recovers, no attempt is reported, with what failed deep inside."""
    deep = make_log("inner", 1, 2, attempt(1, **failed("a")), **failed("a"))
    log = make_log("read", 0, 9, attempt(1, deep, **failed("a")), attempt(2), outcome="recovered")

    assert ["attempt 1", "inner", "attempt 1"] == names(log)


def test_what_failed_inside_of_an_attempt_that_went_well_is_reported() -> None:
    """Nobody has recovered from a failure that the program has swallowed."""
    log = make_log("read", 0, 9, attempt(1, make_log("inside", 1, 2, **failed("a"))))

    assert [] == names(log)


def test_what_is_no_attempt_is_reported() -> None:
    """A suboperation that failed, while the operation went on, is no attempt."""
    assert [] == names(make_log("read", 0, 9, make_log("part", 1, 2, **failed("a"))))
