"""What stands at a provider when nobody writes its spans any more."""

from __future__ import annotations

import threading

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

from otel_ops import faults


class LateSpans(SpanProcessor):
    """Tells once of a span that ends too late to be written, and counts the others.

    Args:
        reason: What they are counted as.
        told: Why they are too late, and the remedy.
    """

    def __init__(self, reason: str, told: str) -> None:
        self._reason = reason
        self._told = told

    def on_end(self, span: ReadableSpan) -> None:
        """Count a span; a daemon thread logs nothing, for it may be stopped in the midst of it."""
        if threading.current_thread().daemon:
            faults.count(self._reason)
        else:
            faults.warn(self._reason, f"{span.name!r} {self._told}")


AFTER_EXIT = LateSpans(
    "span.after_exit",
    "ended after everything was written at the end of the program, and is left out; import otel_ops before you "
    "register what runs at the end",
)
"""For the end of the program."""

AFTER_SHUTDOWN = LateSpans(
    "span.after_shutdown",
    "ended after the tracer provider was shut down, and is left out, as are all that follow; shut it down last, or "
    "call configure again",
)
"""For a provider that the program has shut down."""
