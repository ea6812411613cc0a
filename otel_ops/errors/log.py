"""Tells the failures of operations to Python's logging."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from otel_ops import faults
from otel_ops.durations import duration_in_words
from otel_ops.errors.error_data import ErrorData
from otel_ops.errors.handler import ErrorHandler
from otel_ops.errors.report import VERBS
from otel_ops.streams import takes_logs

if TYPE_CHECKING:
    from otel_ops.operation_log import OperationFailure, OperationLog

class LogErrorHandler(ErrorHandler):
    """Logs each failed operation as an ERROR and each failed suboperation as a WARNING.

    Args:
        logger: The logger; by default the one named ``otel_ops.errors``.
    """

    def __init__(self, logger: logging.Logger | None = None) -> None:
        self._logger = logger or logging.getLogger("otel_ops.errors")

    def handle_operation_error(self, operation_log: OperationLog, exception: BaseException | None) -> None:
        """Log the failure with its traceback."""
        self._log(logging.ERROR, "operation", operation_log, exception)

    def handle_suboperation_error(self, suboperation_log: OperationLog, error_data: ErrorData) -> None:
        """Log the failure; the traceback comes with the operation, where that fails, too."""
        self._log(logging.WARNING, "suboperation", suboperation_log, None)

    def _log(self, level: int, what: str, log: OperationLog, exception: BaseException | None) -> None:
        if log.failure is not None and not takes_logs(self._logger, patiently=True):
            faults.count("error_handler.stream_full")
        elif log.failure is not None:
            verb = VERBS.get(log.outcome, log.outcome)
            after = f" after {duration_in_words(log.duration_ns)}" if log.duration_ns else ""
            text = f"{what} {log.name!r} {verb}{after}: {_describe(log.failure, log.name)}"
            self._logger.log(level, "%s", text, exc_info=exception, extra={"operation_context": log.context})


def _describe(failure: OperationFailure, name: str) -> str:
    text = f"{failure.type}: {failure.message}" if failure.message else failure.type
    return text if failure.origin in {"", name} else f"{text} (began in {failure.origin!r})"
