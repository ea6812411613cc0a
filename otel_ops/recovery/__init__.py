"""Recoveries: strategies that repair a failed operation, loops that try again, and loops that go on after a crash.

Each name is imported when it is first used; `otel_ops.errors` has them, too.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from otel_ops.core.recovering.strategy import Again, Attempt, FailedAttempt, Instead, Recovery
    from otel_ops.recovery.between import Cleanup, Reconnect
    from otel_ops.recovery.checkpoint import Checkpoint
    from otel_ops.recovery.circuit_breaker import CircuitBreaker
    from otel_ops.recovery.fallback import Fallback
    from otel_ops.recovery.loops import attempts
    from otel_ops.recovery.retry import Retry
    from otel_ops.recovery.timeout import Timeout

__all__ = [
    "Again",
    "Attempt",
    "Checkpoint",
    "CircuitBreaker",
    "Cleanup",
    "FailedAttempt",
    "Fallback",
    "Instead",
    "Reconnect",
    "Recovery",
    "Retry",
    "Timeout",
    "attempts",
]

_LAZY = {
    "Again": "otel_ops.core.recovering.strategy",
    "Attempt": "otel_ops.core.recovering.strategy",
    "Checkpoint": "otel_ops.recovery.checkpoint",
    "CircuitBreaker": "otel_ops.recovery.circuit_breaker",
    "Cleanup": "otel_ops.recovery.between",
    "FailedAttempt": "otel_ops.core.recovering.strategy",
    "Fallback": "otel_ops.recovery.fallback",
    "Instead": "otel_ops.core.recovering.strategy",
    "Reconnect": "otel_ops.recovery.between",
    "Recovery": "otel_ops.core.recovering.strategy",
    "Retry": "otel_ops.recovery.retry",
    "Timeout": "otel_ops.recovery.timeout",
    "attempts": "otel_ops.recovery.loops",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return globals().setdefault(name, getattr(import_module(_LAZY[name]), name))


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
