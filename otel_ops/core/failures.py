"""Failures: the record of an exception, made once on the innermost recorded span."""

from __future__ import annotations

from threading import get_ident
from typing import Any

from opentelemetry.trace import Span, Status, StatusCode

from otel_ops import faults, semconv
from otel_ops.attributes import Stamp
from otel_ops.core.exception_logs import SIGNAL
from otel_ops.core.exception_parts import cause_of, dict_of, message_of, text_of, type_name
from otel_ops.core.hooks import HOOKS, Failure
from otel_ops.core.outcomes import outcome_of, without_group
from otel_ops.core.recording import HANDLING
from otel_ops.core.stacks import told, told_stack
from otel_ops.foreign import name_of
from otel_ops.ids import new_id
from otel_ops.redaction import redacted
from otel_ops.semconv import FAILED_OUTCOMES, Outcome

_MARK = "__otel_ops_failure__"


def failure_from_text(reason: object, operation: str) -> Failure:
    """Describe a failure for which there is no exception."""
    text = redacted(text_of(reason, str, "<reason unreadable>"))
    return Failure(new_id(), operation, semconv.ERROR_TYPE_OTHER, text, None, recorded=False)


def failure_from(error: BaseException, trace_id: int, operation: str) -> Failure:
    """Describe an exception, knowing it again where an operation of the same trace has seen it.

    The id is kept on the exception, so that it survives pickling; ``raise … from`` inherits it. A group in which only
    one exception is a failure is that one.
    """
    error = without_group(error)
    mark = _mark_of(error, trace_id)
    recorded = mark is not None
    mark = mark or _mark_of(cause_of(error), trace_id) or (new_id(), trace_id, operation)
    if not recorded:
        _put_mark(error, mark)
    return Failure(mark[0], mark[2], type_name(type(error)), message_of(error), error, recorded)


def _mark_of(error: BaseException | None, trace_id: int) -> tuple[str, int, str] | None:
    """Read the mark; a class may define ``__dict__`` or ``__cause__`` as something that raises, so we do not ask it."""
    mark = None if error is None else dict_of(error).get(_MARK)
    return mark if mark is not None and mark[1] == trace_id else None


def _put_mark(error: BaseException, mark: tuple[str, int, str]) -> None:
    dict_of(error)[_MARK] = mark


def forget(error: BaseException) -> None:
    """Take the failure off an exception that was repaired: where the same object is raised again, it is another one."""
    dict_of(without_group(error)).pop(_MARK, None)


def record(span: Span, failure: Failure) -> None:
    """Record the exception on a span, or as a log record of it: the only function that does so."""
    attributes = {
        semconv.EXCEPTION_TYPE: failure.type,
        semconv.EXCEPTION_MESSAGE: failure.message,
        semconv.FAILURE_ID: failure.id,
    }
    if failure.exception is not None:
        attributes[semconv.EXCEPTION_STACKTRACE] = told_stack(failure.exception)
    if _name_of(span) != failure.origin:
        attributes[semconv.FAILURE_ORIGIN] = failure.origin
    if SIGNAL.events:
        span.add_event(semconv.EXCEPTION_EVENT, attributes)
    if SIGNAL.logs:
        SIGNAL.emit(span, attributes, _description(failure))


def fail_span(span: Span, failure: Failure, outcome: str, operation: str) -> None:
    """Make an operation's span one that failed, and tell everybody who listens."""
    _stamp(span, failure, outcome, operation)
    tell(failure, span)


def _stamp(span: Span, failure: Failure, outcome: str, operation: str) -> None:
    """Give a span the exception, unless another has it, the status ERROR, the outcome, and the origin."""
    if not failure.recorded:
        record(span, failure)
    attributes = {semconv.OUTCOME: outcome, semconv.ERROR_TYPE: failure.type, semconv.FAILURE_ID: failure.id}
    if failure.origin != operation:
        attributes[semconv.FAILURE_ORIGIN] = failure.origin
    span.set_attributes(Stamp(attributes))
    span.set_status(Status(StatusCode.ERROR, _description(failure)))


def conclude(span: Span, error: BaseException, operation: str) -> None:
    """Give a context's span the outcome of the exception that leaves its block."""
    outcome = outcome_of(error)
    if outcome in FAILED_OUTCOMES:
        _stamp(span, failure_from(error, span.get_span_context().trace_id, operation), outcome, operation)
    elif outcome != Outcome.OK:
        span.set_attribute(semconv.OUTCOME, outcome)


def tell(failure: Failure, span: Span) -> None:
    """Tell everybody who listens of a failure, with its live exception, and of the span that tells of it."""
    listeners = HOOKS.listeners
    if not listeners or failure.exception is None or get_ident() in HANDLING:
        return
    span_id = span.get_span_context().span_id
    for listener in listeners:
        try:
            listener.seen(failure, span_id)
        except Exception as error:  # noqa: BLE001 - as `faults.guarded`, at a tenth of the cost
            faults.swallow("failure.listener", error)


def tell_own(on_error: Any, failure: Failure, span: Span) -> None:
    """Have called, later, what an operation has for its own failures."""
    if HOOKS.own_handling is not None:
        with faults.guarded("failure.listener"):
            HOOKS.own_handling.failed(on_error, failure, span)


def _description(failure: Failure) -> str:
    return failure.message if failure.exception is None else told(name_of(type(failure.exception)), failure.message)


def _name_of(span: Span) -> str | None:
    return getattr(span, "name", None)
