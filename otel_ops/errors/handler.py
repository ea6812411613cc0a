"""ErrorHandler: the base of everything that is called when an operation fails."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from otel_ops import faults
from otel_ops.core.hooks import HOOKS, remove_listener
from otel_ops.errors.error_data import ErrorData
from otel_ops.errors.watch import FailureWatch

if TYPE_CHECKING:
    from opentelemetry.context import Context

    from otel_ops.operation_log import OperationLog

_WATCH = "__otel_ops_watch__"


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
        """Handle a failure where it began; the operation may well have gone on.

        Args:
            suboperation_log: Log of the innermost suboperation that has a record of the failure; for one that is
                hidden by its level of detail, all that is known is its name, when it ended, and the failure.
            error_data: The failure, the exception and the log of the operation.
        """

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Join the builder of logs that the provider has, or have one of its own."""
        with faults.guarded("error_handler"):
            watch_of(self).join(span)

    def on_end(self, span: ReadableSpan) -> None:
        """Build the logs that nobody else builds, and look at them."""
        with faults.guarded("error_handler"):
            watch_of(self).ended(span)

    def shutdown(self) -> None:
        """Listen no more."""
        remove_listener(watch_of(self))

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Have everything handled that has ended."""
        return HOOKS.sink is None or HOOKS.sink.force_flush(timeout_millis)

    def __getstate__(self) -> dict[str, Any]:
        """Go to another process without what watches for it in this one."""
        return {key: value for key, value in vars(self).items() if key != _WATCH}


def watch_of(handler: ErrorHandler) -> FailureWatch:
    """Give what watches for a handler; made at its first use, so that a subclass need not call our ``__init__``."""
    watch: FailureWatch | None = handler.__dict__.get(_WATCH)
    return watch or handler.__dict__.setdefault(_WATCH, FailureWatch(handler))
