"""Formatters: operation logs as trees, tables, JSON and XML, and the exporter that writes them."""

from otel_ops.formatters.base import OutputFormatter, Page
from otel_ops.formatters.exporter import FormattedSpanExporter, page_of
from otel_ops.formatters.json import JSONFormatter
from otel_ops.formatters.names import formatter_named
from otel_ops.formatters.table import TableFormatter
from otel_ops.formatters.tree import TreeFormatter
from otel_ops.formatters.xml import XMLFormatter
from otel_ops.schema import read_operation_log

__all__ = [
    "FormattedSpanExporter",
    "JSONFormatter",
    "OutputFormatter",
    "Page",
    "TableFormatter",
    "TreeFormatter",
    "XMLFormatter",
    "formatter_named",
    "page_of",
    "read_operation_log",
]
