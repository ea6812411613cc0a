"""Reports made by hand, for tests of what is told of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from otel_ops.errors.error_data import ErrorData
from otel_ops.errors.report import Occurrence, Report
from otel_ops.operation_log import OperationFailure, OperationLog
from otel_ops.testing import make_log

STACK = 'Traceback (most recent call last):\n  File "load.py", line 7, in parse\n    raise ValueError(row)\n'


def failure(message: str = "row 7 is bad", **fields: Any) -> OperationFailure:
    """Make a failure that began in ``parse``."""
    told = {"type": "ValueError", "message": message, "id": "00ff00ff00ff00ff", "origin": "parse", "stacktrace": STACK}
    return OperationFailure(**{**told, **fields})


def failed_log(why: OperationFailure | None = None, *inside: OperationLog, **fields: Any) -> OperationLog:
    """Make the log of ``load``, in which ``parse`` failed."""
    why = why or failure()
    parse = make_log("parse", 41, 42, failure=why)
    return make_log("load", 0, 99.5, *inside, parse, failure=replace(why, stacktrace=""), **fields)


def occurrence(log: OperationLog | None = None) -> Occurrence:
    """Make one failure of a log."""
    log = log or failed_log()
    return Occurrence(log, ErrorData(log.failure or failure(), None, log))


def report(*occurrences: Occurrence, count: int = 0) -> Report:
    """Make the report of failures, by default of one."""
    told = occurrences or (occurrence(),)
    return Report("f1", count or len(told), told[0], told[-1])
