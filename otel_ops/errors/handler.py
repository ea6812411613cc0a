"""ErrorHandler: the base of everything that is called when an operation fails."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from otel_ops import faults
from otel_ops.hooks import HOOKS, UnrecordedFailure, add_listener, remove_listener
from otel_ops.log_builder import LogBuilder
from otel_ops.operation_log import FOREIGN, OperationFailure, OperationLog
from otel_ops.semconv import Kind, is_of_context
from otel_ops.span_record import record_of

if TYPE_CHECKING:
    from opentelemetry.context import Context

    from otel_ops.failures import Failure

MAX_KEPT = 256
"""Most live exceptions that wait for the log of their operation."""

MAX_HANDLED = 10_000
"""Most failures that are remembered as handled."""


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
        """Look for failures in the log of a finished operation, innermost first, and handle each that is new."""
        for log in reversed(list(operation_log.walk())):
            if log.failure is not None and log.kind not in {FOREIGN, Kind.CONTEXT}:
                self._consider(log, log.failure, operation_log)
        for log in operation_log.walk():
            if log.failure is not None:
                self._state.exceptions.pop(log.failure.id, None)

    def _consider(self, log: OperationLog, failure: OperationFailure, operation_log: OperationLog) -> None:
        level = Kind.OPERATION if log is operation_log and not log.late_of else Kind.SUBOPERATION
        began_here = failure.origin == log.name
        if (level == Kind.SUBOPERATION and not began_here) or not self._state.is_new(failure.id, level):
            return
        exception = self._state.exceptions.get(failure.id)
        with faults.guarded("error_handler"):
            if level == Kind.OPERATION:
                self.handle_operation_error(log, exception)
            else:
                self.handle_suboperation_error(log, ErrorData(failure, exception, operation_log))

    def seen(self, failure: Failure) -> None:
        """Keep the live exception until the log of its operation comes."""
        self._state.keep(failure)

    def unrecorded(self, failed: UnrecordedFailure) -> None:
        """Handle a failed operation that left no span."""
        self._state.keep(failed.failure)
        self.take(_log_of_unrecorded(failed))

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Join the builder of logs that the provider has, or be one of its own."""
        with faults.guarded("error_handler"):
            add_listener(self)
            self._state.joined = HOOKS.sink is not None and HOOKS.sink.admit(self, span)

    def on_end(self, span: ReadableSpan) -> None:
        """Build the logs that nobody else builds, and look at them."""
        if self._state.joined:
            return
        with faults.guarded("error_handler"):
            for log in self._state.build(span):
                self.take(log)

    def shutdown(self) -> None:
        """Listen no more."""
        remove_listener(self)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Have everything handled that has ended."""
        if HOOKS.sink is not None:
            HOOKS.sink.flush()
        return True

    @cached_property
    def _state(self) -> _State:
        """What the handler remembers; made at its first use, so that a subclass need not call our ``__init__``."""
        return _State()


class _State:
    """Live exceptions, failures already handled, and the builder of a handler that has joined none."""

    def __init__(self) -> None:
        self.exceptions: OrderedDict[str, BaseException] = OrderedDict()
        self.handled: OrderedDict[tuple[str, str], None] = OrderedDict()
        self.joined = False
        self._builder = LogBuilder()
        self._lock = threading.Lock()

    def keep(self, failure: Failure) -> None:
        if failure.exception is not None:
            self.exceptions[failure.id] = failure.exception
            while len(self.exceptions) > MAX_KEPT:
                self.exceptions.popitem(last=False)

    def is_new(self, failure_id: str, level: str) -> bool:
        if not failure_id:
            return True
        new = (failure_id, level) not in self.handled
        self.handled[failure_id, level] = None
        if len(self.handled) > MAX_HANDLED:
            self.handled.popitem(last=False)
        return new

    def build(self, span: ReadableSpan) -> list[OperationLog]:
        with self._lock:
            return self._builder.add(record_of(span))


def _log_of_unrecorded(failed: UnrecordedFailure) -> OperationLog:
    """Make the log of one node that stands for an operation without a span."""
    failure = failed.failure
    return OperationLog(
        name=failed.name,
        kind=Kind.OPERATION,
        detail=failed.detail,
        outcome=failed.outcome,
        trace_id="0" * 32,
        span_id="0" * 16,
        start_ns=failed.start_ns,
        end_ns=failed.end_ns,
        context={key: value for key, value in failed.attributes.items() if is_of_context(key)},
        failure=OperationFailure(failure.type, failure.message, failure.id, failure.origin),
    )
