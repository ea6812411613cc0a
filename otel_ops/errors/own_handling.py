"""Calls what operations have for their own failures: the argument ``on_error``."""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING, Any

from otel_ops import faults
from otel_ops.core.hooks import HOOKS, Failure, UnrecordedFailure
from otel_ops.errors.calls import Call, Calls
from otel_ops.errors.error_data import ErrorData
from otel_ops.errors.handler import ErrorHandler
from otel_ops.errors.live_exceptions import LiveExceptions
from otel_ops.errors.reported import attempts_of, log_of_unrecorded, overcome, stacks_in, with_stack
from otel_ops.forks import renew_in_children

if TYPE_CHECKING:
    from opentelemetry.trace import Span

    from otel_ops.operation_log import OperationLog

MAX_WAITING = 10_000
"""Most failed operations whose log is waited for."""

_UNTOLD = (
    f"more than {MAX_WAITING:,} operations with on_error have failed inside of operations that are open; it is not "
    "called for the oldest"
)


class OwnHandling:
    """Waits for the logs of operations that have failed, and have something to be called then; on one thread for all.

    It takes part in the pipeline from the first such failure on.
    """

    synchronous = False

    def __init__(self) -> None:
        self._calls = Calls("on_error", lambda: None)
        self.renew()
        renew_in_children(self)

    def renew(self) -> None:
        """Leave to the process that this one was forked from what belongs to it."""
        self._waiting: OrderedDict[str, Any] = OrderedDict()
        self._exceptions = LiveExceptions()

    def failed(self, on_error: Any, failure: Failure, span: Span) -> None:
        """Wait for the log of an operation that has failed."""
        if self._calls.is_inside or HOOKS.sink is None or not HOOKS.sink.admit(self, span):
            return
        span_id = span.get_span_context().span_id
        self._waiting[f"{span_id:016x}"] = on_error
        self._exceptions.keep(failure, span_id)
        if len(self._waiting) > MAX_WAITING:
            self._waiting.popitem(last=False)
            faults.warn("error_handler.untold", _UNTOLD)

    def unrecorded(self, on_error: Any, failed: UnrecordedFailure) -> None:
        """Have called at once what an operation has that left no span."""
        if not self._calls.is_inside and HOOKS.sink is not None and HOOKS.sink.admit(self):
            log = log_of_unrecorded(failed)
            if log.failure is not None:
                self._call(on_error, log, ErrorData(log.failure, failed.failure.exception, log, None, log.context))

    def take(self, operation_log: OperationLog) -> None:
        """Look for those that are waited for in the log of a finished operation."""
        if not self._waiting:
            return
        held, attempts, stacks = overcome(operation_log), attempts_of(operation_log), stacks_in(operation_log)
        for log in reversed(list(operation_log.walk())):
            on_error = self._waiting.pop(log.span_id, None)
            if on_error is not None and log.failure is not None and id(log) not in held:
                failure, context = with_stack(log.failure, stacks), {**operation_log.context, **log.context}
                exception = self._exceptions.find(failure.id, log.span_id)
                data = ErrorData(failure, exception, operation_log, attempts.get(id(log)), context)
                self._call(on_error, log, data)
            self._exceptions.forget(log)

    def _call(self, on_error: Any, log: OperationLog, error_data: ErrorData) -> None:
        function = on_error.handle_failure if isinstance(on_error, ErrorHandler) else on_error
        data = error_data.without_exception() if self._calls.is_crowded else error_data
        self._calls.add(Call(partial(function, log, data), f"on_error of {log.name!r}"))

    def seen(self, failure: Failure, span_id: int) -> None:
        """Learn of other failures, which are none of its own."""

    def start(self) -> None:
        """Start the thread."""
        self._calls.start()

    def flush(self, seconds: float) -> bool:
        """Have everything called that was found; tell whether it was done in time."""
        return self._calls.flush(seconds)

    def close(self) -> None:
        """Have everything called that was found."""
        self._calls.close(lambda: None)

    def wait_for_end(self, seconds: float) -> bool:
        """Wait until it is closed; tell whether it was done in time."""
        return self._calls.join(seconds)


OWN_HANDLING = OwnHandling()
"""The one of this process."""
