"""Finds the failures that a handler is to be called for: in operation logs, and those that left no span."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from otel_ops.core.hooks import HOOKS, UnrecordedFailure, add_listener
from otel_ops.core.stacks import told_stack
from otel_ops.errors.calls import Call, Calls
from otel_ops.errors.error_data import ErrorData
from otel_ops.errors.live_exceptions import LiveExceptions
from otel_ops.errors.reported import NO_SPAN, Reported, log_of_unrecorded, reported_in
from otel_ops.forks import renew_in_children
from otel_ops.log_builder import LogBuilder
from otel_ops.operation_log import OperationLog
from otel_ops.outputs import FailureFilter
from otel_ops.semconv import Outcome
from otel_ops.span_record import record_of

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

MAX_HANDLED = 10_000
"""Most failures that are remembered as handled."""


class Handler(Protocol):
    """Who is called for failures."""

    only: FailureFilter
    synchronous: bool

    def handle_operation_error(self, operation_log: OperationLog, exception: BaseException | None) -> None:
        """Handle a failed operation."""

    def handle_suboperation_error(self, suboperation_log: OperationLog, error_data: ErrorData) -> None:
        """Handle a failure where it began."""

    def handle_recovered(self, operation_log: OperationLog) -> None:
        """Learn of what went well in the end."""

    def handle_failure(self, log: OperationLog, error_data: ErrorData) -> None:
        """Handle a failure of either level."""

    def on_idle(self) -> None:
        """Do what is due without a failure."""

    def on_close(self) -> None:
        """Do what is left to do."""


class FailureWatch:
    """Watches for one handler: has it called once for each failure and level, on a thread of its own.

    What a handler itself does meanwhile is not looked at: one that fails would call itself without end.

    Attributes:
        seen: Keeps the live exception of a failure until the log of the span comes.
        is_over: Whether it was closed, and nobody has put it in again.
    """

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._name = type(handler).__name__
        self._exceptions = LiveExceptions()
        self.seen = self._exceptions.keep
        self._handled: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._builder = LogBuilder()
        self._calls = Calls(self._name, handler.on_idle)
        self.is_over = False
        self.renew()
        renew_in_children(self)

    def __repr__(self) -> str:
        return f"error handler {self._name}"

    def renew(self) -> None:
        """Forget what other threads were doing, and what they had not finished."""
        self._lock = threading.Lock()
        self._builder.clear()

    @property
    def synchronous(self) -> bool:
        """Whether the handler is called before the operation's code goes on."""
        return self._handler.synchronous

    def start(self) -> None:
        """Start the thread of the handler."""
        self.is_over = False
        self._calls.start()

    def flush(self, seconds: float) -> bool:
        """Have the handler called for all that was found; tell whether it was done in time."""
        return self._calls.flush(seconds)

    def close(self) -> None:
        """Have everything handled, and what the handler still holds told; `wait_for_end` waits for that."""
        self.is_over = True
        self._calls.close(self._handler.on_close)

    def wait_for_end(self, seconds: float) -> bool:
        """Wait until it is closed; tell whether it was done in time."""
        return self._calls.join(seconds)

    def join(self, span: ReadableSpan) -> bool:
        """Take part in the builder of logs that the span's provider has; tell whether it has one."""
        self.is_over = False
        add_listener(self)
        return HOOKS.sink is not None and HOOKS.sink.admit(self, span)

    def ended(self, span: ReadableSpan) -> None:
        """Build the logs that nobody else builds, and look at them."""
        if not self._calls.is_inside and not self.join(span):
            with self._lock:
                logs = self._builder.add(record_of(span))
            for log in logs:
                self.take(log)

    def take(self, operation_log: OperationLog) -> None:
        """Look for failures in the log of a finished operation, innermost first, and have each that is new handled."""
        if self._calls.is_inside:
            return
        for reported in reported_in(operation_log):
            self._report(reported, operation_log)
        for log in operation_log.walk():
            self._exceptions.forget(log)
            if log.outcome == Outcome.RECOVERED and self._handler.only.admits(log, None):
                self._call(partial(self._handler.handle_recovered, log), f"the recovery of {log.name!r}")

    def unrecorded(self, failed: UnrecordedFailure) -> None:
        """Have a failed operation that left no span handled."""
        if not self._calls.is_inside:
            self.seen(failed.failure, int(NO_SPAN, 16))
            self.take(log_of_unrecorded(failed))

    def _report(self, reported: Reported, whole: OperationLog) -> None:
        log, failure = reported.log, reported.failure
        exception = self._exceptions.find(failure.id, reported.span_id)
        kind = self._exceptions.kind_of(failure.type) if exception is None else type(exception)
        if self._is_new(failure.id, log.kind) and self._handler.only.admits(log, kind):
            if exception is not None and not failure.stacktrace:
                failure = replace(failure, stacktrace=told_stack(exception))
            live = None if self._calls.is_crowded else exception
            data = ErrorData(failure, live, whole, reported.attempt, {**whole.context, **log.context})
            self._call(partial(self._handler.handle_failure, log, data), f"a failure of {log.name!r}")

    def _is_new(self, failure_id: str, level: str) -> bool:
        new = not failure_id or (failure_id, level) not in self._handled
        self._handled[failure_id, level] = None
        if len(self._handled) > MAX_HANDLED:
            self._handled.popitem(last=False)
        return new

    def _call(self, call: Callable[[], object], about: str) -> None:
        (self._calls.at_once if self.synchronous else self._calls.add)(Call(call, about))
