"""From ended spans to outputs: one queue, one worker, one builder of operation logs."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider

from otel_ops import faults
from otel_ops.core.hooks import Collector, FailureListener
from otel_ops.forks import renew_in_children
from otel_ops.log_builder import LogBuilder
from otel_ops.processors.assembly import LogAssembly
from otel_ops.processors.worker import Worker
from otel_ops.span_record import SAMPLED, SpanRecord, record_of

if TYPE_CHECKING:
    from opentelemetry.trace import SpanContext

    from otel_ops.log_tree import Tree
    from otel_ops.operation_log import OperationLog

WAKE_AT = 2_048
"""So many ended spans wake the worker before its time."""

MAX_PENDING = 100_000
"""Most ended spans that wait for the worker; further ones are dropped and counted."""

AT_ONCE = 512
"""So many spans are read and written at once, as one line of a trace file."""

_DROPPED = (
    f"spans end faster than outputs and error handlers take them: more than {MAX_PENDING:,} wait, and further ones are "
    "left out of all outputs; make outputs faster, or record less with a lower detail"
)


class RecordOutput(Protocol):
    """Takes every sampled span, in batches."""

    def export_records(self, records: Sequence[SpanRecord]) -> None:
        """Write the spans."""

    def shutdown(self) -> None:
        """Close what is open."""


class LogOutput(Protocol):
    """Takes the log of every sampled operation."""

    def write(self, operation_log: OperationLog) -> None:
        """Write the log."""

    def shutdown(self) -> None:
        """Close what is open."""


class LogListener(FailureListener, Protocol):
    """Takes the log of every operation that may have failed, sampled or not: an error handler."""

    def take(self, operation_log: OperationLog) -> None:
        """Look at the log."""


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
        self.record_outputs: tuple[RecordOutput, ...] = ()
        self.log_outputs: tuple[LogOutput, ...] = ()
        self.listeners: tuple[LogListener, ...] = ()
        self._worker = Worker(self._work, flush_seconds, "otel_ops")
        self.renew()
        renew_in_children(self)

    def __repr__(self) -> str:
        return f"the trace file and the outputs, with {len(self._pending)} span(s) waiting"

    def renew(self) -> None:
        """Leave to the process that this one was forked from what belongs to it."""
        self._assembly.renew()
        self._pending: deque[ReadableSpan] = deque()
        self._records: deque[SpanRecord] = deque()
        self._trees: deque[tuple[Tree, bool]] = deque()
        self._drain_lock = threading.Lock()
        self._drainer: int | None = None
        self._drain_began_ns = 0

    def succeed(self, former: LogPipeline) -> None:
        """Go on with the logs that another one has begun: what ended before is in them."""
        former._successor, self._former = self, former
        self._assembly = former._assembly
        self._assembly.go_on_with(self._builder)

    def opened(self, span_context: SpanContext, context: Collector) -> None:
        """Remember the context that wants the log of this operation."""
        self._assembly.opened(span_context, context)

    def admit(self, listener: LogListener, span: ReadableSpan) -> bool:
        """Let a listener take part, if the span is of the provider that this pipeline belongs to."""
        if span.resource is not self._provider.resource:
            return False
        if not any(other is listener for other in self.listeners):
            self.listeners = (*self.listeners, listener)
        return True

    def start(self) -> None:
        """Start the worker now, lest the first operation that ends pays for it."""
        self._worker.ensure()

    def on_end(self, span: ReadableSpan) -> None:
        """Queue an ended span; those of our own outputs and handlers are left out."""
        if threading.get_ident() == self._drainer and (span.start_time or 0) >= self._drain_began_ns:
            return
        self._worker.ensure()
        if len(self._pending) >= MAX_PENDING:
            faults.warn("span.dropped", _DROPPED)
            return
        self._pending.append(span)
        if len(self._pending) == WAKE_AT:
            self._worker.wake()
        if self._is_closed:
            self._hand_on()

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
                self._build(list(self._taken()))

    def _build(self, spans: Sequence[ReadableSpan]) -> None:
        if self._former is not None:
            self._former.build()  # what ended inside of these spans may have gone there
        for span in spans:
            try:
                self._add(record_of(span))
            except Exception as error:  # noqa: BLE001 - one span that is no proper one costs no other
                faults.swallow("span.read", error)

    def _add(self, record: SpanRecord) -> None:
        exported = bool(record.flags & SAMPLED)
        if exported:
            self._records.append(record)
        tree = self._assembly.take(record)
        if tree is not None:
            self._trees.append((tree, exported))

    def _taken(self) -> Iterator[ReadableSpan]:
        room = MAX_PENDING - max(len(self._records), len(self._trees))
        for _ in range(min(len(self._pending), AT_ONCE, room)):
            yield self._pending.popleft()

    @property
    def is_inside(self) -> bool:
        """Whether this thread is in an output or handler that the pipeline has called."""
        return threading.get_ident() == self._drainer

    def flush(self) -> None:
        """Build and write everything that has ended; does nothing inside an output or handler."""
        if not self.is_inside:
            with suppress_instrumentation():
                for _ in range(0, len(self._pending) or 1, AT_ONCE):
                    self._drain()

    def _drain(self) -> None:
        with self._drain_lock:
            self._drain_began_ns = time.time_ns()
            self._drainer = threading.get_ident()
            try:
                with self._assembly.lock:
                    self._build(list(self._taken()))
                self._write_records()
                self._deliver_trees()
            finally:
                self._drainer = None

    def _write_records(self) -> None:
        """Write the spans before anything is done with their logs, lest a handler that hangs costs them."""
        records = [self._records.popleft() for _ in range(len(self._records))]
        for output in self.record_outputs if records else ():
            with faults.contained("output", f"{len(records)} span(s), the first of them {records[0].name!r}"):
                output.export_records(records)

    def _deliver_trees(self) -> None:
        for _ in range(len(self._trees)):
            self._deliver(*self._trees.popleft())

    def _deliver(self, tree: Tree, exported: bool) -> None:
        """Give the tree to those who want its log; what nobody looks at is not built."""
        name = tree.spans[0].name
        for output in self.log_outputs if exported and not tree.partial else ():
            with faults.contained("output", f"the log of operation {name!r}"):
                output.write(tree.log)
        for listener in self.listeners if tree.may_have_failed else ():
            with faults.contained("error_handler", f"failures of operation {name!r}"):
                listener.take(tree.log)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Have the worker do as `flush` does; tell whether it was done in time."""
        return self._worker.call(self.flush, timeout_millis / 1_000)

    def shutdown(self) -> None:
        """Write what is left, and close the outputs."""
        self._is_closed = True
        self.flush()
        if self._assembly.held and self.log_outputs and self._successor is None:
            message = "operations had not ended at the shutdown; left out: the logs of what ended inside of them"
            faults.warn("log.unfinished", message, self._assembly.held)
        outputs: tuple[RecordOutput | LogOutput, ...] = (*self.record_outputs, *self.log_outputs)
        for output in outputs:
            with faults.contained("output"):
                output.shutdown()
        self._former = None
        self._worker.stop()

    def finish(self, last: Callable[[], None], seconds: float) -> bool:
        """Call `last` on the worker, and give up waiting for it after `seconds`; tell whether it was done in time.

        Inside an output or handler nobody waits: it is done when that has returned.
        """
        if self.is_inside:
            self._worker.ensure()
        return self._worker.finish(last, 0 if self.is_inside else seconds)

    def join(self, seconds: float) -> bool:
        """Wait for the worker to end; tell whether it has."""
        return self._worker.join(seconds)
