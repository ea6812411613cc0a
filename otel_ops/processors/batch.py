"""Batch processors of the SDK that do not feed on themselves, and count what they drop."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from opentelemetry.instrumentation.utils import is_instrumentation_enabled
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from otel_ops import faults
from otel_ops.forks import renew_in_children

if TYPE_CHECKING:
    from collections.abc import Sized

    from otel_ops.exporters.watched import Watched, WatchedSpanExporter


class Counted:
    """The end of a batch processor of the SDK, which it stands before, with a count of what never left."""

    _passage: Passage

    def shutdown(self) -> None:
        """Send what waits, and take nothing more."""
        super().shutdown()  # type: ignore[misc]
        self._passage.close()

    def give_up(self) -> None:
        """Count what waits, for which there is no time any more."""
        self._passage.close()


class QuietBatchSpanProcessor(Counted, BatchSpanProcessor):
    """Leaves out the spans that an exporter makes while it exports: each batch would bring forth the next one."""

    def __init__(self, exporter: WatchedSpanExporter) -> None:
        super().__init__(exporter)
        self._watched = exporter
        self._passage = Passage(self, exporter, "spans", "OTEL_BSP_MAX_QUEUE_SIZE")

    def __repr__(self) -> str:
        return repr(self._watched)

    def on_end(self, span: ReadableSpan) -> None:
        """Queue an ended span."""
        if span.context and span.context.trace_flags.sampled and is_instrumentation_enabled():
            super().on_end(span)
            self._passage.enter()


class Passage:
    """Counts what goes through the queue of a batch processor: what came, and neither went nor waits, was dropped.

    The SDK drops the oldest where a queue is full, and only logs that it does.

    Args:
        processor: A batch processor of the SDK.
        exporter: What it hands its batches to.
        what: What is queued.
        variable: What makes its queue longer.
    """

    def __init__(self, processor: Any, exporter: Watched, what: str, variable: str) -> None:
        self._name, self._what, self._variable = exporter.name, what, variable
        self._queue: Sized = processor._batch_processor._queue
        self.renew()
        renew_in_children(self)
        exporter.handed_over = self.leave

    def renew(self) -> None:
        """Begin anew: the SDK empties the queue of a forked child."""
        self._lock = threading.Lock()
        self._came = self._went = self._dropped = 0
        self._is_closed = False

    def enter(self) -> None:
        """Count one that was queued."""
        with self._lock:
            self._came += 1

    def leave(self, number: int) -> None:
        """Count a batch that was taken out of the queue."""
        with self._lock:
            self._went += number
        self._count_dropped()

    def close(self) -> None:
        """Count what never left, and what still waits: it never will."""
        self._count_dropped()
        self._count_unsent()

    def _count_unsent(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        if unsent := len(self._queue):
            message = f"{self._name} was not given the time to send {unsent} {self._what}; they are left out"
            faults.warn("exporter.unsent", message, unsent, about=self._name)

    def _count_dropped(self) -> None:
        came = self._came
        dropped = came - self._went - len(self._queue)
        if dropped > self._dropped:
            full = f"the queue of {self._name} is full; left out: the oldest {self._what} in it"
            message = f"{full}. Raise {self._variable}, or send less"
            faults.warn("exporter.dropped", message, dropped - self._dropped, about=(self._name, self._what))
            self._dropped = dropped
