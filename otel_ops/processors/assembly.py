"""Builds operation logs and gives each to the context that wants it; one configuration hands it on to the next."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from msgspec.structs import replace

from otel_ops import faults
from otel_ops.core.hooks import Collector
from otel_ops.log_builder import LogBuilder
from otel_ops.semconv import KIND, Kind
from otel_ops.span_record import SpanRecord

if TYPE_CHECKING:
    from opentelemetry.trace import SpanContext

    from otel_ops.log_tree import Tree

MAX_OPEN = 100_000
"""Most operations, open or queued, whose context waits for their log."""

_UNTOLD = (
    f"more than {MAX_OPEN:,} operations in contexts are open or wait for outputs: the oldest will be missing in their "
    "context's `operations`, not in outputs"
)


class LogAssembly:
    """A builder of logs, and the contexts that wait for them.

    Nothing of the program's is called while `lock` is held, so that whoever asks a context for its operations waits
    for no output or handler.
    """

    def __init__(self, builder: LogBuilder) -> None:
        self._builder = builder
        self.renew()

    def renew(self) -> None:
        """Leave to the process that this one was forked from what belongs to it."""
        self.lock = threading.RLock()
        self._builder.clear()
        self._contexts: OrderedDict[int, Collector] = OrderedDict()

    def go_on_with(self, builder: LogBuilder) -> None:
        """Put a builder with other limits in the place of this one, with all that this one holds."""
        with self.lock:
            builder.take_over(self._builder)
            self._builder = builder

    def opened(self, span_context: SpanContext, context: Collector) -> None:
        """Remember the context that wants the log of this operation."""
        self._contexts[span_context.span_id] = context
        if len(self._contexts) > MAX_OPEN:
            self._contexts.popitem(last=False)
            faults.warn("context.operation_untold", _UNTOLD)

    def take(self, record: SpanRecord) -> Tree | None:
        """Take a finished span; give the tree that it completes, once its context has it."""
        tree = self._builder.take(record if record.attributes.get(KIND) else self._with_kind(record))
        if tree is not None and self._contexts:
            context = self._contexts.pop(int(tree.spans[0].span_id, 16), None)
            if context is not None:
                context.collect(tree)
        return tree

    def _with_kind(self, record: SpanRecord) -> SpanRecord:
        """Stamp anew what a limit of the SDK has dropped: what a context waits for is an operation."""
        if int(record.span_id, 16) not in self._contexts:
            return record
        return replace(record, attributes={**record.attributes, KIND: Kind.OPERATION})

    @property
    def held(self) -> int:
        """How many spans wait for the end of their operation; long ones count as several."""
        return self._builder.held

    def expire(self) -> None:
        """Give up what was held for too long."""
        with self.lock:
            self._builder.expire()
