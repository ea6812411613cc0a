"""OpenTelemetry-native operations: see what a program does, not just which functions it calls.

Each name is imported when it is first used; the core needs nothing but the OpenTelemetry API.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from otel_ops.version import VERSION as __version__  # noqa: N811 - the name that Python packages use

if TYPE_CHECKING:
    from otel_ops.context import OperationContext
    from otel_ops.core.running import Operation
    from otel_ops.detail import Detail, set_detail
    from otel_ops.environment import context_variables
    from otel_ops.faults import diagnostics
    from otel_ops.operation_log import OperationLog
    from otel_ops.operations import current_operation, operation
    from otel_ops.sdk import configure, shutdown

__all__ = [
    "Detail",
    "Operation",
    "OperationContext",
    "OperationLog",
    "__version__",
    "configure",
    "context_variables",
    "current_operation",
    "diagnostics",
    "operation",
    "set_detail",
    "shutdown",
]

_LAZY = {
    "Detail": "otel_ops.detail",
    "Operation": "otel_ops.core.running",
    "OperationContext": "otel_ops.context",
    "OperationLog": "otel_ops.operation_log",
    "configure": "otel_ops.sdk",
    "context_variables": "otel_ops.environment",
    "current_operation": "otel_ops.operations",
    "diagnostics": "otel_ops.faults",
    "load_ipython_extension": "otel_ops.notebook",
    "operation": "otel_ops.operations",
    "set_detail": "otel_ops.detail",
    "shutdown": "otel_ops.sdk",
    "unload_ipython_extension": "otel_ops.notebook",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return globals().setdefault(name, getattr(import_module(_LAZY[name]), name))


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
