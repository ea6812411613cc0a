"""The one processor that `configure()` adds to a provider.

OpenTelemetry has no way to take a processor out again; this one's delegates can be swapped.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from otel_ops import faults
from otel_ops.forks import renew_in_children

if TYPE_CHECKING:
    from opentelemetry.context import Context

SWAP_SECONDS = 1.0
"""Longest time that a swap waits for threads that are still with the former delegates."""


class DelegatingProcessor(SpanProcessor):
    """Passes everything on to its delegates, and keeps their exceptions away from the program.

    Args:
        delegates: The processors, in order.
        before_shutdown: Called with this processor when its provider is shut down; it may take the delegates out.
        after_shutdown: Stands alone in their place afterwards.

    Attributes:
        closing: The delegate that is being shut down, or was last.
    """

    def __init__(
        self,
        *delegates: SpanProcessor,
        before_shutdown: Callable[[DelegatingProcessor], object] | None = None,
        after_shutdown: SpanProcessor | None = None,
    ) -> None:
        self.delegates = delegates
        self.closing: SpanProcessor | None = None
        self._before_shutdown = before_shutdown
        self._afterwards = () if after_shutdown is None else (after_shutdown,)
        self.renew()
        renew_in_children(self)

    def renew(self) -> None:
        """Forget what other threads were doing."""
        self._ending: set[tuple[int, int]] = set()

    def swap(self, *delegates: SpanProcessor) -> DelegatingProcessor:
        """Put other delegates in the place of these.

        Returns:
            A processor of the former ones, to be shut down; what ended before they went, they have been told.
        """
        former = DelegatingProcessor(*self.delegates)
        self.delegates = delegates
        ending, ends_at = self._ending_elsewhere(), time.monotonic() + SWAP_SECONDS
        while ending & self._ending and time.monotonic() < ends_at:
            time.sleep(0.001)
        return former

    def _ending_elsewhere(self) -> set[tuple[int, int]]:
        own = threading.get_ident()
        return {(thread, span) for thread, span in self._ending.copy() if thread != own}

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Tell the delegates that a span starts."""
        for delegate in self.delegates:
            try:
                delegate.on_start(span, parent_context)
            except Exception as error:  # noqa: BLE001 - a processor that raises would end the program's operation
                faults.swallow("processor.on_start", error)

    def on_end(self, span: ReadableSpan) -> None:
        """Tell the delegates that a span has ended."""
        ending = threading.get_ident(), id(span)
        self._ending.add(ending)
        try:
            self._tell_of_end(span)
        finally:
            self._ending.discard(ending)

    def _tell_of_end(self, span: ReadableSpan) -> None:
        for delegate in self.delegates:
            try:
                delegate.on_end(span)
            except Exception as error:  # noqa: BLE001 - it would replace the program's own exception
                faults.swallow("processor.on_end", error)

    def shutdown(self) -> None:
        """Shut the delegates down and let them go."""
        afterwards = self._afterwards if self.delegates else ()
        if self._before_shutdown is not None:
            self._before_shutdown(self)
        delegates, self.delegates = self.delegates, afterwards
        for self.closing in delegates:
            with faults.contained("processor.shutdown", f"what was held by {self.closing!r}"):
                self.closing.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Flush the delegates one after the other; tell whether all did within the time."""
        ends_at = time.monotonic() + timeout_millis / 1_000
        flushed = True
        for delegate in self.delegates:
            left = max(0, int((ends_at - time.monotonic()) * 1_000))
            done = False
            with faults.contained("processor.force_flush", f"what is held by {delegate!r}, for now"):
                done = delegate.force_flush(left)
            flushed = done and flushed
        return flushed
