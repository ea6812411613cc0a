"""Gives the values of the `OperationContext` to the spans of other libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry.sdk.trace import Span, SpanProcessor

from otel_ops.frame import current_frame
from otel_ops.semconv import KIND

if TYPE_CHECKING:
    from opentelemetry.context import Context


class ContextValuesProcessor(SpanProcessor):
    """Sets the context's session, user, file, series and metadata on spans that are not ours.

    Our own have them from their start.
    """

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Set the values of the nearest context."""
        attributes = span.attributes
        if attributes is not None and KIND in attributes:
            return
        frame = current_frame(parent_context)
        if frame is not None and frame.around is not None:
            span.set_attributes(frame.around.values)
