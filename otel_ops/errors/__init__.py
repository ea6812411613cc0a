"""Error handlers: span processors that are called for each failed operation.

Each name is imported when it is first used: many of them need what a program may not have.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from otel_ops.errors.apprise import AppriseErrorHandler
    from otel_ops.errors.desktop import DesktopErrorHandler
    from otel_ops.errors.error_data import ErrorData
    from otel_ops.errors.handler import ErrorHandler
    from otel_ops.errors.log import LogErrorHandler
    from otel_ops.errors.mail import MailErrorHandler
    from otel_ops.errors.metrics import MetricsErrorHandler
    from otel_ops.errors.notifying import NotifyingErrorHandler
    from otel_ops.errors.qt import QtErrorHandler
    from otel_ops.errors.report import Occurrence, Report
    from otel_ops.errors.tk import TkErrorHandler
    from otel_ops.outputs import FailureFilter

__all__ = [
    "AppriseErrorHandler",
    "DesktopErrorHandler",
    "ErrorData",
    "ErrorHandler",
    "FailureFilter",
    "LogErrorHandler",
    "MailErrorHandler",
    "MetricsErrorHandler",
    "NotifyingErrorHandler",
    "Occurrence",
    "QtErrorHandler",
    "Report",
    "TkErrorHandler",
]

_LAZY = {
    "AppriseErrorHandler": "otel_ops.errors.apprise",
    "DesktopErrorHandler": "otel_ops.errors.desktop",
    "ErrorData": "otel_ops.errors.error_data",
    "ErrorHandler": "otel_ops.errors.handler",
    "FailureFilter": "otel_ops.outputs",
    "LogErrorHandler": "otel_ops.errors.log",
    "MailErrorHandler": "otel_ops.errors.mail",
    "MetricsErrorHandler": "otel_ops.errors.metrics",
    "NotifyingErrorHandler": "otel_ops.errors.notifying",
    "Occurrence": "otel_ops.errors.report",
    "QtErrorHandler": "otel_ops.errors.qt",
    "Report": "otel_ops.errors.report",
    "TkErrorHandler": "otel_ops.errors.tk",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return globals().setdefault(name, getattr(import_module(_LAZY[name]), name))


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
