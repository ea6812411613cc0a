"""Formatters: operation logs as trees, tables and JSON, and the exporter that writes them."""

from otel_ops.formatters.base import OutputFormatter, Page
from otel_ops.formatters.exporter import FormattedSpanExporter, page_of
from otel_ops.formatters.json import JSONFormatter, read_operation_log
from otel_ops.formatters.names import formatter_named
from otel_ops.formatters.table import TableFormatter
from otel_ops.formatters.tree import TreeFormatter

__all__ = [
    "FormattedSpanExporter",
    "JSONFormatter",
    "OutputFormatter",
    "Page",
    "TableFormatter",
    "TreeFormatter",
    "formatter_named",
    "page_of",
    "read_operation_log",
]
