"""From ended spans to outputs: one queue, one worker, one builder of operation logs."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.trace import StatusCode

from otel_ops import faults
from otel_ops.core.hooks import Collector
from otel_ops.core.recording import HANDLING
from otel_ops.forks import renew_in_children
from otel_ops.log_builder import LogBuilder
from otel_ops.processors.building import Building
from otel_ops.processors.delivery import Delivery, LogListener, LogOutput
from otel_ops.processors.measuring import Measuring
from otel_ops.processors.pending import MAX_PENDING, PATIENCE_SECONDS
from otel_ops.processors.worker import Worker
from otel_ops.processors.writing import RecordOutput, Writing
from otel_ops.semconv import KIND, Kind

if TYPE_CHECKING:
    from opentelemetry.trace import SpanContext

    from otel_ops.log_tree import Tree

_ERROR = StatusCode.ERROR

WAKE_AT = 2_048
"""So many ended spans wake the worker before its time."""

MAX_FAILED = 4_000
"""So many spans and logs may wait before whoever ends one that has failed, which is large, waits a moment."""

HANDLERS_SHARE = 0.9
"""Part of the time at the end that error handlers may take; the rest is to tell of those that were not done."""

LAST_SECONDS = 1.0
"""Longest time that whoever gives up an output writes the spans that wait behind it."""

_DROPPED = (
    f"an output or error handler has taken nothing for {PATIENCE_SECONDS:g} s: more than {MAX_PENDING:,} spans wait, "
    "and further ones are left out of all outputs; make outputs faster, or record less with a lower detail"
)
_UNDELIVERED = (
    f"operations end faster than outputs and error handlers take them: more than {MAX_PENDING:,} logs wait, and "
    "further ones are left out there, not in trace files; make outputs faster, or record less with a lower detail"
)


class LogPipeline(SpanProcessor):
    """Builds the operation logs that outputs, error handlers and `OperationContext.operations` share.

    `on_end` only appends to a queue; a worker does the rest, or whoever calls `flush`. Logs are built first; what is
    of the program's, such as an output, is called afterwards, while nobody else waits.
    """

    def __init__(self, provider: TracerProvider, builder: LogBuilder, flush_seconds: float) -> None:
        self._provider = provider
        self._builder = builder
        self._successor: LogPipeline | None = None
        self._is_closed = False
        self._ends_at = float("inf")
        self.are_handlers_done = True
        self.log_outputs: tuple[LogOutput, ...] = ()
        self.listeners: tuple[LogListener, ...] = ()
        self._worker = Worker(self._work, flush_seconds, "otel_ops")
        self._building = Building(builder, self._worker.wake, self._keep)
        self._writing = Writing(self._building, flush_seconds)
        self.renew()
        renew_in_children(self)

    def __repr__(self) -> str:
        spans, logs = len(self._building), len(self._deliveries)
        return f"the trace file and the outputs, with {spans} span(s) and {logs} log(s) waiting"

    def queue_sizes(self) -> dict[str, int]:
        """Tell how many spans, records and logs wait, and how many records are held until their operation ends."""
        return {**self._building.sizes(), "logs": len(self._deliveries)}

    def renew(self) -> None:
        """Leave to the process that this one was forked from what belongs to it."""
        self._building.renew()
        self._pending = self._building.pending
        self._deliveries: deque[Delivery] = deque()
        self._writing.renew()
        self._drain_lock = threading.Lock()
        self._drainer: int | None = None
        self._drain_began_ns = 0

    def succeed(self, former: LogPipeline) -> None:
        """Go on with the logs that another one has begun: what ended before is in them."""
        former._successor = self
        self._building.succeed(former._building, self._builder)

    def go_on_with(self, builder: LogBuilder) -> None:
        """Put a builder with other limits in the place of the one that there is."""
        self._building.assembly.go_on_with(builder)

    def opened(self, span_context: SpanContext, context: Collector) -> None:
        """Remember the context that wants the log of this operation."""
        self._building.assembly.opened(span_context, context)

    def admit(self, listener: LogListener, span: ReadableSpan | None = None) -> bool:
        """Let a listener take part; where there is a span, if it is of the provider that this pipeline belongs to."""
        if span is not None and span.resource is not self._provider.resource:
            return False
        if not any(other is listener for other in self.listeners):
            self.listeners = (*self.listeners, listener)
        return True

    def start(self) -> None:
        """Start the threads now, lest the first operation that ends pays for it."""
        self._worker.ensure()
        for listener in self.listeners:
            listener.start()

    @property
    def _is_synchronous(self) -> bool:
        """Whether an error handler is to be called before the code of the operation that failed goes on."""
        for listener in self.listeners:  # noqa: SIM110 - at half of the cost of `any`
            if listener.synchronous:
                return True
        return False

    def on_end(self, span: ReadableSpan) -> None:
        """Queue an ended span; those of our own outputs and handlers are left out."""
        if self.is_inside and (span.start_time or 0) >= self._drain_began_ns:
            return
        self._worker.ensure()
        has_failed = bool(self.listeners) and span.status.status_code is _ERROR
        if has_failed and len(self._pending) + len(self._deliveries) >= MAX_FAILED and not self.is_inside:
            self._pending.wait_a_moment()
        if len(self._pending) >= MAX_PENDING and (self.is_inside or not self._pending.wait_for_room()):
            faults.warn("span.dropped", _DROPPED)
            return
        self._pending.append(span)
        if len(self._pending) == WAKE_AT:
            self._worker.wake()
        if self._is_closed:
            self._hand_on()
        if has_failed and self._is_synchronous and (span.attributes or {}).get(KIND) == Kind.OPERATION:
            self.flush()

    def _hand_on(self) -> None:
        """Give what came too late, for a signal handler reconfigured in between, to the one that follows."""
        with suppress(IndexError):  # the worker may take it meanwhile
            while self._successor is not None:
                self._successor.on_end(self._pending.popleft())

    def _work(self) -> None:
        self.flush()
        self._building.assembly.expire()

    def build(self) -> None:
        """Build the trees of everything that has ended, and give them to their contexts."""
        self._building.build()

    def _keep(self, tree: Tree, is_sampled: bool) -> None:
        """Have a tree delivered later, if somebody wants it."""
        outputs = self.log_outputs if is_sampled and not tree.partial else ()
        listeners = self.listeners if tree.may_have_failed else ()
        if outputs or listeners:
            if len(self._deliveries) < MAX_PENDING:
                self._deliveries.append(Delivery(tree, outputs, listeners))
            else:
                faults.warn("log.undelivered", _UNDELIVERED)

    @property
    def record_outputs(self) -> tuple[RecordOutput, ...]:
        """Who takes every sampled span."""
        return self._writing.outputs

    @record_outputs.setter
    def record_outputs(self, outputs: tuple[RecordOutput, ...]) -> None:
        self._writing.outputs = outputs

    @property
    def measuring(self) -> Measuring:
        """What waits to be measured, and who measures."""
        return self._building.measuring

    @property
    def has_seen(self) -> bool:
        """Whether logs were built of any span since it was put in."""
        return self._building.has_seen

    @property
    def is_inside(self) -> bool:
        """Whether this thread is in an output that the pipeline has called, or in an error handler."""
        thread = threading.get_ident()
        return thread == self._drainer or thread in HANDLING

    def flush(self) -> None:
        """Build and write everything that has ended; does nothing inside an output or handler."""
        if not self.is_inside:
            with suppress_instrumentation(), self._drain_lock:
                self._drain_began_ns = time.time_ns()
                self._drainer = threading.get_ident()
                try:
                    self._writing.write()  # before logs: an output of these that is slow or hangs costs no span
                    self._deliver_logs()
                finally:
                    self._drainer = None

    def measure(self) -> None:
        """Measure everything that has ended; calls no output or handler, so that nothing holds it up."""
        self.build()
        self.measuring.do()

    def _deliver_logs(self) -> None:
        for _ in range(len(self._deliveries)):
            if self._deliveries:  # a fork inside of an output leaves them to the parent
                self._deliver_next(self._deliveries)
                if self._writing.is_due and not self._is_closed:
                    self._writing.write()

    def _deliver_next(self, deliveries: deque[Delivery]) -> None:
        """Deliver one log, which counts as waiting until that is done."""
        try:
            deliveries[0].make()
        finally:
            deliveries.popleft()

    def give_up(self) -> None:
        """Write the spans that wait behind an output or handler which hangs, and count what nobody will have."""
        self._writing.write_for(LAST_SECONDS)
        self._count_waiting()

    def _count_waiting(self) -> None:
        spans, logs = len(self._building), len(self._deliveries)
        if spans:
            faults.count("span.unwritten", spans)
        if logs:
            faults.count("log.undelivered", logs)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Have the worker do as `flush` does, and handlers called; tell whether it was done in time.

        Inside of an output or a synchronous handler, which the worker would wait for, nothing is done.
        """
        if threading.get_ident() == self._drainer:
            return False
        ends_at = time.monotonic() + timeout_millis / 1_000
        done = [self._worker.call(self.flush, timeout_millis / 1_000)]
        done += [listener.flush(max(0.0, ends_at - time.monotonic())) for listener in self.listeners]
        return all(done)

    def shutdown(self) -> None:
        """Write what is left, and close the outputs."""
        self._is_closed = True
        self.flush()
        if self._building.assembly.held and self.log_outputs and self._successor is None:
            message = "operations had not ended at the shutdown; left out: the logs of what ended inside of them"
            faults.warn("log.unfinished", message, self._building.assembly.held)
        outputs: tuple[RecordOutput | LogOutput, ...] = (*self.record_outputs, *self.log_outputs)
        for output in outputs:
            with faults.contained("output", "what it still held", output):
                output.shutdown()
        self._close_handlers()
        self._building.forget_former()
        self._worker.stop()

    def _close_handlers(self) -> None:
        """Have handlers called for all that was found; those that the successor has, too, go on."""
        kept = () if self._successor is None else self._successor.listeners
        leaving = [listener for listener in self.listeners if listener not in kept]
        for listener in leaving:
            listener.close()
        done = [listener.wait_for_end(max(0.0, self._ends_at - time.monotonic())) for listener in leaving]
        self.are_handlers_done = all(done)

    def finish(self, last: Callable[[], None], seconds: float) -> bool:
        """Call `last` on the worker, and give up waiting for it after `seconds`; tell whether it was done in time.

        Inside an output or handler nobody waits: it is done when that has returned.
        """
        self._ends_at = time.monotonic() + HANDLERS_SHARE * seconds
        if self.is_inside:
            self._worker.ensure()
        return self._worker.finish(last, 0 if self.is_inside else seconds)

    def join(self, seconds: float) -> bool:
        """Wait for the worker to end, unless inside an output or handler; tell whether it has."""
        return self._worker.join(0 if self.is_inside else seconds)
