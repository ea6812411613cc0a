"""From ended spans to records, which are written and measured, and to the trees of operations."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from opentelemetry.sdk.trace import ReadableSpan

from otel_ops import faults
from otel_ops.log_builder import LogBuilder
from otel_ops.log_tree import Tree
from otel_ops.processors.assembly import LogAssembly
from otel_ops.processors.limits import tell_of_dropped
from otel_ops.processors.measuring import Measuring
from otel_ops.processors.pending import MAX_PENDING, Pending
from otel_ops.span_record import SAMPLED, SpanRecord, record_of

AT_ONCE = 512
"""So many spans are read and written at once, as one line of a trace file."""


class Building:
    """Reads ended spans and builds trees of them. Nothing of the program's is called, so nothing holds it up.

    Args:
        builder: Builds the trees.
        wake: Has the worker take some spans.
        keep: Takes each tree that is complete, and whether its operation was sampled.

    Attributes:
        pending: Spans that have ended and were not read yet.
        assembly: The trees that have begun.
        measuring: What was read and is to be measured.
        has_seen: Whether any span was read.
    """

    def __init__(self, builder: LogBuilder, wake: Callable[[], None], keep: Callable[[Tree, bool], None]) -> None:
        self._wake = wake
        self._keep = keep
        self._former: Building | None = None
        self.has_seen = False
        self.assembly = LogAssembly(builder)
        self.measuring = Measuring()
        self.renew()

    def renew(self) -> None:
        """Leave to the process that this one was forked from what belongs to it."""
        self.assembly.renew()
        self.measuring.renew()
        self.pending = Pending(self._wake)
        self._records: deque[SpanRecord] = deque()

    def __len__(self) -> int:
        return len(self.pending) + len(self._records)

    def sizes(self) -> dict[str, int]:
        """Tell how many spans and records wait, and how many records are held until their operation ends."""
        return {"spans": len(self.pending), "records": len(self._records), "held": self.assembly.held}

    def succeed(self, former: Building, builder: LogBuilder) -> None:
        """Go on, with a builder of one's own, with the trees that another one has begun."""
        self._former = former
        self.assembly = former.assembly
        self.assembly.go_on_with(builder)

    def forget_former(self) -> None:
        """Be no longer asked to have the former one's spans read first."""
        self._former = None

    def build(self) -> None:
        """Build the trees of everything that has ended.

        What other threads add meanwhile is for the next time, or this one might never end.
        """
        for _ in range(0, len(self.pending) or 1, AT_ONCE):
            self.build_some()

    def build_some(self) -> None:
        """Build the trees of the spans that have waited longest."""
        with self.assembly.lock:
            self._build(self._taken())

    def take_records(self) -> list[SpanRecord]:
        """Take out all records of sampled spans, to be written."""
        return [self._records.popleft() for _ in range(len(self._records))]

    def _taken(self) -> list[ReadableSpan]:
        waiting = max(len(self._records), len(self.measuring))
        return self.pending.take(min(AT_ONCE, MAX_PENDING - waiting))

    def _build(self, spans: Sequence[ReadableSpan]) -> None:
        if self._former is not None:
            self._former.build()  # what ended inside of these spans may have gone there
        for span in spans:
            try:
                self._add(record_of(span))
            except Exception as error:  # noqa: BLE001 - one span that is no proper one costs no other
                faults.swallow("span.read", error)

    def _add(self, record: SpanRecord) -> None:
        self.has_seen = True
        tell_of_dropped(record)
        self.measuring.keep(record)
        is_sampled = bool(record.flags & SAMPLED)
        if is_sampled:
            self._records.append(record)
        tree = self.assembly.take(record)
        if tree is not None:
            self._keep(tree, is_sampled)
