"""What a handler is told of a failed suboperation."""

from __future__ import annotations

from dataclasses import dataclass

from otel_ops.operation_log import OperationFailure, OperationLog


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
