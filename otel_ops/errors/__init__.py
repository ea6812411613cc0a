"""What becomes of failures: error handlers, which are called for each, and recoveries, which repair them.

Each name is imported when it is first used: handlers need the SDK, recoveries the API only.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from otel_ops.errors.error_data import ErrorData
    from otel_ops.errors.handler import ErrorHandler
    from otel_ops.errors.log import LogErrorHandler
    from otel_ops.recovery import (
        Again,
        Attempt,
        Checkpoint,
        CircuitBreaker,
        Cleanup,
        FailedAttempt,
        Fallback,
        Instead,
        Reconnect,
        Recovery,
        Retry,
        Timeout,
        attempts,
    )

__all__ = [
    "Again",
    "Attempt",
    "Checkpoint",
    "CircuitBreaker",
    "Cleanup",
    "ErrorData",
    "ErrorHandler",
    "FailedAttempt",
    "Fallback",
    "Instead",
    "LogErrorHandler",
    "Reconnect",
    "Recovery",
    "Retry",
    "Timeout",
    "attempts",
]

_LAZY = {
    "Again": "otel_ops.recovery",
    "Attempt": "otel_ops.recovery",
    "Checkpoint": "otel_ops.recovery",
    "CircuitBreaker": "otel_ops.recovery",
    "Cleanup": "otel_ops.recovery",
    "ErrorData": "otel_ops.errors.error_data",
    "ErrorHandler": "otel_ops.errors.handler",
    "FailedAttempt": "otel_ops.recovery",
    "Fallback": "otel_ops.recovery",
    "Instead": "otel_ops.recovery",
    "LogErrorHandler": "otel_ops.errors.log",
    "Reconnect": "otel_ops.recovery",
    "Recovery": "otel_ops.recovery",
    "Retry": "otel_ops.recovery",
    "Timeout": "otel_ops.recovery",
    "attempts": "otel_ops.recovery",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return globals().setdefault(name, getattr(import_module(_LAZY[name]), name))


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
