"""Gives the values of the `OperationContext` to the spans of other libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry.sdk.trace import Span, SpanProcessor

from otel_ops.core.frame import current_frame
from otel_ops.semconv import KIND

if TYPE_CHECKING:
    from opentelemetry.context import Context


class ContextValuesProcessor(SpanProcessor):
    """Sets the context's session, user, file, series and metadata on spans that are not ours, unless they have them.

    Our own have them from their start.
    """

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Set the values of the nearest context."""
        attributes = span.attributes or {}
        frame = current_frame(parent_context)
        if KIND not in attributes and frame is not None and frame.around is not None:
            values = frame.around.values
            span.set_attributes({key: value for key, value in values.items() if key not in attributes})
