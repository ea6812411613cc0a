"""From spans to operation logs: the one builder behind formatters, error handlers and `OperationContext.operations`."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

from otel_ops import faults, semconv
from otel_ops.detail import DETAIL_OF_SCOPE, Detail
from otel_ops.operation_log import FOREIGN, OperationFailure, OperationLog, by_start
from otel_ops.semconv import FAILED_OUTCOMES, Kind, Outcome, is_of_context
from otel_ops.span_record import IS_REMOTE, EventRecord, SpanRecord

Unit = Literal["operation", "trace"]

MAX_DEPTH = 100
"""Deepest level of a log below its root, so that it can be copied and pickled; what is deeper stands at this level."""

MAX_REMEMBERED = 100_000
"""Most spans of finished logs that are remembered, to know what ends after its operation."""

_KINDS = frozenset({Kind.CONTEXT, Kind.OPERATION, Kind.SUBOPERATION})
_TOLD_OTHERWISE = frozenset(
    {semconv.KIND, semconv.OUTCOME, semconv.PROCESS_ROOT, semconv.FAILURE_ID, semconv.FAILURE_ORIGIN}
)
_LONG_TEXT = 4_096

Children = dict[str, list[SpanRecord]]


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
    return record.end_ns, -record.start_ns, _is_local_root(record), _kind(record) == Kind.OPERATION


def _by_trace(records: Iterable[SpanRecord]) -> Iterable[dict[str, SpanRecord]]:
    """Group by trace; of a span that was delivered twice, the longest stays."""
    traces: dict[str, dict[str, SpanRecord]] = {}
    for record in records:
        trace = traces.setdefault(record.trace_id, {})
        twin = trace.get(record.span_id)
        if twin is None or _outlasts(record, twin):
            trace[record.span_id] = record
    return traces.values()


def _outlasts(record: SpanRecord, twin: SpanRecord) -> bool:
    """Tell which one stays, the same in whatever order they come."""
    if record.duration_ns != twin.duration_ns:
        return record.duration_ns > twin.duration_ns
    return record != twin and repr(record) > repr(twin)


def _whole_trees(trace: dict[str, SpanRecord], foreign_detail: Detail) -> Iterator[OperationLog]:
    children: Children = {}
    for record in trace.values():
        if record.parent_id in trace:
            children.setdefault(record.parent_id, []).append(record)
    for record in trace.values():
        if record.parent_id not in trace:
            yield _assemble(*_take(record, children), foreign_detail)
    for record in trace.values():
        if record.parent_id in children:
            yield _assemble(*_take(_first_of_circle(record, trace), children), foreign_detail)


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
        self._operation_of: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._with_operations: OrderedDict[str, None] = OrderedDict()

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
        kind = _kind(record)
        if kind != FOREIGN:
            _remember(self._with_operations, record.trace_id, None)
        late_of = "" if kind == Kind.OPERATION else self._operation_of.get((record.trace_id, record.parent_id), "")
        if late_of or self._completes(record, kind):
            return [self._finish(record, late_of)]
        if _is_local_root(record):
            self._release(record)
        else:
            self._hold(record)
        return []

    def _completes(self, record: SpanRecord, kind: str) -> bool:
        if kind == FOREIGN:
            return _is_local_root(record) and record.trace_id not in self._with_operations
        return kind == Kind.OPERATION or _is_partial(record, kind)

    def _finish(self, record: SpanRecord, late_of: str) -> OperationLog:
        order, parents, lost = self._release(record)
        for part in order:
            _remember(self._operation_of, (part.trace_id, part.span_id), late_of or record.span_id)
        partial = _is_partial(record, _kind(record))
        return _assemble(order, parents, self._foreign_detail, late_of=late_of, partial=partial, lost=lost)

    def _release(self, root: SpanRecord) -> tuple[list[SpanRecord], list[int], int]:
        """Take out what is held below a span; give it as `_take` does, with how much was given up before."""
        lost = self._lost.pop(root.trace_id, 0)
        trace = self._traces.get(root.trace_id)
        if trace is None:
            return [root], [0], lost
        order, parents = _take(root, trace.children)
        self._lighten(trace, sum(map(_weight, order[1:])))
        if not trace.children:
            del self._traces[root.trace_id]
        return order, parents, lost

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
        faults.count("log.span_given_up", number)
        _remember(self._lost, trace_id, self._lost.get(trace_id, 0) + number)
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


def _remember(known: OrderedDict[Any, Any], key: object, value: object) -> None:
    known[key] = value
    if len(known) > MAX_REMEMBERED:
        known.popitem(last=False)


def _weight(record: SpanRecord) -> int:
    size = sum(map(_size, record.attributes.values()))
    size += sum(_size(event.attributes) for event in record.events)
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


def _take(root: SpanRecord, children: Children) -> tuple[list[SpanRecord], list[int]]:
    """Take a span's tree out of `children`.

    Returns:
        The spans, parents first, and for each the index of the one that it stands under.
    """
    order: list[SpanRecord] = []
    parents: list[int] = []
    depths: list[int] = []
    waiting = [(root, 0)]
    while waiting:
        record, parent = waiting.pop()
        depth = depths[parent] + 1 if order else 0
        if depth > MAX_DEPTH:
            parent, depth = parents[parent], MAX_DEPTH
        waiting.extend((child, len(order)) for child in children.pop(record.span_id, ()) if child is not root)
        order.append(record)
        parents.append(parent)
        depths.append(depth)
    return order, parents


def _assemble(order: list[SpanRecord], parents: list[int], foreign_detail: Detail, **about_root: Any) -> OperationLog:
    """Build the log of the first span, with the others below it."""
    below: list[list[OperationLog]] = [[] for _ in order]
    for index in range(len(order) - 1, 0, -1):
        below[parents[index]].append(_log(order[index], below[index], foreign_detail))
    return _log(order[0], below[0], foreign_detail, **about_root)


def _log(record: SpanRecord, below: list[OperationLog], foreign_detail: Detail, **more: Any) -> OperationLog:
    outcome = _outcome(record)
    failure, event = _failure(record) if outcome in FAILED_OUTCOMES else (None, None)
    hidden = _TOLD_OTHERWISE | {semconv.ERROR_TYPE} if failure else _TOLD_OTHERWISE
    return OperationLog(
        name=record.name,
        kind=_kind(record),
        detail=DETAIL_OF_SCOPE.get(record.scope.name, foreign_detail),
        outcome=outcome,
        trace_id=record.trace_id,
        span_id=record.span_id,
        parent_id=record.parent_id,
        start_ns=record.start_ns,
        end_ns=record.end_ns,
        attributes={
            key: value for key, value in record.attributes.items() if key not in hidden and not is_of_context(key)
        },
        context={key: value for key, value in record.attributes.items() if is_of_context(key)},
        failure=failure,
        events=tuple(other for other in record.events if other is not event),
        links=record.links,
        suboperations=by_start(below),
        status_message="" if failure else record.status_message,
        process_root=_is_process_root(record),
        scope=record.scope,
        resource=record.resource,
        **more,
    )


def _kind(record: SpanRecord) -> str:
    kind = record.attributes.get(semconv.KIND)
    return kind if isinstance(kind, str) and kind in _KINDS else FOREIGN


def _is_local_root(record: SpanRecord) -> bool:
    """Tell whether nothing of this process stands above the span."""
    return not record.parent_id or bool(record.flags & IS_REMOTE) or _is_process_root(record)


def _is_partial(record: SpanRecord, kind: str) -> bool:
    return kind == Kind.SUBOPERATION and _is_local_root(record)


def _is_process_root(record: SpanRecord) -> bool:
    return record.attributes.get(semconv.PROCESS_ROOT) is True


def _outcome(record: SpanRecord) -> str:
    outcome = record.attributes.get(semconv.OUTCOME)
    if isinstance(outcome, str):
        return outcome
    return Outcome.ERROR if record.status == _STATUS_ERROR else Outcome.OK


_STATUS_ERROR = 2


def _failure(record: SpanRecord) -> tuple[OperationFailure, EventRecord | None]:
    """Describe why the span failed, with the event that holds the exception, where this span has it."""
    attributes = record.attributes
    failure_id = _text(attributes.get(semconv.FAILURE_ID))
    event = _exception_event(record, failure_id)
    told = event.attributes if event else {}
    type_ = _text(attributes.get(semconv.ERROR_TYPE) or told.get(semconv.EXCEPTION_TYPE) or semconv.ERROR_TYPE_OTHER)
    failure = OperationFailure(
        type=type_,
        message=_text(told.get(semconv.EXCEPTION_MESSAGE) or _without_type(record.status_message, type_)),
        id=failure_id,
        origin=_text(attributes.get(semconv.FAILURE_ORIGIN) or record.name),
        stacktrace=_text(told.get(semconv.EXCEPTION_STACKTRACE)),
    )
    return failure, event


def _exception_event(record: SpanRecord, failure_id: str) -> EventRecord | None:
    exceptions = [event for event in record.events if event.name == semconv.EXCEPTION_EVENT]
    same = [event for event in exceptions if event.attributes.get(semconv.FAILURE_ID) == failure_id]
    found = same if failure_id else exceptions
    return found[-1] if found else None


def _without_type(message: str, type_: str) -> str:
    short = type_.rpartition(".")[2]
    return "" if message == short else message.removeprefix(f"{short}: ")


def _text(value: object) -> str:
    return "" if value is None else str(value)
