"""From the records of one tree to its `OperationLog`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from otel_ops import semconv
from otel_ops.detail import DETAIL_OF_SCOPE, Detail
from otel_ops.operation_log import FOREIGN, OperationFailure, OperationLog, by_start
from otel_ops.semconv import FAILED_OUTCOMES, Kind, Outcome, is_of_context
from otel_ops.span_record import IS_REMOTE, EventRecord, LogRecord, SpanRecord

MAX_DEPTH = 100
"""Deepest level of a log below its root, so that it can be copied and pickled; what is deeper stands at this level."""

_KINDS = frozenset({Kind.CONTEXT, Kind.OPERATION, Kind.SUBOPERATION})
_OUTCOMES = frozenset(value for name, value in vars(Outcome).items() if name.isupper())
"""No two kinds and no two outcomes have the same first letter: one that was cut can be told."""

_ALONE = (0,)
_STATUS_ERROR = 2
_TOLD_OTHERWISE = frozenset(
    {
        semconv.KIND,
        semconv.OUTCOME,
        semconv.PROCESS_ROOT,
        semconv.FAILURE_ID,
        semconv.FAILURE_ORIGIN,
        semconv.DROPPED_LOG_RECORDS,
    }
)

Children = dict[str, list[SpanRecord]]
"""Spans by the id of their parent."""


class Tree:
    """The spans of one log: parents first, and for each the index of the one that it stands under.

    Args:
        root: The span of the log.
        children: Where its suboperations are taken out of.
        foreign_detail: Level of spans that are not ours.
        about_root: What the log tells of itself that its span does not: partial, late_of, lost.
    """

    __slots__ = ("_about_root", "_foreign_detail", "_log", "parents", "spans")

    def __init__(self, root: SpanRecord, children: Children | None, foreign_detail: Detail, **about_root: Any) -> None:
        self.spans, self.parents = _take(root, children) if children else ((root,), _ALONE)
        self._foreign_detail = foreign_detail
        self._about_root = about_root
        self._log: OperationLog | None = None

    @property
    def log(self) -> OperationLog:
        """The log, built when it is asked for first: most are not."""
        if self._log is None:
            self._log = _assemble(self.spans, self.parents, self._foreign_detail, **self._about_root)
        return self._log

    @property
    def partial(self) -> bool:
        """Whether it is the part of an operation that another process completes."""
        return bool(self._about_root.get("partial"))

    @property
    def may_have_failed(self) -> bool:
        """Whether an error handler has reason to look at the log."""
        return any(map(_is_suspicious, self.spans))


def _is_suspicious(record: SpanRecord) -> bool:
    is_told = record.status == _STATUS_ERROR or record.events or semconv.OUTCOME in record.attributes
    return bool(is_told or any(map(_is_exception, record.log_records)))


def _is_exception(logged: LogRecord) -> bool:
    """Tell whether a log record is that of an exception that an operation recorded."""
    return semconv.FAILURE_ID in logged.attributes and semconv.EXCEPTION_TYPE in logged.attributes


def _with_exceptions(record: SpanRecord) -> SpanRecord:
    """Give a span its exceptions as events, whether they were recorded as such, as log records, or both."""
    logged = [each for each in record.log_records if _is_exception(each)]
    if not logged:
        return record
    known = {event.attributes.get(semconv.FAILURE_ID) for event in record.events}
    events = (
        EventRecord(semconv.EXCEPTION_EVENT, each.time_ns, each.attributes)
        for each in logged
        if each.attributes[semconv.FAILURE_ID] not in known
    )
    others = tuple(each for each in record.log_records if not _is_exception(each))
    return replace(record, events=(*record.events, *events), log_records=others)


def _take(root: SpanRecord, children: Children) -> tuple[Sequence[SpanRecord], Sequence[int]]:
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


def _assemble(
    order: Sequence[SpanRecord], parents: Sequence[int], foreign_detail: Detail, **about_root: Any
) -> OperationLog:
    """Build the log of the first span, with the others below it."""
    below: list[list[OperationLog]] = [[] for _ in order]
    for index in range(len(order) - 1, 0, -1):
        below[parents[index]].append(_log(order[index], below[index], foreign_detail))
    return _log(order[0], below[0], foreign_detail, **about_root)


def _log(record: SpanRecord, below: list[OperationLog], foreign_detail: Detail, **more: Any) -> OperationLog:
    record, outcome = _with_exceptions(record), outcome_of(record)
    failure, event = _failure(record) if outcome in FAILED_OUTCOMES else (None, None)
    hidden = _TOLD_OTHERWISE | {semconv.ERROR_TYPE} if failure else _TOLD_OTHERWISE
    return OperationLog(
        name=record.name,
        kind=kind_of(record),
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
        log_records=record.log_records,
        dropped_log_records=_dropped_log_records(record),
        suboperations=by_start(below),
        status_message="" if failure else record.status_message,
        process_root=_is_process_root(record),
        scope=record.scope,
        resource=record.resource,
        **more,
    )


def _dropped_log_records(record: SpanRecord) -> int:
    number = record.attributes.get(semconv.DROPPED_LOG_RECORDS, 0)
    return number if type(number) is int and number > 0 else 0


def kind_of(record: SpanRecord) -> str:
    """Tell what the span is, also where limits of the SDK have cut or dropped what was stamped on it.

    Of a span in one of our scopes without a kind, all that is known is where it stands.
    """
    kind = record.attributes.get(semconv.KIND, "")
    if type(kind) is str and kind in _KINDS:
        return kind
    if type(kind) is not str or record.scope.name not in DETAIL_OF_SCOPE:
        return FOREIGN
    return _completed(kind, _KINDS) or FOREIGN if kind else _kind_by_place(record)


def _kind_by_place(record: SpanRecord) -> str:
    return Kind.OPERATION if _is_at_top(record) else Kind.SUBOPERATION


def _completed(beginning: str, words: frozenset[str]) -> str:
    """Give the word that was cut after this beginning; empty where there is none."""
    return next((word for word in words if word.startswith(beginning)), "")


def _is_at_top(record: SpanRecord) -> bool:
    return not record.parent_id or bool(record.flags & IS_REMOTE)


def is_local_root(record: SpanRecord) -> bool:
    """Tell whether nothing of this process stands above the span."""
    return _is_at_top(record) or _is_process_root(record)


def is_partial(record: SpanRecord, kind: str) -> bool:
    """Tell whether the span, which is of this kind, is the part of an operation that another process completes."""
    return kind == Kind.SUBOPERATION and is_local_root(record)


def _is_process_root(record: SpanRecord) -> bool:
    return record.attributes.get(semconv.PROCESS_ROOT) is True


def outcome_of(record: SpanRecord) -> str:
    """Tell how the span ended, also where limits of the SDK have cut what was stamped on it."""
    outcome = record.attributes.get(semconv.OUTCOME)
    if isinstance(outcome, str) and outcome:
        return outcome if outcome in _OUTCOMES else _completed(outcome, _OUTCOMES) or outcome
    return Outcome.ERROR if record.status == _STATUS_ERROR else Outcome.OK


def failure_of(record: SpanRecord) -> OperationFailure:
    """Describe why a span failed that did, as far as it tells."""
    return _failure(_with_exceptions(record))[0]


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
