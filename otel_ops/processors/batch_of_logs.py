"""The batch processor of log records; only those who ask for OTLP logs load it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry.sdk._logs.export import BatchLogRecordProcessor

from otel_ops.processors.batch import Counted, Passage

if TYPE_CHECKING:
    from opentelemetry.sdk._logs import ReadWriteLogRecord

    from otel_ops.exporters.watched_logs import WatchedLogExporter


class CountingBatchLogRecordProcessor(Counted, BatchLogRecordProcessor):
    """Counts what it drops."""

    def __init__(self, exporter: WatchedLogExporter) -> None:
        super().__init__(exporter)
        self._passage = Passage(self, exporter, "log records", "OTEL_BLRP_MAX_QUEUE_SIZE")

    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        """Queue a log record."""
        super().on_emit(log_record)
        self._passage.enter()
