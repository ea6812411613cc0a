"""What becomes of failures: error handlers, which are called for each, and recoveries, which repair them.

Each name is imported when it is first used: many of them need what a program may not have.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from otel_ops.errors.apprise import AppriseErrorHandler
    from otel_ops.errors.causes import Cause
    from otel_ops.errors.desktop import DesktopErrorHandler
    from otel_ops.errors.dialogs.qt import QtErrorHandler
    from otel_ops.errors.dialogs.tk import TkErrorHandler
    from otel_ops.errors.error_data import ErrorData
    from otel_ops.errors.handler import ErrorHandler
    from otel_ops.errors.log import LogErrorHandler
    from otel_ops.errors.mail import MailErrorHandler
    from otel_ops.errors.metrics import MetricsErrorHandler
    from otel_ops.errors.notifying import NotifyingErrorHandler
    from otel_ops.errors.report import Occurrence, Report
    from otel_ops.outputs import FailureFilter
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
    "AppriseErrorHandler",
    "Attempt",
    "Cause",
    "Checkpoint",
    "CircuitBreaker",
    "Cleanup",
    "DesktopErrorHandler",
    "ErrorData",
    "ErrorHandler",
    "FailedAttempt",
    "FailureFilter",
    "Fallback",
    "Instead",
    "LogErrorHandler",
    "MailErrorHandler",
    "MetricsErrorHandler",
    "NotifyingErrorHandler",
    "Occurrence",
    "QtErrorHandler",
    "Reconnect",
    "Recovery",
    "Report",
    "Retry",
    "Timeout",
    "TkErrorHandler",
    "attempts",
]

_LAZY = {
    "Again": "otel_ops.recovery",
    "AppriseErrorHandler": "otel_ops.errors.apprise",
    "Attempt": "otel_ops.recovery",
    "Cause": "otel_ops.errors.causes",
    "Checkpoint": "otel_ops.recovery",
    "CircuitBreaker": "otel_ops.recovery",
    "Cleanup": "otel_ops.recovery",
    "DesktopErrorHandler": "otel_ops.errors.desktop",
    "ErrorData": "otel_ops.errors.error_data",
    "ErrorHandler": "otel_ops.errors.handler",
    "FailedAttempt": "otel_ops.recovery",
    "FailureFilter": "otel_ops.outputs",
    "Fallback": "otel_ops.recovery",
    "Instead": "otel_ops.recovery",
    "LogErrorHandler": "otel_ops.errors.log",
    "MailErrorHandler": "otel_ops.errors.mail",
    "MetricsErrorHandler": "otel_ops.errors.metrics",
    "NotifyingErrorHandler": "otel_ops.errors.notifying",
    "Occurrence": "otel_ops.errors.report",
    "QtErrorHandler": "otel_ops.errors.dialogs.qt",
    "Reconnect": "otel_ops.recovery",
    "Recovery": "otel_ops.recovery",
    "Report": "otel_ops.errors.report",
    "Retry": "otel_ops.recovery",
    "Timeout": "otel_ops.recovery",
    "TkErrorHandler": "otel_ops.errors.dialogs.tk",
    "attempts": "otel_ops.recovery",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return globals().setdefault(name, getattr(import_module(_LAZY[name]), name))


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
