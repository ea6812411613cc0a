"""ErrorHandler: the base of everything that is called when an operation fails."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from otel_ops import faults
from otel_ops.core.hooks import HOOKS, remove_listener
from otel_ops.errors.calls import SLOWEST_SECONDS
from otel_ops.errors.error_data import ErrorData
from otel_ops.errors.watch import FailureWatch
from otel_ops.outputs import FailureFilter
from otel_ops.semconv import Kind

if TYPE_CHECKING:
    from opentelemetry.context import Context

    from otel_ops.operation_log import OperationLog

_WATCH = "__otel_ops_watch__"


class ErrorHandler(SpanProcessor, ABC):
    """Is called once for each failure: for the suboperation in which it began, and for the operation that it ended.

    Pass it to ``configure(error_handlers=[…])`` or to any provider's ``add_span_processor``. It is called on a thread
    of its own, one failure after the other, in the order in which operations end. An exception that it raises never
    reaches the program; it is logged once and counted in `otel_ops.diagnostics`, and after several of them the handler
    rests for a while. Operations that it runs itself are not recorded, and call no handler.

    Attributes:
        only: Which failures it is called for; settings and the program may set it.
        synchronous: Whether it is called before the operation's code goes on, on the thread that the operation ran on.
    """

    only: FailureFilter = FailureFilter()
    synchronous: bool = False

    @abstractmethod
    def handle_operation_error(self, operation_log: OperationLog, exception: BaseException | None) -> None:
        """Handle a failed operation.

        Args:
            operation_log: Its log, with the failure and all suboperations.
            exception: The live exception; None where it is of another process, the failure came from a text, or many
                have failed since then.
        """

    @abstractmethod
    def handle_suboperation_error(self, suboperation_log: OperationLog, error_data: ErrorData) -> None:
        """Handle a failure where it began; the operation may well have gone on.

        Args:
            suboperation_log: Log of the innermost suboperation that has a record of the failure; for one that is
                hidden by its level of detail, all that is known is its name, when it ended, and the failure.
            error_data: The failure, the exception and the log of the operation.
        """

    def handle_failure(self, log: OperationLog, error_data: ErrorData) -> None:
        """Handle a failure of either level; calls the method of its level.

        Args:
            log: Log of the operation or suboperation that failed.
            error_data: The failure, the exception and the log of the operation.
        """
        if log.kind == Kind.OPERATION:
            self.handle_operation_error(log, error_data.exception)
        else:
            self.handle_suboperation_error(log, error_data)

    def handle_recovered(self, operation_log: OperationLog) -> None:
        """Learn of an operation, or suboperation, that failed first and was repaired; does nothing by itself.

        Args:
            operation_log: Its log, with the attempts.
        """

    def on_idle(self) -> None:
        """Do what is due without a failure; called about once a second, on the thread of the other calls."""

    def on_close(self) -> None:
        """Do what is left to do; called once all failures are handled, when the handler is taken out or shut down."""

    @property
    def __otel_ops_listener__(self) -> FailureWatch | None:
        """What learns of failures whose spans no sampler lets through; None once the handler is shut down."""
        watch = watch_of(self)
        return None if watch.is_over else watch

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Join the builder of logs that the provider has, or have one of its own."""
        with faults.guarded("error_handler"):
            watch_of(self).join(span)

    def on_end(self, span: ReadableSpan) -> None:
        """Build the logs that nobody else builds, and look at them."""
        with faults.guarded("error_handler"):
            watch_of(self).ended(span)

    def shutdown(self) -> None:
        """Listen no more, and handle what is left, for 30 seconds at most."""
        remove_listener(watch_of(self))
        watch_of(self).close()
        watch_of(self).wait_for_end(SLOWEST_SECONDS)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Have everything handled that has ended; tell whether that was done in time."""
        ends_at = time.monotonic() + timeout_millis / 1_000
        found = HOOKS.sink is None or HOOKS.sink.force_flush(timeout_millis)
        return watch_of(self).flush(max(0.0, ends_at - time.monotonic())) and found

    def __getstate__(self) -> dict[str, Any]:
        """Go to another process without what watches for it in this one."""
        return {key: value for key, value in vars(self).items() if key != _WATCH}


def watch_of(handler: ErrorHandler) -> FailureWatch:
    """Give what watches for a handler; made at its first use, so that a subclass need not call our ``__init__``."""
    watch: FailureWatch | None = handler.__dict__.get(_WATCH)
    return watch or handler.__dict__.setdefault(_WATCH, FailureWatch(handler))
