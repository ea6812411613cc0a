"""Log records of the standard library as OTLP logs, where ``OTEL_LOGS_EXPORTER`` asks for them and nobody else does so.

It is no handler of logging: nothing changes for programs that look at those, as ``logging.basicConfig`` does.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import lru_cache
from threading import get_ident
from typing import TYPE_CHECKING, Any, cast

from opentelemetry.sdk.trace import SpanProcessor

from otel_ops.core.emitted import BRIDGE, message_of_record
from otel_ops.core.exception_logs import SIGNAL
from otel_ops.core.frame import current_frame, values_around
from otel_ops.core.recording import RECORDING, SUPPRESSED
from otel_ops.exporters.environment import log_exporter_names, log_exporters_of
from otel_ops.ids import new_ulid
from otel_ops.processors import LogPipeline
from otel_ops.semconv import LOG_RECORD_UID
from otel_ops.settings.otel_variables import refused_variable
from otel_ops.span_record import carried_text, plain_attributes, severity_number

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk._logs.export import LogRecordExporter
    from opentelemetry.sdk.resources import Resource

    from otel_ops.processors.batch_of_logs import CountingBatchLogRecordProcessor

_NANOSECONDS = 1_000_000_000
_SWITCH = "OTEL_PYTHON_LOG_AUTO_INSTRUMENTATION"
_SEVERITY_TEXTS = {"WARNING": "WARN", "CRITICAL": "FATAL"}
_OF_RECORD = frozenset(
    {
        *vars(logging.makeLogRecord({})),
        *("asctime", "message", "taskName"),
        *("otelTraceID", "otelSpanID", "otelTraceSampled", "otelServiceName"),
    }
)


def log_bridge_of(environ: Mapping[str, str], resource: Resource, pipeline: LogPipeline) -> LogBridge | None:
    """Make the bridge that the environment asks for.

    A `LoggerProvider` of the SDK that is set already is used as it is; else there is one with the exporters that
    ``OTEL_LOGS_EXPORTER`` names.

    Raises:
        SettingsError: An exporter or protocol has an unknown name, an exporter could not be made, or OpenTelemetry
            refuses a variable.
    """
    if not log_exporter_names(environ) or environ.get(_SWITCH, "").strip().lower() == "false":
        return None
    from opentelemetry._logs import get_logger_provider  # noqa: PLC0415 - few programs ask for OTLP logs
    from opentelemetry.sdk._logs import LoggerProvider  # noqa: PLC0415

    known = get_logger_provider()
    if isinstance(known, LoggerProvider):
        return LogBridge(known, pipeline, is_own=False)
    exporters = log_exporters_of(environ)
    try:
        return _own_bridge(exporters, resource, pipeline)
    except ValueError as error:
        raise refused_variable(error, "OTEL_BLRP_") from error


def _own_bridge(exporters: Iterable[LogRecordExporter], resource: Resource, pipeline: LogPipeline) -> LogBridge:
    from opentelemetry.sdk._logs import LoggerProvider  # noqa: PLC0415 - as above

    from otel_ops.exporters.watched_logs import WatchedLogExporter  # noqa: PLC0415
    from otel_ops.processors.batch_of_logs import CountingBatchLogRecordProcessor  # noqa: PLC0415

    provider = LoggerProvider(resource=resource, shutdown_on_exit=False)
    batches = [CountingBatchLogRecordProcessor(WatchedLogExporter(each)) for each in exporters]
    for batch in batches:
        provider.add_log_record_processor(batch)
    return LogBridge(provider, pipeline, batches, is_own=True)


class LogBridge(SpanProcessor):
    """Emits log records to a provider; flushed and shut down with the span processors that it stands among.

    Args:
        provider: Where they go; exceptions, too, where they are log records.
        pipeline: What calls outputs and error handlers: what these log is sent, unlike what exporters say while they
            send, which would have no end.
        batches: What waits to be sent, as far as we know of it.
        is_own: Whether nobody else uses the provider, which is to be shut down.
    """

    def __init__(
        self,
        provider: LoggerProvider,
        pipeline: LogPipeline,
        batches: Sequence[CountingBatchLogRecordProcessor] = (),
        *,
        is_own: bool,
    ) -> None:
        self.provider = provider
        self._batches = batches
        self._pipeline = pipeline
        self._is_own = is_own

    def __repr__(self) -> str:
        return "the exporters of log records"

    def emit(self, record: logging.LogRecord, logger: logging.Logger, context: Context) -> None:
        """Emit a record, unless a handler of OpenTelemetry does.

        Of what it holds only what OTLP can carry is given on: anything else would cost all records sent with it.
        """
        if _is_handled(logger) or (context.get(SUPPRESSED) and not self._pipeline.is_inside):
            return
        from opentelemetry._logs import SeverityNumber  # noqa: PLC0415 - it is loaded where there is a provider

        told: dict[str, Any] = {
            "timestamp": max(0, int(record.created * _NANOSECONDS)),
            "observed_timestamp": time.time_ns(),
            "context": context,
            "severity_number": SeverityNumber(severity_number(record.levelno)),
            "severity_text": _severity_text(record),
            "body": carried_text(message_of_record(record)),
            "attributes": _attributes(record, context),
            "exception": record.exc_info[1] if record.exc_info else None,
        }
        self._hand_over(carried_text(str(record.name or "")), told)

    def _hand_over(self, logger: str, told: dict[str, Any]) -> None:
        """Give the SDK a record; what it logs meanwhile, as that it cuts a text, is not sent, or there were no end."""
        thread = get_ident()
        RECORDING[thread] = True
        try:
            self.provider.get_logger(logger).emit(**told)
        finally:
            RECORDING.pop(thread, None)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what waits."""
        return self.provider.force_flush(timeout_millis)

    def give_up(self) -> None:
        """Count what waits, for which there is no time any more."""
        for batch in self._batches:
            batch.give_up()

    def shutdown(self) -> None:
        """Take no more records, and send what waits."""
        if BRIDGE.emit == self.emit:
            BRIDGE.emit = None
        if SIGNAL.provider is self.provider:
            SIGNAL.provider = None
        if self._is_own:
            self.provider.shutdown()
        else:
            self.provider.force_flush()


