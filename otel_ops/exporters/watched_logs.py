"""Somebody's exporter of log records, with what it fails at counted."""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk._logs.export import LogRecordExporter, LogRecordExportResult

from otel_ops import faults


class WatchedLogExporter(LogRecordExporter):
    """Passes log records on to another exporter; what that one does not take is counted and told once.

    Args:
        exporter: The other one.
    """

    def __init__(self, exporter: LogRecordExporter) -> None:
        self._exporter = exporter
        self._name = type(exporter).__name__

    def export(self, batch: Sequence[ReadableLogRecord]) -> LogRecordExportResult:
        """Pass the log records on."""
        left_out = f"{len(batch)} log record(s)"
        result = LogRecordExportResult.FAILURE
        with faults.contained("exporter", left_out, self._name):
            result = self._exporter.export(batch)
            if result is not LogRecordExportResult.SUCCESS:
                message = f"{self._name} did not take its log records; left out: {left_out}"
                faults.warn("exporter.refused", message, len(batch), about=self._name)
        return result

    def shutdown(self) -> None:
        """Pass it on."""
        with faults.contained("exporter", "what it still held", self._name):
            self._exporter.shutdown()  # type: ignore[no-untyped-call] # untyped

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Pass it on."""
        with faults.contained("exporter", about=self._name):
            return self._exporter.force_flush(timeout_millis)
        return False
