"""Somebody's exporter, with what it fails at counted."""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from otel_ops import faults


class WatchedSpanExporter(SpanExporter):
    """Passes spans on to another exporter; what that one does not take is counted and told once.

    Args:
        exporter: The other one.
    """

    def __init__(self, exporter: SpanExporter) -> None:
        self.exporter = exporter
        self._is_kept = False
        self._under_way = 0

    def __repr__(self) -> str:
        return f"{type(self.exporter).__name__}, with {self._under_way} span(s) under way"

    def keep(self) -> None:
        """Leave the other exporter open at the shutdown: somebody goes on with it."""
        self._is_kept = True

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Pass the spans on."""
        left_out = f"{len(spans)} span(s), the first of them {spans[0].name!r}"
        result = SpanExportResult.FAILURE
        self._under_way = len(spans)
        with faults.contained("exporter", left_out):
            result = self.exporter.export(spans)
            if result is not SpanExportResult.SUCCESS:
                name = type(self.exporter).__name__
                faults.warn("exporter.refused", f"{name} did not take its spans; left out: {left_out}", len(spans))
        self._under_way = 0
        return result

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Pass it on."""
        return self.exporter.force_flush(timeout_millis)

    def shutdown(self) -> None:
        """Pass it on, unless the other one is kept."""
        if not self._is_kept:
            self.exporter.shutdown()