def _severity_text(record: logging.LogRecord) -> str:
    return carried_text(_SEVERITY_TEXTS.get(record.levelname, str(record.levelname or "")))


def _attributes(record: logging.LogRecord, context: Context) -> dict[str, Any]:
    """Give what the call of logging says, and around it the values of the context; a limit takes those first."""
    attributes = {**values_around(current_frame(context)), **_extra(record)}
    attributes.setdefault(LOG_RECORD_UID, new_ulid())
    return attributes


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    return plain_attributes({str(key): value for key, value in vars(record).items() if key not in _OF_RECORD})


def _is_handled(logger: logging.Logger) -> bool:
    """Tell whether a handler of OpenTelemetry, with a provider that is one, is among those that get the record."""
    at: logging.Logger | None = logger
    while at is not None:
        if any(_is_bridge(handler) for handler in at.handlers):
            return True
        at = at.parent if at.propagate else None
    return False


@lru_cache(maxsize=64)
def _is_of_opentelemetry(kind: Any) -> bool:
    bases = ((base.__module__, base.__name__) for base in kind.__mro__)
    return any(name == "LoggingHandler" and module.startswith("opentelemetry.") for module, name in bases)


def _is_bridge(handler: Any) -> bool:
    if not _is_of_opentelemetry(cast("Hashable", type(handler))):
        return False
    provider = type(getattr(handler, "_logger_provider", None))
    return provider.__name__ not in {"ProxyLoggerProvider", "NoOpLoggerProvider", "NoneType"}
