"""Finds the failures that a handler is to be called for: in operation logs, and those that left no span."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from otel_ops import faults
from otel_ops.core.hooks import HOOKS, Failure, UnrecordedFailure, add_listener
from otel_ops.core.recording import interrupted
from otel_ops.errors.error_data import ErrorData
from otel_ops.errors.reported import NO_SPAN, failures_in, overcome
from otel_ops.forks import renew_in_children
from otel_ops.log_builder import LogBuilder
from otel_ops.operation_log import OperationFailure, OperationLog
from otel_ops.semconv import RESERVED, Kind, is_of_context
from otel_ops.span_record import record_of

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import Span

MAX_KEPT = 256
"""Most spans whose live exceptions wait for the log."""

MAX_HANDLED = 10_000
"""Most failures that are remembered as handled."""


class Handler(Protocol):
    """Who is called for failures."""

    def handle_operation_error(self, operation_log: OperationLog, exception: BaseException | None) -> None:
        """Handle a failed operation."""

    def handle_suboperation_error(self, suboperation_log: OperationLog, error_data: ErrorData) -> None:
        """Handle a failure where it began."""


class FailureWatch:
    """Watches for one handler: calls it once for each failure and level.

    What the handler itself does meanwhile is not looked at: one that fails would call itself without end.
    """

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._exceptions: OrderedDict[str, dict[str, BaseException]] = OrderedDict()
        self._handled: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._builder = LogBuilder()
        self.renew()
        renew_in_children(self)

    def renew(self) -> None:
        """Forget what other threads were doing, and what they had not finished."""
        self._lock = threading.Lock()
        self._threads: set[int] = set()
        self._builder.clear()

    def join(self, span: ReadableSpan) -> bool:
        """Take part in the builder of logs that the span's provider has; tell whether it has one."""
        add_listener(self)
        return HOOKS.sink is not None and HOOKS.sink.admit(self, span)

    def ended(self, span: ReadableSpan) -> None:
        """Build the logs that nobody else builds, and look at them."""
        if not self.join(span):
            with self._lock:
                logs = self._builder.add(record_of(span))
            for log in logs:
                self.take(log)

    def take(self, operation_log: OperationLog) -> None:
        """Look for failures in the log of a finished operation, innermost first, and have each that is new handled."""
        if not self._is_handling():
            with self._handling():
                self._look_at(operation_log)

    def seen(self, failure: Failure, span: Span) -> None:
        """Keep the live exception until the log of the span comes."""
        self._keep(failure, f"{span.get_span_context().span_id:016x}")

    def unrecorded(self, failed: UnrecordedFailure) -> None:
        """Have a failed operation that left no span handled."""
        self._keep(failed.failure, NO_SPAN)
        self.take(_log_of_unrecorded(failed))

    def _is_handling(self) -> bool:
        return threading.get_ident() in self._threads

    @contextmanager
    def _handling(self) -> Iterator[None]:
        self._threads.add(threading.get_ident())
        try:
            yield
        finally:
            self._threads.discard(threading.get_ident())

    def _keep(self, failure: Failure, span_id: str) -> None:
        if failure.exception is None or self._is_handling():
            return
        self._exceptions.setdefault(span_id, {})[failure.id] = failure.exception
        if len(self._exceptions) > MAX_KEPT:
            self._exceptions.popitem(last=False)

    def _look_at(self, operation_log: OperationLog) -> None:
        held = overcome(operation_log)
        for log in reversed(list(operation_log.walk())):
            live = self._exceptions.pop(log.span_id, {})
            for failed, failure in () if id(log) in held else failures_in(log):
                if self._is_new(failure.id, failed.kind):
                    self._call(failed, ErrorData(failure, live.get(failure.id), operation_log))

    def _is_new(self, failure_id: str, level: str) -> bool:
        new = not failure_id or (failure_id, level) not in self._handled
        self._handled[failure_id, level] = None
        if len(self._handled) > MAX_HANDLED:
            self._handled.popitem(last=False)
        return new

    def _call(self, log: OperationLog, error_data: ErrorData) -> None:
        told = f"a failure of {log.name!r}"
        with interrupted(), faults.contained("error_handler", told, type(self._handler).__name__):
            if log.kind == Kind.OPERATION:
                self._handler.handle_operation_error(log, error_data.exception)
            else:
                self._handler.handle_suboperation_error(log, error_data)


def _log_of_unrecorded(failed: UnrecordedFailure) -> OperationLog:
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
