"""Fallback: something stands in for the result."""

from __future__ import annotations

from functools import partial
from typing import Any

from otel_ops import faults
from otel_ops.core.recovering.strategy import FailedAttempt, Instead, Recovery, classes_of


class Fallback(Recovery):
    """Gives something else in the place of the result.

    Args:
        value: What is given; a function is called with the arguments of the operation, and may be a coroutine function
            where the operation is one. For a generator, give what is to be iterated over.
        on: The exceptions that it stands in for: a class or several.

    Raises:
        TypeError: `on` holds something that is no class of exceptions.
    """

    def __init__(self, value: Any, *, on: type[BaseException] | tuple[type[BaseException], ...] = Exception) -> None:
        self._value = value
        self._on = classes_of("on", on)

    def __repr__(self) -> str:
        return f"Fallback({faults.shown(self._value)})"

    def after_failure(self, failed: FailedAttempt) -> Instead | None:
        """Give the value, or call the function."""
        if not isinstance(failed.error, self._on):
            return None
        if callable(self._value):
            return Instead(call=partial(self._value, *failed.arguments, **failed.named))
        return Instead(self._value)
