"""ErrorHandler: the base of everything that is called when an operation fails."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from otel_ops import faults, semconv
from otel_ops.hooks import HOOKS, UnrecordedFailure, add_listener, remove_listener
from otel_ops.log_builder import LogBuilder
from otel_ops.operation_log import FOREIGN, OperationFailure, OperationLog
from otel_ops.semconv import Kind, Outcome, is_of_context
from otel_ops.span_record import EventRecord, record_of

if TYPE_CHECKING:
    from opentelemetry import trace
    from opentelemetry.context import Context

    from otel_ops.failures import Failure

MAX_KEPT = 256
"""Most live exceptions that wait for the log of their operation."""

MAX_HANDLED = 10_000
"""Most failures that are remembered as handled."""


NO_SPAN = "0" * 16
"""The span id of an operation that left no span."""


@dataclass(frozen=True, slots=True)
class ErrorData:
    """What is known of a failed suboperation beside its log.

    Attributes:
        failure: Type, message, origin and stack trace.
        exception: The live exception; None where it is of another process, or the failure came from a text.
        operation_log: Log of the operation that the suboperation is part of.
    """

    failure: OperationFailure
    exception: BaseException | None
    operation_log: OperationLog


class ErrorHandler(SpanProcessor, ABC):
    """Is called once for each failure: for the suboperation in which it began, and for the operation that it ended.

    Pass it to ``configure(error_handlers=[…])`` or to any provider's ``add_span_processor``. An exception that a
    handler raises never reaches the program; it is logged once and counted in `otel_ops.diagnostics`.
    """

    _state: _State

    def __new__(cls, *_: object, **__: object) -> ErrorHandler:
        """Make what the handler remembers here, so that a subclass need not call our ``__init__``."""
        handler = super().__new__(cls)
        handler._state = _State()
        return handler

    @abstractmethod
    def handle_operation_error(self, operation_log: OperationLog, exception: BaseException | None) -> None:
        """Handle a failed operation.

        Args:
            operation_log: Its log, with the failure and all suboperations.
            exception: The live exception; None where it is of another process, or the failure came from a text.
        """

    @abstractmethod
    def handle_suboperation_error(self, suboperation_log: OperationLog, error_data: ErrorData) -> None:
        """Handle a failure where it began; the operation may well have gone on."""

    def take(self, operation_log: OperationLog) -> None:
        """Look for failures in the log of a finished operation, innermost first, and handle each that is new.

        What the handler itself does meanwhile is not looked at: a handler that fails would call itself without end.
        """
        if self._state.is_handling():
            return
        with self._state.handling():
            for log in reversed(list(operation_log.walk())):
                live = self._state.exceptions.pop(log.span_id, {})
                for failed, failure in _failures_in(log):
                    self._consider(failed, failure, operation_log, live.get(failure.id))

    def _consider(
        self, log: OperationLog, failure: OperationFailure, operation_log: OperationLog, exception: BaseException | None
    ) -> None:
        if not self._state.is_new(failure.id, log.kind):
            return
        with faults.guarded("error_handler"):
            if log.kind == Kind.OPERATION:
                self.handle_operation_error(log, exception)
            else:
                self.handle_suboperation_error(log, ErrorData(failure, exception, operation_log))

    def seen(self, failure: Failure, span: trace.Span) -> None:
        """Keep the live exception until the log of the span comes."""
        self._state.keep(failure, f"{span.get_span_context().span_id:016x}")

    def unrecorded(self, failed: UnrecordedFailure) -> None:
        """Handle a failed operation that left no span."""
        self._state.keep(failed.failure, NO_SPAN)
        self.take(_log_of_unrecorded(failed))

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Join the builder of logs that the provider has, or be one of its own."""
        with faults.guarded("error_handler"):
            add_listener(self)
            self._joins(span)

    def on_end(self, span: ReadableSpan) -> None:
        """Build the logs that nobody else builds, and look at them."""
        with faults.guarded("error_handler"):
            for log in () if self._joins(span) else self._state.build(span):
                self.take(log)

    def _joins(self, span: ReadableSpan) -> bool:
        """Take part in the builder of the span's provider, where it has one."""
        return HOOKS.sink is not None and HOOKS.sink.admit(self, span)

    def shutdown(self) -> None:
        """Listen no more."""
        remove_listener(self)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Have everything handled that has ended."""
        if HOOKS.sink is not None:
            HOOKS.sink.flush()
        return True


class _State:
    """What a handler remembers: live exceptions by span and failure, failures already handled, threads that handle.

    It has a builder for the spans of providers that have none.
    """

    def __init__(self) -> None:
        self.exceptions: OrderedDict[str, dict[str, BaseException]] = OrderedDict()
        self._handled: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._threads: set[int] = set()
        self._builder = LogBuilder()
        self._lock = threading.Lock()

    def is_handling(self) -> bool:
        return threading.get_ident() in self._threads

    @contextmanager
    def handling(self) -> Iterator[None]:
        self._threads.add(threading.get_ident())
        try:
            yield
        finally:
            self._threads.discard(threading.get_ident())

    def keep(self, failure: Failure, span_id: str) -> None:
        if failure.exception is None or self.is_handling():
            return
        self.exceptions.setdefault(span_id, {})[failure.id] = failure.exception
        if len(self.exceptions) > MAX_KEPT:
            self.exceptions.popitem(last=False)

    def is_new(self, failure_id: str, level: str) -> bool:
        if not failure_id:
            return True
        new = (failure_id, level) not in self._handled
        self._handled[failure_id, level] = None
        if len(self._handled) > MAX_HANDLED:
            self._handled.popitem(last=False)
        return new

    def build(self, span: ReadableSpan) -> list[OperationLog]:
        with self._lock:
            return self._builder.add(record_of(span))


def _failures_in(log: OperationLog) -> Iterator[tuple[OperationLog, OperationFailure]]:
    """Give the failed operations that a log tells of: hidden ones inside, and its own where the failure began there.

    An operation is told of in any case, a suboperation only if it is the innermost recorded one.
    """
    for event in log.events:
        origin = event.attributes.get(semconv.FAILURE_ORIGIN, log.name)
        if event.name == semconv.EXCEPTION_EVENT and origin != log.name:
            failure = _failure_of(event)
            yield _hidden(log, event.time_ns, failure), failure
    failure = log.failure
    if failure and (log.kind == Kind.OPERATION or (log.kind == Kind.SUBOPERATION and _began_in(log, failure))):
        yield log, failure


def _began_in(log: OperationLog, failure: OperationFailure) -> bool:
    return failure.origin == log.name or bool(failure.stacktrace)


def _failure_of(event: EventRecord) -> OperationFailure:
    told = {key: str(value) for key, value in event.attributes.items()}
    return OperationFailure(
        type=told.get(semconv.EXCEPTION_TYPE, semconv.ERROR_TYPE_OTHER),
        message=told.get(semconv.EXCEPTION_MESSAGE, ""),
        id=told.get(semconv.FAILURE_ID, ""),
        origin=told.get(semconv.FAILURE_ORIGIN, ""),
        stacktrace=told.get(semconv.EXCEPTION_STACKTRACE, ""),
    )


def _hidden(around: OperationLog, time_ns: int, failure: OperationFailure) -> OperationLog:
    """Make the log that stands for a suboperation hidden by its level of detail; only the time of its end is known."""
    return OperationLog(
        name=failure.origin,
        kind=Kind.SUBOPERATION,
        outcome=Outcome.ERROR,
        trace_id=around.trace_id,
        span_id=NO_SPAN,
        parent_id=around.span_id,
        start_ns=time_ns,
        end_ns=time_ns,
        context=around.context,
        failure=failure,
        resource=around.resource,
    )


def _log_of_unrecorded(failed: UnrecordedFailure) -> OperationLog:
    """Make the log that stands for an operation without a span."""
    failure = failed.failure
    return OperationLog(
        name=failed.name,
        kind=Kind.OPERATION,
        detail=failed.detail,
        outcome=failed.outcome,
        trace_id=2 * NO_SPAN,
        span_id=NO_SPAN,
        start_ns=failed.start_ns,
        end_ns=failed.end_ns,
        context={key: value for key, value in failed.attributes.items() if is_of_context(key)},
        failure=OperationFailure(failure.type, failure.message, failure.id, failure.origin),
    )
