"""Gives the values of the `OperationContext`, and the thread, to the spans of other libraries."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from opentelemetry.sdk.trace import Span, SpanProcessor
from opentelemetry.trace import get_current_span

from otel_ops.attributes import clean_text
from otel_ops.core.frame import PROCESS, Frame, current_frame, values_around
from otel_ops.semconv import KIND, THREAD_ID, THREAD_NAME

if TYPE_CHECKING:
    from opentelemetry.context import Context


class ContextValuesProcessor(SpanProcessor):
    """Sets the context's session, user, file, series and metadata on spans that are not ours, unless they have them.

    So it does with the thread, where that is another one than that of what is around. Our own have all of it from their
    start.
    """

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Set the values of the nearest context, and the thread."""
        attributes = span.attributes or {}
        if KIND in attributes:
            return
        frame = current_frame(parent_context)
        told = {**values_around(frame), **_thread(frame, parent_context)}
        if told:
            span.set_attributes({key: value for key, value in told.items() if key not in attributes})


def _thread(frame: Frame | None, parent_context: Context | None) -> dict[str, str | int]:
    thread = threading.get_ident()
    if thread == (PROCESS.main_thread if frame is None else frame.thread):
        return {}
    around = getattr(get_current_span(parent_context), "attributes", None) or {}
    if around.get(THREAD_ID) == thread:
        return {}
    return {THREAD_ID: thread, THREAD_NAME: clean_text(threading.current_thread().name)}
