"""From ended spans to outputs: one queue, one worker, one builder of operation logs."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider

from otel_ops import faults
from otel_ops.forks import renew_in_children
from otel_ops.hooks import Collector, FailureListener
from otel_ops.log_builder import LogBuilder
from otel_ops.processors.worker import Worker
from otel_ops.semconv import KIND, Kind
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

MAX_OPEN = MAX_PENDING
"""Most operations, open or queued, whose context waits for their log."""

_UNTOLD = (
    f"more than {MAX_OPEN:,} operations in contexts are open or wait for outputs: the oldest will be missing in their "
    "context's `operations`, not in outputs"
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

    `on_end` only appends to a queue; a worker does the rest, or whoever calls `flush`.
    """

    def __init__(self, provider: TracerProvider, builder: LogBuilder, flush_seconds: float) -> None:
        self._provider = provider
        self._builder = builder
        self.record_outputs: tuple[RecordOutput, ...] = ()
        self.log_outputs: tuple[LogOutput, ...] = ()
        self.listeners: tuple[LogListener, ...] = ()
        self._worker = Worker(self._work, flush_seconds, "otel_ops")
        self.renew()
        renew_in_children(self)

    def renew(self) -> None:
        """Leave to the process that this one was forked from what belongs to it."""
        self._builder.clear()
        self._pending: deque[ReadableSpan] = deque()
        self._drain_lock = threading.Lock()
        self._drainer: int | None = None
        self._contexts: OrderedDict[int, Collector] = OrderedDict()

    def opened(self, span_context: SpanContext, context: Collector) -> None:
        """Remember the context that wants the log of this operation."""
        self._contexts[span_context.span_id] = context
        if len(self._contexts) > MAX_OPEN:
            self._contexts.popitem(last=False)
            faults.warn("context.operation_untold", _UNTOLD)

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
        if threading.get_ident() == self._drainer:
            return
        self._worker.ensure()
        if len(self._pending) >= MAX_PENDING:
            faults.warn("span.dropped", _DROPPED)
            return
        self._pending.append(span)
        if len(self._pending) == WAKE_AT:
            self._worker.wake()

    def _work(self) -> None:
        self.flush()
        self._builder.expire()

    def flush(self) -> None:
        """Build and write everything that has ended; does nothing inside an output or handler.

        What other threads add meanwhile is for the next time, or this one might never end.
        """
        if threading.get_ident() != self._drainer:
            with suppress_instrumentation():
                for _ in range(0, len(self._pending) or 1, AT_ONCE):
                    self._drain()

    def _drain(self) -> None:
        with self._drain_lock:
            self._drainer = threading.get_ident()
            try:
                self._process(list(self._taken()))
            finally:
                self._drainer = None

    def _taken(self) -> Iterator[ReadableSpan]:
        for _ in range(min(len(self._pending), AT_ONCE)):
            yield self._pending.popleft()

    def _process(self, spans: Iterable[ReadableSpan]) -> None:
        """Write the spans before anything is done with their logs, lest a handler that exits costs them."""
        records = list(_readable(spans))
        self._write_records([record for record in records if record.flags & SAMPLED])
        for record in records:
            try:
                tree = self._builder.take(record if record.attributes.get(KIND) else self._with_kind(record))
                if tree is not None:
                    self._deliver(tree, exported=bool(record.flags & SAMPLED))
            except Exception as error:  # noqa: BLE001 - one log that fails costs no other
                faults.swallow("log", error)

    def _with_kind(self, record: SpanRecord) -> SpanRecord:
        """Stamp anew what a limit of the SDK has dropped: what a context waits for is an operation."""
        if int(record.span_id, 16) not in self._contexts:
            return record
        return replace(record, attributes={**record.attributes, KIND: Kind.OPERATION})

    def _write_records(self, records: Sequence[SpanRecord]) -> None:
        for output in self.record_outputs if records else ():
            with faults.guarded("output"):
                output.export_records(records)

    def _deliver(self, tree: Tree, exported: bool) -> None:
        """Give the tree to those who want its log; what nobody looks at is not built."""
        context = self._contexts.pop(int(tree.spans[0].span_id, 16), None) if self._contexts else None
        if context is not None:
            context.collect(tree)
        for output in self.log_outputs if exported and not tree.partial else ():
            with faults.guarded("output"):
                output.write(tree.log)
        for listener in self.listeners if tree.may_have_failed else ():
            with faults.guarded("error_handler"):
                listener.take(tree.log)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Do as `flush` does."""
        self.flush()
        return True

    def shutdown(self) -> None:
        """Write what is left, and close the outputs."""
        self.flush()
        outputs: tuple[RecordOutput | LogOutput, ...] = (*self.record_outputs, *self.log_outputs)
        for output in outputs:
            with faults.guarded("output"):
                output.shutdown()
        self._worker.stop()

    def finish(self, last: Callable[[], None], seconds: float) -> bool:
        """Call `last` on the worker, and give up waiting for it after `seconds`; tell whether it was done in time."""
        return self._worker.finish(last, seconds)


def _readable(spans: Iterable[ReadableSpan]) -> Iterator[SpanRecord]:
    for span in spans:
        try:
            yield record_of(span)
        except Exception as error:  # noqa: BLE001 - one span that is no proper one costs no other
            faults.swallow("span.read", error)
