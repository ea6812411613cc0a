"""A batch processor that does not feed on itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry.instrumentation.utils import is_instrumentation_enabled
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor

if TYPE_CHECKING:
    from otel_ops.exporters.watched import WatchedSpanExporter


class QuietBatchSpanProcessor(BatchSpanProcessor):
    """Leaves out the spans that an exporter makes while it exports: each batch would bring forth the next one."""

    def __init__(self, exporter: WatchedSpanExporter) -> None:
        super().__init__(exporter)
        self._watched = exporter

    def __repr__(self) -> str:
        return repr(self._watched)

    def on_end(self, span: ReadableSpan) -> None:
        """Queue an ended span."""
        if is_instrumentation_enabled():
            super().on_end(span)
