"""Gives each span that has ended what was logged in it, exceptions included."""

from __future__ import annotations

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

from otel_ops.core.emitted import EMITTED, KEEPING


class LogRecordsProcessor(SpanProcessor):
    """Leaves the log records that a span has kept to those that read it later; it stands before them."""

    def on_end(self, span: ReadableSpan) -> None:
        """Put them on the span."""
        latest = None if span.context is None else KEEPING.taken(span.context.span_id)
        if latest is not None:
            span.__dict__[EMITTED] = latest
