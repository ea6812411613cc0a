"""Loggers of Python's logging: texts as messages, and what is in the log as fields of the record."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from otel_ops.outputs.place import Place
from otel_ops.streams import takes_logs

if TYPE_CHECKING:
    from otel_ops.operation_log import OperationLog

LOGGER_PREFIX = "logger:"
"""What a logger's name begins with in settings."""

_NANOSECONDS = 1_000_000


class LoggerPlace(Place):
    """Logs each text: as error where the operation failed, else as info.

    Spans of what the logging handlers themselves do are left out, as those of any output; a handler that passes the
    record on to another thread, which then runs operations, would tell of these in turn.

    Args:
        logger: Where to log.
    """

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger

    def __str__(self) -> str:
        return f"{LOGGER_PREFIX}{self._logger.name}"

    def write(self, text: str, log: OperationLog) -> None:
        """Log it.

        Raises:
            TimeoutError: A pipe that the logger writes to is full, and nobody reads it.
        """
        level = logging.ERROR if log.failed else logging.INFO
        if not self._logger.isEnabledFor(level):
            return
        if not takes_logs(self._logger, patiently=True):
            msg = "a pipe or terminal that the logger writes to takes no more text, since nobody reads it"
            raise TimeoutError(msg)
        self._logger.log(level, "%s", text.rstrip("\n"), extra=fields_of(log))


def fields_of(log: OperationLog) -> dict[str, Any]:
    """Give what formatters of log records can show; no name is one of theirs."""
    return {
        "ops_operation": log.name,
        "ops_outcome": log.outcome,
        "ops_duration_ms": log.duration_ns / _NANOSECONDS,
        "ops_trace_id": log.trace_id,
        "ops_span_id": log.span_id,
        "ops_context": dict(log.context),
        "ops_failure": log.failure.type if log.failure else None,
    }
