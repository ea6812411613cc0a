"""Formatters: operation logs as trees, tables, JSON and XML, and the exporter that writes them.

Each name is imported when it is first used: trees and tables need rich, which costs a program's start something.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from otel_ops.formatters.base import OutputFormatter
    from otel_ops.formatters.exporter import FormattedSpanExporter
    from otel_ops.formatters.json import JSONFormatter
    from otel_ops.formatters.names import formatter_named
    from otel_ops.formatters.table import TableFormatter
    from otel_ops.formatters.tree import TreeFormatter
    from otel_ops.formatters.xml import XMLFormatter
    from otel_ops.outputs import FileRules, LogFilter, Page, page_of
    from otel_ops.schema import read_operation_log

__all__ = [
    "FileRules",
    "FormattedSpanExporter",
    "JSONFormatter",
    "LogFilter",
    "OutputFormatter",
    "Page",
    "TableFormatter",
    "TreeFormatter",
    "XMLFormatter",
    "formatter_named",
    "page_of",
    "read_operation_log",
]

_LAZY = {
    "FileRules": "otel_ops.outputs",
    "FormattedSpanExporter": "otel_ops.formatters.exporter",
    "JSONFormatter": "otel_ops.formatters.json",
    "LogFilter": "otel_ops.outputs",
    "OutputFormatter": "otel_ops.formatters.base",
    "Page": "otel_ops.outputs",
    "TableFormatter": "otel_ops.formatters.table",
    "TreeFormatter": "otel_ops.formatters.tree",
    "XMLFormatter": "otel_ops.formatters.xml",
    "formatter_named": "otel_ops.formatters.names",
    "page_of": "otel_ops.outputs",
    "read_operation_log": "otel_ops.schema",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return globals().setdefault(name, getattr(import_module(_LAZY[name]), name))


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
