"""Exceptions as log records, where ``OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN`` asks for that.

OpenTelemetry is about to tell exceptions by log records instead of span events; the variable lets programs choose.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from opentelemetry import trace
from opentelemetry.context import get_current

from otel_ops import faults, semconv
from otel_ops.core.emitted import KEEPING, EmittedRecord
from otel_ops.ids import new_ulid
from otel_ops.version import VERSION

if TYPE_CHECKING:
    from opentelemetry._logs import LoggerProvider

VARIABLE = "OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN"

LOGGER = "otel_ops"
"""Name of the logger, which is the instrumentation scope."""

_LEVEL = logging.ERROR


class _Chosen(NamedTuple):
    events: bool
    logs: bool


_CHOICES = {"": _Chosen(True, False), "logs": _Chosen(False, True), "logs/dup": _Chosen(True, True)}


class ExceptionSignal:
    """By what exceptions are recorded, and where their log records go.

    Attributes:
        provider: Where they go; None for the provider that is set in OpenTelemetry.
    """

    __slots__ = ("_chosen", "provider")

    def __init__(self) -> None:
        self._chosen: _Chosen | None = None
        self.provider: LoggerProvider | None = None

    @property
    def events(self) -> bool:
        """Whether exceptions are events of their span."""
        return (self._chosen or self.read(os.environ)).events

    @property
    def logs(self) -> bool:
        """Whether exceptions are log records."""
        return (self._chosen or self.read(os.environ)).logs

    def read(self, environ: Mapping[str, str]) -> _Chosen:
        """Learn from the environment; nobody need do so before the first exception."""
        given = environ.get(VARIABLE, "").strip().lower()
        if given not in _CHOICES:
            message = f"{VARIABLE} = {given!r} is unknown: exceptions are span events; use 'logs' or 'logs/dup'"
            faults.warn("exception.signal_unknown", message)
        self._chosen = _CHOICES.get(given, _CHOICES[""])
        return self._chosen

    def emit(self, span: trace.Span, attributes: dict[str, Any], body: str) -> None:
        """Emit the log record of an exception, and keep it for our own outputs where the span does not have it."""
        time_ns = time.time_ns()
        if not self.events:
            level_name = logging.getLevelName(_LEVEL)
            KEEPING.keep_exception(span, EmittedRecord(time_ns, _LEVEL, level_name, LOGGER, body, attributes))
        with faults.guarded("exception.log"):
            self._send(span, attributes, body, time_ns)

    def _send(self, span: trace.Span, attributes: dict[str, Any], body: str, time_ns: int) -> None:
        from opentelemetry._logs import SeverityNumber, get_logger_provider  # noqa: PLC0415 - few programs ask for them

        context = trace.set_span_in_context(span, get_current())
        logger = (self.provider or get_logger_provider()).get_logger(LOGGER, VERSION)
        if not logger.enabled(context=context, severity_number=SeverityNumber.ERROR):
            message = f"{VARIABLE} asks for log records of exceptions, and nobody exports any; set OTEL_LOGS_EXPORTER"
            faults.warn("exception.unsent", message)
            return
        logger.emit(
            timestamp=time_ns,
            context=context,
            severity_number=SeverityNumber.ERROR,
            severity_text="ERROR",
            body=body,
            attributes={**_values_on(span), semconv.LOG_RECORD_UID: new_ulid(), **attributes},
            event_name=semconv.EXCEPTION_EVENT,
        )


def _values_on(span: trace.Span) -> dict[str, Any]:
    """Give the values of the context that a span carries; its own have been left when it tells how it ended."""
    attributes: Mapping[str, Any] = getattr(span, "attributes", None) or {}
    return {key: value for key, value in attributes.items() if semconv.is_of_context(key)}


SIGNAL = ExceptionSignal()
"""The one of this process."""
