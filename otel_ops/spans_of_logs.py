"""From an operation log back to the records of its spans, which give it again when they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from msgspec.structs import asdict, replace

from otel_ops import semconv
from otel_ops.operation_log import FOREIGN, OperationFailure, OperationLog
from otel_ops.semconv import Outcome
from otel_ops.span_record import (
    HAS_IS_REMOTE,
    SAMPLED,
    EventRecord,
    LinkRecord,
    LogRecord,
    ResourceRecord,
    ScopeRecord,
    SpanRecord,
    by_identity,
    carried_text,
    plain_attributes,
)

_Carried = TypeVar("_Carried", EventRecord, LinkRecord, LogRecord, ScopeRecord, ResourceRecord)

_INTERNAL = 1
_STATUS_ERROR = 2
_LAST_TIME = 2**64 - 1


def records_of(root: OperationLog) -> Iterator[SpanRecord]:
    """Give the record of each operation of a log, those around before those inside.

    What a span has and a log does not is as it mostly is: the kind is internal, the span is sampled. What a log has and
    a span does not is left out: `OperationLog.lost`, ``late_of``, ``partial`` and ``unknown``.
    """
    ids = {log.span_id for log in root.walk()}
    around = {id(child): log.span_id for log in root.walk() for child in log.suboperations}
    for log in root.walk():
        parent = log.parent_id if log is root or log.parent_id in ids else around[id(log)]
        yield _record(log, parent)


def _record(log: OperationLog, parent_id: str) -> SpanRecord:
    failure = log.failure
    return SpanRecord(
        trace_id=log.trace_id,
        span_id=log.span_id,
        name=carried_text(log.name),
        start_ns=_time(log.start_ns),
        end_ns=_time(log.end_ns),
        parent_id=parent_id,
        kind=_INTERNAL,
        attributes=plain_attributes({**_stamped(log), **log.context, **log.attributes, **_of_failure(log)}),
        events=(*map(_carried, log.events), *_exception(log)),
        links=tuple(map(_carried, log.links)),
        status=_STATUS_ERROR if log.failed else 0,
        status_message=carried_text(_description(failure) if failure else log.status_message),
        flags=SAMPLED | HAS_IS_REMOTE,
        scope=_scope(log.scope) if log.scope.name or log.kind == FOREIGN else _scope_of_level(log),
        resource=_resource(log.resource),
        log_records=tuple(map(_carried, log.log_records)),
    )


def _stamped(log: OperationLog) -> dict[str, Any]:
    """Give what `OperationLog` tells in fields of its own, as it is stamped on spans."""
    is_ours = log.kind != FOREIGN
    stamped: dict[str, Any] = {semconv.KIND: log.kind} if is_ours else {}
    if log.outcome != (Outcome.OK if is_ours or not log.failed else Outcome.ERROR):
        stamped[semconv.OUTCOME] = log.outcome
    if log.process_root:
        stamped[semconv.PROCESS_ROOT] = True
    if log.dropped_log_records:
        stamped[semconv.DROPPED_LOG_RECORDS] = log.dropped_log_records
    return stamped


def _of_failure(log: OperationLog) -> dict[str, Any]:
    failure = log.failure
    if failure is None:
        return {}
    told = {semconv.ERROR_TYPE: failure.type}
    if failure.id:
        told[semconv.FAILURE_ID] = failure.id
    if failure.origin != log.name:
        told[semconv.FAILURE_ORIGIN] = failure.origin
    return told


def _exception(log: OperationLog) -> Iterator[EventRecord]:
    """Give the event of the exception, where this log recorded it or has others that could be taken for it."""
    failure = log.failure
    if failure is None or not (failure.stacktrace or any(_is_exception(event) for event in log.events)):
        return
    told = {
        semconv.EXCEPTION_TYPE: failure.type,
        semconv.EXCEPTION_MESSAGE: failure.message,
        semconv.FAILURE_ID: failure.id,
        semconv.EXCEPTION_STACKTRACE: failure.stacktrace,
    }
    attributes = plain_attributes({name: text for name, text in told.items() if text})
    yield EventRecord(semconv.EXCEPTION_EVENT, _time(log.end_ns), attributes)


def _is_exception(event: EventRecord) -> bool:
    return event.name == semconv.EXCEPTION_EVENT


def _description(failure: OperationFailure) -> str:
    if failure.type == semconv.ERROR_TYPE_OTHER:
        return failure.message
    short = failure.type.rpartition(".")[2]
    return f"{short}: {failure.message}" if failure.message else short


def _time(nanoseconds: int) -> int:
    return min(max(nanoseconds, 0), _LAST_TIME)


def _carried(record: _Carried) -> _Carried:
    """Give a record as OTLP can carry it: text that is UTF-8, plain attributes, times that fit."""
    return replace(record, **{field: _carried_value(field, value) for field, value in asdict(record).items()})


def _carried_value(field: str, value: Any) -> Any:
    if field == "time_ns":
        return _time(value)
    if isinstance(value, str):
        return carried_text(value)
    return plain_attributes(value) if isinstance(value, dict) else value


_scope: Callable[[ScopeRecord], ScopeRecord] = by_identity(_carried)
_resource: Callable[[ResourceRecord], ResourceRecord] = by_identity(_carried)


def _scope_of_level(log: OperationLog) -> ScopeRecord:
    """Give a scope that has no name the one of the level, which is all that tells it."""
    return replace(_scope(log.scope), name=log.detail.scope_name)
