"""What a handler is told of a failure beside the log of what failed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from otel_ops.errors.causes import Cause, causes_of, members_of, notes_of
from otel_ops.operation_log import OperationFailure, OperationLog


@dataclass(frozen=True, slots=True)
class ErrorData:
    """What is known of a failure beside the log of the operation or suboperation that failed.

    Attributes:
        failure: Type, message, origin and stack trace.
        exception: The live exception; None where it is of another process, the failure came from a text, or many have
            failed since then.
        operation_log: Log of the operation that failed, or that the suboperation is part of.
        attempt: Number of the attempt in which it failed, 1 for the first; None where nothing is tried again.
        context: Values of its `OperationContext`, by attribute name.
    """

    failure: OperationFailure
    exception: BaseException | None
    operation_log: OperationLog
    attempt: int | None = None
    context: dict[str, Any] | None = None

    @property
    def type(self) -> str:
        """Qualified class of the exception, or ``_OTHER`` where there was none."""
        return self.failure.type

    @property
    def message(self) -> str:
        """What it says."""
        return self.failure.message

    @property
    def stacktrace(self) -> str:
        """The traceback as text, with causes; empty where it was not recorded."""
        return self.failure.stacktrace

    @property
    def origin(self) -> str:
        """Name of the operation in which it began."""
        return self.failure.origin

    @property
    def fingerprint(self) -> str:
        """The same for failures of one kind, whatever line, id or number they tell."""
        return self.failure.fingerprint

    @property
    def causes(self) -> tuple[Cause, ...]:
        """The exceptions that led to it, the nearest first."""
        return causes_of(self.exception, self.stacktrace)

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes that were added to it; empty without the live exception, whose stack tells them, too."""
        return notes_of(self.exception)

    @property
    def members(self) -> tuple[Cause, ...]:
        """The exceptions of a group; empty without the live exception, whose stack tells them, too."""
        return members_of(self.exception)

    def without_exception(self) -> ErrorData:
        """Give the same without the live exception, which keeps everything alive that its traceback refers to."""
        return self if self.exception is None else replace(self, exception=None)
