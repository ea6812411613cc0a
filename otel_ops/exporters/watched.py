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
        return f"{self.name}, with {self._under_way} span(s) under way"

    @property
    def name(self) -> str:
        """What warnings call the other exporter."""
        return type(self.exporter).__name__

    def keep(self) -> None:
        """Leave the other exporter open at the shutdown: somebody goes on with it."""
        self._is_kept = True

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Pass the spans on."""
        left_out = f"{len(spans)} span(s), the first of them {spans[0].name!r}"
        result = SpanExportResult.FAILURE
        self._under_way = len(spans)
        with faults.contained("exporter", left_out, self.name):
            result = self.exporter.export(spans)
            if result is not SpanExportResult.SUCCESS:
                message = f"{self.name} did not take its spans; left out: {left_out}"
                faults.warn("exporter.refused", message, len(spans), about=self.name)
        self._under_way = 0
        return result

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Pass it on."""
        with faults.contained("exporter", about=self.name):
            return self.exporter.force_flush(timeout_millis)
        return False

    def shutdown(self) -> None:
        """Pass it on, unless the other one is kept."""
        with faults.contained("exporter", "what it still held", self.name):
            if not self._is_kept:
                self.exporter.shutdown()
