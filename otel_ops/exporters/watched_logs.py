"""Somebody's exporter of log records, with what it fails at counted; only those who ask for OTLP logs load it."""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk._logs.export import LogRecordExporter, LogRecordExportResult

from otel_ops.exporters.watched import Watched


class WatchedLogExporter(Watched, LogRecordExporter):
    """An exporter of log records that is watched."""

    def export(self, batch: Sequence[ReadableLogRecord]) -> LogRecordExportResult:
        """Pass the log records on."""
        number, success = len(batch), LogRecordExportResult.SUCCESS
        taken = self._passed_on(batch, number, "log records", f"{number} log record(s)", success)
        return LogRecordExportResult.SUCCESS if taken else LogRecordExportResult.FAILURE
