"""From spans to operation logs: the one builder behind formatters, error handlers and `OperationContext.operations`."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

from otel_ops import faults
from otel_ops.detail import Detail
from otel_ops.latest import Latest
from otel_ops.log_tree import Children, Tree, is_local_root, is_partial, kind_of
from otel_ops.operation_log import FOREIGN, OperationLog, by_start
from otel_ops.semconv import Kind
from otel_ops.span_record import SpanRecord

Unit = Literal["operation", "trace"]

MAX_REMEMBERED = 100_000
"""Most spans of finished logs that are remembered, to know what ends after its operation."""

_LONG_TEXT = 4_096
_GIVEN_UP = (
    "operations that stay open have more suboperations than may be held: the oldest are left out of the operations' "
    "logs, not of the trace file; raise max_held_spans or max_held_seconds"
)


def logs_of(
    records: Iterable[SpanRecord], *, unit: Unit = "trace", foreign_detail: Detail = Detail.DETAILED
) -> list[OperationLog]:
    """Build the logs of spans that are all there, such as those of a file.

    Args:
        records: The spans, in any order.
        unit: ``"trace"`` gives whole trees with their contexts; ``"operation"`` what a running program prints.
        foreign_detail: Level of spans that are not ours.

    Returns:
        For ``"trace"`` a log for each root, by start; for ``"operation"`` one for each operation, by end.
    """
    if unit == "operation":
        builder = LogBuilder(foreign_detail=foreign_detail)
        return [log for record in _by_end(records) for log in builder.add(record)]
    logs = [log for trace in _by_trace(records) for log in _whole_trees(trace, foreign_detail)]
    return list(by_start(logs))


def _by_end(records: Iterable[SpanRecord]) -> list[SpanRecord]:
    """Sort by the end; where clocks are too coarse to tell, what completes a log comes last."""
    return sorted(records, key=_by_end_and_rank)


def _by_end_and_rank(record: SpanRecord) -> tuple[int, int, bool, bool]:
    return record.end_ns, -record.start_ns, is_local_root(record), kind_of(record) == Kind.OPERATION


def _by_trace(records: Iterable[SpanRecord]) -> Iterable[dict[str, SpanRecord]]:
    """Group by trace; of a span that was delivered twice, the longest stays."""
    traces: dict[str, dict[str, SpanRecord]] = {}
    for record in records:
        trace = traces.setdefault(record.trace_id, {})
        twin = trace.get(record.span_id)
        trace[record.span_id] = record if twin is None else longest(record, twin)
    return traces.values()


def longest(record: SpanRecord, twin: SpanRecord) -> SpanRecord:
    """Give which one stays of a span that was delivered twice, the same in whatever order they come."""
    if record.duration_ns != twin.duration_ns:
        return max(record, twin, key=lambda each: each.duration_ns)
    return record if record == twin else max(record, twin, key=repr)


def _whole_trees(trace: dict[str, SpanRecord], foreign_detail: Detail) -> Iterator[OperationLog]:
    children: Children = {}
    for record in trace.values():
        if record.parent_id in trace:
            children.setdefault(record.parent_id, []).append(record)
    for record in trace.values():
        if record.parent_id not in trace:
            yield Tree(record, children, foreign_detail).log
    for record in trace.values():
        if record.parent_id in children:
            yield Tree(_first_of_circle(record, trace), children, foreign_detail).log


def _first_of_circle(record: SpanRecord, trace: dict[str, SpanRecord]) -> SpanRecord:
    """Go up to the circle that the span hangs on; give the one of it that started first."""
    passed: dict[str, SpanRecord] = {}
    while record.span_id not in passed:
        passed[record.span_id] = record
        record = trace[record.parent_id]
    way = list(passed)
    return min((passed[span_id] for span_id in way[way.index(record.span_id) :]), key=_start)


def _start(record: SpanRecord) -> tuple[int, str]:
    return record.start_ns, record.span_id


class LogBuilder:
    """Holds finished spans until their operation has finished, and gives its log then.

    What is held is bounded in number, text and age; what is given up is counted in the log and in `diagnostics`.

    Args:
        max_spans: Most spans held; a span with long texts counts as several.
        max_seconds: Longest time that the spans of a trace are held after its latest one.
        foreign_detail: Level of spans that are not ours.
        clock: Gives seconds that never run backwards.
    """

    def __init__(
        self,
        *,
        max_spans: int = 100_000,
        max_seconds: float = 3_600,
        foreign_detail: Detail = Detail.DETAILED,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_spans = max_spans
        self._max_seconds = max_seconds
        self._foreign_detail = foreign_detail
        self._clock = clock
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._traces: OrderedDict[str, _Trace] = OrderedDict()
        self._held = 0
        self._lost: OrderedDict[str, int] = OrderedDict()
        self._operation_of: Latest[tuple[str, str]] = Latest(MAX_REMEMBERED)
        self._with_operations: Latest[str] = Latest(MAX_REMEMBERED)

    def take_over(self, other: LogBuilder) -> None:
        """Go on with what another one holds and remembers; it is not to be used any more."""
        self._traces, self._held, self._lost = other._traces, other._held, other._lost
        self._operation_of, self._with_operations = other._operation_of, other._with_operations

    @property
    def held(self) -> int:
        """How much is held, in spans."""
        return self._held

    def add(self, record: SpanRecord) -> list[OperationLog]:
        """Take a finished span; give the log that it completes, if it does."""
        tree = self.take(record)
        return [] if tree is None else [tree.log]

    def take(self, record: SpanRecord) -> Tree | None:
        """Take a finished span; give the tree that it completes, if it does, of which the log can be built."""
        kind = kind_of(record)
        if kind != FOREIGN:
            self._with_operations.add(record.trace_id, record.trace_id)
        late_of = "" if kind == Kind.OPERATION else self._operation_of.get((record.trace_id, record.parent_id))
        if late_of or self._completes(record, kind):
            return self._finish(record, kind, late_of)
        if is_local_root(record):
            self._release(record)
        else:
            self._hold(record)
        return None

    def _completes(self, record: SpanRecord, kind: str) -> bool:
        if kind == FOREIGN:
            return is_local_root(record) and not self._with_operations.get(record.trace_id)
        return kind == Kind.OPERATION or is_partial(record, kind)

    def _finish(self, record: SpanRecord, kind: str, late_of: str) -> Tree:
        tree = self._release(record, partial=is_partial(record, kind), late_of=late_of)
        for part in tree.spans:
            self._operation_of.add((part.trace_id, part.span_id), late_of or record.span_id)
        return tree

    def _release(self, root: SpanRecord, **about_root: Any) -> Tree:
        """Take out what is held below a span, and tell how much was given up before."""
        lost = self._lost.pop(root.trace_id, 0) if self._lost else 0
        held = self._traces.get(root.trace_id)
        tree = Tree(root, None if held is None else held.children, self._foreign_detail, lost=lost, **about_root)
        if held is not None:
            self._lighten(held, sum(map(_weight, tree.spans[1:])))
            if not held.children:
                del self._traces[root.trace_id]
        return tree

    def _lighten(self, trace: _Trace, weight: int) -> None:
        trace.weight -= weight
        self._held -= weight

    def _hold(self, record: SpanRecord) -> None:
        weight = _weight(record)
        while self._traces and self._held + weight > self._max_spans:
            self._give_up()
        trace = self._traces.setdefault(record.trace_id, _Trace())
        self._traces.move_to_end(record.trace_id)
        trace.seen = self._clock()
        trace.children.setdefault(record.parent_id, []).append(record)
        self._lighten(trace, -weight)

    def _give_up(self) -> None:
        """Give up what is held of the trace of which nothing was seen for longest."""
        trace_id, trace = self._traces.popitem(last=False)
        number = sum(map(len, trace.children.values()))
        faults.warn("log.span_given_up", _GIVEN_UP, number)
        self._lost[trace_id] = self._lost.get(trace_id, 0) + number
        if len(self._lost) > MAX_REMEMBERED:
            self._lost.popitem(last=False)
        self._lighten(trace, trace.weight)

    def expire(self) -> None:
        """Give up the traces of which nothing was seen for too long."""
        oldest = self._clock() - self._max_seconds
        while self._traces and next(iter(self._traces.values())).seen < oldest:
            self._give_up()


class _Trace:
    """What is held of one trace: spans by their parent's id."""

    __slots__ = ("children", "seen", "weight")

    def __init__(self) -> None:
        self.children: Children = {}
        self.seen = 0.0
        self.weight = 0


def _weight(record: SpanRecord) -> int:
    size = sum(map(_size, record.attributes.values()))
    size += sum(_size(event.attributes) for event in record.events)
    size += sum(len(logged.body) + _size(logged.attributes) for logged in record.log_records)
    return 1 + size // _LONG_TEXT


def _size(value: Any) -> int:
    """Estimate the bytes that an attribute value takes."""
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return 0
    return sum(map(_size, value), start=8 * len(value))
