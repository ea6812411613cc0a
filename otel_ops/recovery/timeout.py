"""Timeout: bounds the time of an attempt."""

from __future__ import annotations

from otel_ops.core.recovering.strategy import FailedAttempt, Recovery
from otel_ops.recovery.numbers import checked_seconds


class Timeout(Recovery):
    """Bounds the time of each attempt: what takes longer fails with a ``TimeoutError``.

    A coroutine is cancelled. A function runs in a thread of its own, with what is current in its caller; Python cannot
    end a thread, so one that takes too long is left behind, and goes on unheeded until it returns by itself. The
    diagnostics count those (``recovery.thread_left_behind``). Generators and loops cannot have a timeout.

    Args:
        seconds: The longest time of an attempt.

    Raises:
        TypeError: `seconds` is no number.
        ValueError: it is not more than 0.
    """

    def __init__(self, seconds: float) -> None:
        self.limit_seconds = checked_seconds("seconds", seconds, zero=False)

    def __repr__(self) -> str:
        return f"Timeout({self.limit_seconds:g})"

    def after_failure(self, failed: FailedAttempt) -> None:
        """Leave it to others what becomes of an attempt that took too long."""
