"""Cleanup and Reconnect: what is done between attempts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from otel_ops import faults
from otel_ops.core.recovering.strategy import Attempt, FailedAttempt, Recovery
from otel_ops.recovery.numbers import checked_callable


class Reconnect(Recovery):
    """Calls a function before each further attempt, as its first step: what it raises makes that attempt fail.

    Args:
        function: Is called without arguments; in a coroutine's operation it may be a coroutine function.

    Raises:
        TypeError: `function` cannot be called.
    """

    def __init__(self, function: Callable[[], Any]) -> None:
        checked_callable(type(self).__name__, function)
        self._function = function

    def __repr__(self) -> str:
        return f"{type(self).__name__}({faults.shown(self._function)})"

    def before_attempt(self, attempt: Attempt) -> Any:
        """Call the function, unless this is the first attempt."""
        return self._function() if attempt.number > 1 else None

    def after_failure(self, failed: FailedAttempt) -> None:
        """Leave it to others whether there is another attempt."""


class Cleanup(Reconnect):
    """Calls a function before each further attempt, to take away what the failed one has left.

    What it raises is told by a warning and counted (``recovery.failed``), and the attempt is made all the same.

    Args:
        function: Is called without arguments; in a coroutine's operation it may be a coroutine function.

    Raises:
        TypeError: `function` cannot be called.
    """

    def before_attempt(self, attempt: Attempt) -> Any:
        """Call the function, unless this is the first attempt."""
        if attempt.number == 1:
            return None
        with faults.contained("recovery", "the clean-up", repr(self)):
            given = self._function()
            return self._contained(given) if hasattr(given, "__await__") else given
        return None

    async def _contained(self, awaitable: Any) -> None:
        try:
            await awaitable
        except Exception as error:  # noqa: BLE001 - as above; a cancellation goes through
            faults.swallow("recovery", error, "the clean-up", repr(self))
