"""Report: all failures of one kind that a person is told of at once."""

from __future__ import annotations

from dataclasses import dataclass

from otel_ops.durations import duration_in_words
from otel_ops.errors.error_data import ErrorData
from otel_ops.operation_log import OperationLog
from otel_ops.semconv import Outcome

VERBS = {Outcome.ERROR: "failed", Outcome.TIMED_OUT: "timed out"}
"""What is said of an operation with this outcome."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One failure of one operation or suboperation.

    Attributes:
        log: Log of the operation or suboperation that failed.
        error_data: The failure; without the live exception, which would keep much alive.
    """

    log: OperationLog
    error_data: ErrorData

    @property
    def level(self) -> str:
        """``operation`` or ``suboperation``."""
        return self.log.kind

    @property
    def operation_log(self) -> OperationLog:
        """Log of the whole operation."""
        return self.error_data.operation_log

    @property
    def time_ns(self) -> int:
        """When it failed, in nanoseconds since the epoch."""
        return self.log.end_ns

    @property
    def reason(self) -> str:
        """Type and message of the failure."""
        short = self.error_data.type.rpartition(".")[2]
        return f"{short}: {self.error_data.message}" if self.error_data.message else short


@dataclass(frozen=True, slots=True)
class Report:
    """All failures of one kind since the last report of it.

    Attributes:
        fingerprint: The same for failures of one kind.
        count: How many there were, at least 1.
        first: The first of them.
        last: The last of them; the same as the first where there was only one.
    """

    fingerprint: str
    count: int
    first: Occurrence
    last: Occurrence

    @property
    def since_ns(self) -> int:
        """When the first of them failed, in nanoseconds since the epoch."""
        return self.first.time_ns

    @property
    def until_ns(self) -> int:
        """When the last of them failed, in nanoseconds since the epoch."""
        return self.last.time_ns

    @property
    def title(self) -> str:
        """What happened, and how often, on one line."""
        log = self.last.log
        told = f"{log.name} {VERBS.get(log.outcome, log.outcome)}: {self.last.reason}"
        return " ".join(f"{told}{self._how_often}".split())

    @property
    def _how_often(self) -> str:
        if self.count == 1:
            return ""
        period = duration_in_words(max(0, self.until_ns - self.since_ns))
        return f" ({self.count:,} times in {period})"

    def before(self, later: Report) -> Report:
        """Give one report of this and a later one of the same kind."""
        return Report(self.fingerprint, self.count + later.count, self.first, later.last)
