"""Reports of failures, made by hand, for tests of handlers that show them."""

from __future__ import annotations

from dataclasses import replace

from otel_ops.errors.error_data import ErrorData
from otel_ops.errors.report import Occurrence, Report
from otel_ops.operation_log import OperationFailure, OperationLog
from otel_ops.testing import make_log

STACK = 'Traceback (most recent call last):\n  File "load.py", line 7, in parse\nValueError: row 7 is bad\n'


def reported(
    message: str = "row 7 is bad",
    *inside: OperationLog,
    kind: str = "f1",
    where: str = "parse",
    count: int = 1,
    name: str = "load",
) -> Report:
    """Make the report of an operation that failed in one of its suboperations.

    Args:
        message: What the exception says.
        inside: What ran before.
        kind: The fingerprint.
        where: Name of the suboperation.
        count: How often it failed.
        name: Name of the operation.
    """
    why = OperationFailure("ValueError", message, "00ff00ff00ff00ff", where, STACK)
    failed = make_log(where, 41, 42, outcome="error", failure=why)
    log = make_log(name, 0, 99.5, *inside, failed, outcome="error", failure=replace(why, stacktrace=""))
    told = Occurrence(log, ErrorData(why, None, log))
    return Report(kind, count, told, told)
