"""The batch processor of log records; only those who ask for OTLP logs load it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry.sdk._logs.export import BatchLogRecordProcessor

from otel_ops.processors.batch import Passage

if TYPE_CHECKING:
    from opentelemetry.sdk._logs import ReadWriteLogRecord

    from otel_ops.exporters.watched_logs import WatchedLogExporter


class CountingBatchLogRecordProcessor(BatchLogRecordProcessor):
    """Counts what it drops."""

    def __init__(self, exporter: WatchedLogExporter) -> None:
        super().__init__(exporter)
        self._passage = Passage(self, exporter, "log records", "OTEL_BLRP_MAX_QUEUE_SIZE")

    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        """Queue a log record."""
        super().on_emit(log_record)
        self._passage.enter()

    def shutdown(self) -> None:
        """Send what waits, and take nothing more."""
        super().shutdown()  # type: ignore[no-untyped-call]
        self._passage.close()

    def give_up(self) -> None:
        """Count what waits, for which there is no time any more."""
        self._passage.close()
