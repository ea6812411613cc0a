"""Somebody's exporter, with what it fails at counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from otel_ops import faults


class Watched:
    """Passes things on to an exporter; what that one does not take is counted and told once.

    Args:
        exporter: The exporter.

    Attributes:
        handed_over: Called with the number of things in each batch, before the exporter has them.
    """

    def __init__(self, exporter: Any) -> None:
        self.exporter = exporter
        self.handed_over: Callable[[int], object] = _nobody

    @property
    def name(self) -> str:
        """What warnings call the exporter."""
        return type(self.exporter).__name__

    def _passed_on(self, batch: Any, number: int, what: str, left_out: str, success: Any) -> bool:
        """Pass on a batch of so many things; tell whether it was taken."""
        self.handed_over(number)
        with faults.contained("exporter", left_out, self.name):
            if self.exporter.export(batch) is success:
                return True
            message = f"{self.name} did not take its {what}; left out: {left_out}"
            faults.warn("exporter.refused", message, number, about=self.name)
        return False

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Pass it on."""
        with faults.contained("exporter", about=self.name):
            flushed: bool = self.exporter.force_flush(timeout_millis)
            return flushed
        return False

    def shutdown(self) -> None:
        """Pass it on."""
        with faults.contained("exporter", "what it still held", self.name):
            self.exporter.shutdown()


def _nobody(number: int) -> None:
    """Hear nothing."""


class WatchedSpanExporter(Watched, SpanExporter):
    """An exporter of spans that is watched; another one may go on with what is inside."""

    def __init__(self, exporter: SpanExporter) -> None:
        super().__init__(exporter)
        self._is_kept = False
        self._under_way = 0

    def __repr__(self) -> str:
        return f"{self.name}, with {self._under_way} span(s) under way"

    def keep(self) -> None:
        """Leave the other exporter open at the shutdown: somebody goes on with it."""
        self._is_kept = True

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Pass the spans on."""
        self._under_way = len(spans)
        left_out = f"{len(spans)} span(s), the first of them {spans[0].name!r}"
        taken = self._passed_on(spans, len(spans), "spans", left_out, SpanExportResult.SUCCESS)
        self._under_way = 0
        return SpanExportResult.SUCCESS if taken else SpanExportResult.FAILURE

    def shutdown(self) -> None:
        """Pass it on, unless the other one is kept."""
        if not self._is_kept:
            super().shutdown()
