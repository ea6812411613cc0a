"""How the recovery of one run goes: attempts, retries, and what is told of them in the end."""

from __future__ import annotations

from time import monotonic
from typing import Any

from otel_ops import semconv
from otel_ops.core.recovering import retries
from otel_ops.core.recovering.strategy import Recovery
from otel_ops.semconv import Outcome


class Course:
    """How the recovery of one run goes; begins when something fails.

    Attributes:
        number: Number of the latest attempt.
        wait_seconds: How long was waited before it.
        inside: Retries of the operations inside that have failed for good.
        own: How many retries the run itself has made.
        failed_at: When an attempt failed for the first time, by the monotonic clock.
        strategy: The strategy that has decided last.
    """

    __slots__ = ("failed_at", "inside", "number", "own", "strategy", "wait_seconds")

    def __init__(self) -> None:
        self.number = 1
        self.wait_seconds = 0.0
        self.inside = retries.NONE
        self.own = 0
        self.failed_at = monotonic()
        self.strategy: Recovery | None = None

    def note_inside(self, error: BaseException) -> None:
        """Count the retries of the operations inside that an exception has left."""
        made, allowed = retries.noted_on(error)
        self.inside = retries.Retries(self.inside.made + made, max(self.inside.allowed, allowed))

    def told(self) -> dict[str, Any]:
        """Give the attributes of an operation that has recovered."""
        return {
            semconv.OUTCOME: Outcome.RECOVERED,
            semconv.ATTEMPTS: self.number,
            semconv.RECOVERED_BY: type(self.strategy).__qualname__,
            semconv.RECOVERY_SECONDS: round(monotonic() - self.failed_at, 6),
        }
