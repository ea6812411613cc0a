"""What stands at a provider after everything was written at the end of the program."""

from __future__ import annotations

import threading

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

from otel_ops import faults


class LateSpans(SpanProcessor):
    """Tells once of a span that ends too late to be written, and counts the others."""

    def on_end(self, span: ReadableSpan) -> None:
        """Count a span; a daemon thread logs nothing, for it may be stopped in the midst of it."""
        if threading.current_thread() is not threading.main_thread():
            faults.count("span.after_exit")
        else:
            message = (
                f"{span.name!r} ended after everything was written at the end of the program, and is left out; "
                "import otel_ops before you register what runs at the end"
            )
            faults.warn("span.after_exit", message)
