"""Appends spans to a file of OTLP JSON lines, as the collector's file exporter writes them."""

from __future__ import annotations

import os
from collections.abc import Sequence

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from otel_ops import faults
from otel_ops.otlp_json import encode_line, encode_logs, logs_in
from otel_ops.outputs.appending import append
from otel_ops.span_record import SpanRecord, record_of


class OTLPFileSpanExporter(SpanExporter):
    """Appends each batch of spans as one line, and what was logged in them as another, in one write.

    Any number of threads and processes may write to the same file, also forked ones, and it may be moved or removed
    meanwhile: it is opened anew for each batch, with its folders made where they are missing. Where a crash has cut
    the last line, a new one is begun first. Read the file with ``otel-ops show``, `OperationAnalyzer` or the
    collector's ``otlp_json_file`` receiver.

    Args:
        path: The file; made with the first batch.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self._is_shut_down = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Append the spans.

        Returns:
            FAILURE where they could not be written, with the reason logged and counted in `diagnostics`; never raises.
        """
        with faults.guarded("file_exporter"):
            self.export_records([record_of(span) for span in spans])
            return SpanExportResult.SUCCESS
        return SpanExportResult.FAILURE

    def export_records(self, records: Sequence[SpanRecord]) -> None:
        """Append the spans; those that are lost are counted as ``file_exporter.lost``.

        Raises:
            OSError: The file cannot be written.
            ValueError: The exporter was shut down.
        """
        if not records:
            return
        try:
            self._append(encode_line(records) + encode_logs(logs_in(records)))
        except Exception:
            faults.count("file_exporter.lost", len(records))
            raise

    def _append(self, line: bytes) -> None:
        if self._is_shut_down:
            msg = f"the exporter to {self.path} was shut down"
            raise ValueError(msg)
        append(self.path, line)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Do nothing: no span is held back."""
        return True

    def shutdown(self) -> None:
        """Take no more spans."""
        self._is_shut_down = True
