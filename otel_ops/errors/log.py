"""Tells the failures of operations to Python's logging."""

from __future__ import annotations

import logging
from typing import Any

from otel_ops import faults
from otel_ops.durations import duration_in_words
from otel_ops.errors.error_data import ErrorData
from otel_ops.errors.handler import ErrorHandler
from otel_ops.errors.report import VERBS
from otel_ops.foreign import traceback_of
from otel_ops.operation_log import OperationFailure, OperationLog
from otel_ops.outputs.logger import fields_of
from otel_ops.semconv import Kind
from otel_ops.streams import takes_logs

_LEVELS = {Kind.OPERATION: logging.ERROR, Kind.SUBOPERATION: logging.WARNING}


class LogErrorHandler(ErrorHandler):
    """Logs each failed operation as an ERROR and each failed suboperation as a WARNING.

    The traceback comes with the operation. Records have the fields of those of an output that goes to a logger
    (``ops_operation``, ``ops_outcome``, ``ops_trace_id``, ``ops_context`` …), and beside them ``ops_message``,
    ``ops_origin``, ``ops_fingerprint`` and ``ops_attempt``.

    Args:
        logger: The logger, or its name.
        tree: Whether the operation's tree stands behind the message.

    Raises:
        ValueError: ``logger`` is neither.
    """

    def __init__(self, logger: logging.Logger | str = "otel_ops.errors", *, tree: bool = False) -> None:
        if not isinstance(logger, (str, logging.Logger)):
            msg = f"logger = {logger!r}: must be a logger, or the name of one"
            raise ValueError(msg)  # noqa: TRY004 - as for other options
        self._logger = logging.getLogger(logger) if isinstance(logger, str) else logger
        self._tree = tree

    def handle_failure(self, log: OperationLog, error_data: ErrorData) -> None:
        """Log the failure."""
        if not takes_logs(self._logger, patiently=True):
            faults.count("error_handler.stream_full")
            return
        text = _text(log, error_data.failure) + (_tree_of(error_data.operation_log) if self._tree else "")
        exception, level = error_data.exception, _LEVELS.get(log.kind, logging.WARNING)
        traceback = None
        if log.kind == Kind.OPERATION and exception is not None:
            traceback = type(exception), exception, traceback_of(exception)  # the exception itself may be false
        elif log.kind == Kind.OPERATION and error_data.stacktrace:
            text += f"\n{error_data.stacktrace.rstrip()}"
        self._logger.log(level, "%s", text, exc_info=traceback, extra=_fields(log, error_data))

    def handle_operation_error(self, operation_log: OperationLog, exception: BaseException | None) -> None:
        """Log the failure with its traceback."""
        if operation_log.failure is not None:
            self.handle_failure(operation_log, ErrorData(operation_log.failure, exception, operation_log))

    def handle_suboperation_error(self, suboperation_log: OperationLog, error_data: ErrorData) -> None:
        """Log the failure; the traceback comes with the operation, where that fails, too."""
        self.handle_failure(suboperation_log, error_data)


def _fields(log: OperationLog, error_data: ErrorData) -> dict[str, Any]:
    return {
        **fields_of(log),
        "operation_context": log.context,
        "ops_message": error_data.message,
        "ops_origin": error_data.origin,
        "ops_fingerprint": error_data.fingerprint,
        "ops_attempt": error_data.attempt,
    }


def _tree_of(log: OperationLog) -> str:
    from otel_ops.formatters import TreeFormatter  # noqa: PLC0415 - it needs rich, which few ask for

    return "\n" + TreeFormatter().format_operation_log(log).rstrip("\n")


def _text(log: OperationLog, failure: OperationFailure) -> str:
    verb = VERBS.get(log.outcome, log.outcome)
    after = f" after {duration_in_words(log.duration_ns)}" if log.duration_ns else ""
    return f"{log.kind} {log.name!r} {verb}{after}: {_describe(failure, log.name)}"


def _describe(failure: OperationFailure, name: str) -> str:
    text = f"{failure.type}: {failure.message}" if failure.message else failure.type
    return text if failure.origin in {"", name} else f"{text} (began in {failure.origin!r})"
