"""Which failures of an operation log are reported: where they began, and none that an operation recovered from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from otel_ops import semconv
from otel_ops.core.hooks import UnrecordedFailure
from otel_ops.operation_log import OperationFailure, OperationLog
from otel_ops.semconv import RESERVED, Kind, Outcome, is_of_context
from otel_ops.span_record import EventRecord

NO_SPAN = "0" * 16
"""The span id of an operation that left no span."""


class Reported(NamedTuple):
    """One failure at one level.

    Attributes:
        span_id: Of the span that tells of it.
        log: Of the operation or suboperation that failed.
        failure: What failed, with the stack trace wherever in the operation that was recorded.
        attempt: Number of the attempt that it is part of; None outside of attempts.
    """

    span_id: str
    log: OperationLog
    failure: OperationFailure
    attempt: int | None


def reported_in(operation_log: OperationLog) -> list[Reported]:
    """Give the failures that are reported of an operation, innermost first."""
    held, attempts = overcome(operation_log), attempts_of(operation_log)
    found = [
        Reported(log.span_id, failed, failure, attempts.get(id(log)))
        for log in reversed(list(operation_log.walk()))
        if id(log) not in held
        for failed, failure in failures_in(log)
    ]
    stacks = _stacks(each.failure for each in found)
    return [each._replace(failure=with_stack(each.failure, stacks)) for each in found]


def stacks_in(operation_log: OperationLog) -> dict[str, str]:
    """Give the stack traces that are recorded in an operation, by the id of the failure."""
    return _stacks(failure for log in operation_log.walk() for _, failure in failures_in(log))


def _stacks(failures: Iterable[OperationFailure]) -> dict[str, str]:
    return {failure.id: failure.stacktrace for failure in failures if failure.stacktrace}


def with_stack(failure: OperationFailure, stacks: Mapping[str, str]) -> OperationFailure:
    """Give a failure with its stack trace, where that was recorded by an operation inside."""
    if failure.stacktrace or failure.id not in stacks:
        return failure
    return replace(failure, stacktrace=stacks[failure.id])


def overcome(operation_log: OperationLog) -> set[int]:
    """Give the identities of the failed attempts that were not the last word, and of all that ran inside of them."""
    found: set[int] = set()
    waiting = [(operation_log, False)]
    while waiting:
        log, is_inside = waiting.pop()
        if is_inside:
            found.add(id(log))
        waiting.extend((child, is_inside or _was_overcome(child, log)) for child in log.suboperations)
    return found


def _was_overcome(log: OperationLog, around: OperationLog) -> bool:
    """Tell whether a failed attempt was followed by another one, or by what stands in for its result."""
    if log.failure is None or semconv.ATTEMPT not in log.attributes:
        return False
    return around.failure is None or around.failure.id != log.failure.id


def attempts_of(operation_log: OperationLog) -> dict[int, int]:
    """Give the number of the attempt that each log is part of, by the log's identity."""
    found: dict[int, int] = {}
    for log in operation_log.walk():
        number = log.attributes.get(semconv.ATTEMPT, found.get(id(log)))
        if isinstance(number, int):
            found[id(log)] = number
            found.update((id(child), number) for child in log.suboperations)
    return found


def failures_in(log: OperationLog) -> Iterator[tuple[OperationLog, OperationFailure]]:
    """Give the failed operations that a log tells of: hidden ones inside, and its own.

    A suboperation counts where the failure began, or where the exception was recorded because the one in which it
    began is hidden.
    """
    for event in log.events:
        origin = event.attributes.get(semconv.FAILURE_ORIGIN, log.name)
        if event.name == semconv.EXCEPTION_EVENT and origin != log.name:
            failure = _failure_of(event)
            yield _log_of_hidden(log, event.time_ns, failure), failure
    if log.failure is not None and (log.kind == Kind.OPERATION or _began_in(log, log.failure)):
        yield log, log.failure


def _began_in(log: OperationLog, failure: OperationFailure) -> bool:
    return log.kind == Kind.SUBOPERATION and (failure.origin == log.name or bool(failure.stacktrace))


def _failure_of(event: EventRecord) -> OperationFailure:
    told = {key: str(value) for key, value in event.attributes.items()}
    return OperationFailure(
        type=told.get(semconv.EXCEPTION_TYPE, semconv.ERROR_TYPE_OTHER),
        message=told.get(semconv.EXCEPTION_MESSAGE, ""),
        id=told.get(semconv.FAILURE_ID, ""),
        origin=told.get(semconv.FAILURE_ORIGIN, ""),
        stacktrace=told.get(semconv.EXCEPTION_STACKTRACE, ""),
    )


def _log_of_hidden(around: OperationLog, end_ns: int, failure: OperationFailure) -> OperationLog:
    return OperationLog(
        name=failure.origin,
        kind=Kind.SUBOPERATION,
        outcome=Outcome.ERROR,
        trace_id=around.trace_id,
        span_id=NO_SPAN,
        parent_id=around.span_id,
        start_ns=end_ns,
        end_ns=end_ns,
        context=around.context,
        failure=failure,
        resource=around.resource,
    )


def log_of_unrecorded(failed: UnrecordedFailure) -> OperationLog:
    """Give all that is known of a failed operation that left no span."""
    failure, attributes = failed.failure, failed.attributes
    return OperationLog(
        name=failed.name,
        kind=Kind.OPERATION,
        detail=failed.detail,
        outcome=failed.outcome,
        trace_id=2 * NO_SPAN,
        span_id=NO_SPAN,
        start_ns=failed.start_ns,
        end_ns=failed.end_ns,
        attributes={key: attributes[key] for key in attributes if not is_of_context(key) and key not in RESERVED},
        context={key: attributes[key] for key in attributes if is_of_context(key)},
        failure=OperationFailure(failure.type, failure.message, failure.id, failure.origin),
    )
