"""From ended spans to outputs: one queue, one worker, one builder of operation logs."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.trace import StatusCode

from otel_ops import faults
from otel_ops.core.hooks import Collector
from otel_ops.core.recording import HANDLING
from otel_ops.forks import renew_in_children
from otel_ops.log_builder import LogBuilder
from otel_ops.processors.assembly import LogAssembly
from otel_ops.processors.delivery import Delivery, LogListener, LogOutput
from otel_ops.processors.limits import tell_of_dropped
from otel_ops.processors.measuring import Measuring
from otel_ops.processors.pending import MAX_PENDING, PATIENCE_SECONDS, Pending
from otel_ops.processors.worker import Worker
from otel_ops.semconv import KIND, Kind
from otel_ops.span_record import SAMPLED, SpanRecord, record_of

if TYPE_CHECKING:
    from opentelemetry.trace import SpanContext

_ERROR = StatusCode.ERROR

WAKE_AT = 2_048
"""So many ended spans wake the worker before its time."""

MAX_FAILED = 4_000
"""So many spans and logs may wait before whoever ends one that has failed, which is large, waits a moment."""

AT_ONCE = 512
"""So many spans are read and written at once, as one line of a trace file."""

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


class RecordOutput(Protocol):
    """Takes every sampled span, in batches."""

    def export_records(self, records: Sequence[SpanRecord]) -> None:
        """Write the spans."""

    def shutdown(self) -> None:
        """Close what is open."""


class LogPipeline(SpanProcessor):
    """Builds the operation logs that outputs, error handlers and `OperationContext.operations` share.

    `on_end` only appends to a queue; a worker does the rest, or whoever calls `flush`. Logs are built first; what is
    of the program's, such as an output, is called afterwards, while nobody else waits.
    """

    def __init__(self, provider: TracerProvider, builder: LogBuilder, flush_seconds: float) -> None:
        self._provider = provider
        self._builder = builder
        self._assembly = LogAssembly(builder)
        self._former: LogPipeline | None = None
        self._successor: LogPipeline | None = None
        self._is_closed = False
        self._has_seen = False
        self._ends_at = float("inf")
        self.are_handlers_done = True
        self.measuring = Measuring()
        self.record_outputs: tuple[RecordOutput, ...] = ()
        self.log_outputs: tuple[LogOutput, ...] = ()
        self.listeners: tuple[LogListener, ...] = ()
        self._flush_seconds = flush_seconds
        self._worker = Worker(self._work, flush_seconds, "otel_ops")
        self.renew()
        renew_in_children(self)

    def __repr__(self) -> str:
        spans = len(self._pending) + len(self._records)
        return f"the trace file and the outputs, with {spans} span(s) and {len(self._deliveries)} log(s) waiting"

    def queue_sizes(self) -> dict[str, int]:
        """Tell how many spans, records and logs wait, and how many records are held until their operation ends."""
        spans, records, logs = len(self._pending), len(self._records), len(self._deliveries)
        return {"spans": spans, "records": records, "logs": logs, "held": self._assembly.held}

    def renew(self) -> None:
        """Leave to the process that this one was forked from what belongs to it."""
        self._assembly.renew()
        self._pending = Pending(self._worker.wake)
        self._records: deque[SpanRecord] = deque()
        self.measuring.renew()
        self._deliveries: deque[Delivery] = deque()
        self._written_at = time.monotonic()
        self._write_lock = threading.Lock()
        self._drain_lock = threading.Lock()
        self._drainer: int | None = None
        self._drain_began_ns = 0

    def succeed(self, former: LogPipeline) -> None:
        """Go on with the logs that another one has begun: what ended before is in them."""
        former._successor, self._former = self, former
        self._assembly = former._assembly
        self._assembly.go_on_with(self._builder)

    def go_on_with(self, builder: LogBuilder) -> None:
        """Put a builder with other limits in the place of the one that there is."""
        self._builder = builder
        self._assembly.go_on_with(builder)

    def opened(self, span_context: SpanContext, context: Collector) -> None:
        """Remember the context that wants the log of this operation."""
        self._assembly.opened(span_context, context)

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
        self._assembly.expire()

    def build(self) -> None:
        """Build the trees of everything that has ended, and give them to their contexts.

        What other threads add meanwhile is for the next time, or this one might never end.
        """
        for _ in range(0, len(self._pending) or 1, AT_ONCE):
            with self._assembly.lock:
                self._build(self._taken())

    def _build(self, spans: Sequence[ReadableSpan]) -> None:
        if self._former is not None:
            self._former.build()  # what ended inside of these spans may have gone there
        for span in spans:
            try:
                self._add(record_of(span))
            except Exception as error:  # noqa: BLE001 - one span that is no proper one costs no other
                faults.swallow("span.read", error)

    def _add(self, record: SpanRecord) -> None:
        self._has_seen = True
        tell_of_dropped(record)
        self.measuring.keep(record)
        exported = bool(record.flags & SAMPLED)
        if exported:
            self._records.append(record)
        tree = self._assembly.take(record)
        if tree is not None:
            outputs = self.log_outputs if exported and not tree.partial else ()
            self._keep(Delivery(tree, outputs, self.listeners if tree.may_have_failed else ()))

    def _keep(self, delivery: Delivery) -> None:
        """Have it delivered later, if somebody wants it."""
        if delivery.outputs or delivery.listeners:
            if len(self._deliveries) < MAX_PENDING:
                self._deliveries.append(delivery)
            else:
                faults.warn("log.undelivered", _UNDELIVERED)

    def _taken(self) -> list[ReadableSpan]:
        waiting = max(len(self._records), len(self.measuring))
        return self._pending.take(min(AT_ONCE, MAX_PENDING - waiting))

    @property
    def has_seen(self) -> bool:
        """Whether logs were built of any span since it was put in."""
        return self._has_seen

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
                    self._write_spans()
                    self._deliver_logs()
                finally:
                    self._drainer = None

    def _write_spans(self) -> None:
        """Write all spans before anything is done with their logs: an output that is slow or hangs costs none.

        What other threads add meanwhile is for the next time, or this one might never end.
        """
        for _ in range(0, len(self._pending) or 1, AT_ONCE):
            with self._write_lock:
                self._write_some()
        self._written_at = time.monotonic()

    def _write_some(self) -> None:
        with self._assembly.lock:
            self._build(self._taken())
        self.measuring.do()
        records = [self._records.popleft() for _ in range(len(self._records))]
        for output in self.record_outputs if records else ():
            with faults.contained("output", f"{len(records)} span(s), the first of them {records[0].name!r}", output):
                output.export_records(records)

    def measure(self) -> None:
        """Measure everything that has ended; calls no output or handler, so that nothing holds it up."""
        self.build()
        self.measuring.do()

    def _deliver_logs(self) -> None:
        for _ in range(len(self._deliveries)):
            if self._deliveries:  # a fork inside of an output leaves them to the parent
                self._deliver_next(self._deliveries)
                if self._is_due():
                    self._write_spans()

    def _deliver_next(self, deliveries: deque[Delivery]) -> None:
        """Deliver one log, which counts as waiting until that is done."""
        try:
            deliveries[0].make()
        finally:
            deliveries.popleft()

    def _is_due(self) -> bool:
        """Tell whether spans that ended while logs are delivered are to be written before the next of these."""
        late = time.monotonic() - self._written_at >= self._flush_seconds
        return bool(self._pending) and not self._is_closed and (late or len(self._pending) >= AT_ONCE)

    def give_up(self) -> None:
        """Write the spans that wait behind an output or handler which hangs, and count what nobody will have."""
        ends_at, lock = time.monotonic() + LAST_SECONDS, self._write_lock
        if lock.acquire(timeout=LAST_SECONDS):
            try:
                self._write_until(ends_at)
            finally:
                lock.release()
        self._count_waiting()

    def _write_until(self, ends_at: float) -> None:
        while (self._pending or self._records) and time.monotonic() < ends_at:
            self._write_some()

    def _count_waiting(self) -> None:
        spans, logs = len(self._pending) + len(self._records), len(self._deliveries)
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
        if self._assembly.held and self.log_outputs and self._successor is None:
            message = "operations had not ended at the shutdown; left out: the logs of what ended inside of them"
            faults.warn("log.unfinished", message, self._assembly.held)
        outputs: tuple[RecordOutput | LogOutput, ...] = (*self.record_outputs, *self.log_outputs)
        for output in outputs:
            with faults.contained("output", "what it still held", output):
                output.shutdown()
        self._close_handlers()
        self._former = None
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
