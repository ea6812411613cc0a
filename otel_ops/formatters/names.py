"""Formatters by the names that settings and the command use."""

from __future__ import annotations

from otel_ops.formatters.base import OutputFormatter
from otel_ops.formatters.json import JSONFormatter
from otel_ops.formatters.table import TableFormatter
from otel_ops.formatters.tree import TreeFormatter
from otel_ops.formatters.xml import XMLFormatter

_BY_NAME: dict[str, type[OutputFormatter]] = {
    "tree": TreeFormatter,
    "table": TableFormatter,
    "json": JSONFormatter,
    "xml": XMLFormatter,
}


def formatter_named(name: str) -> OutputFormatter:
    """Make the formatter of this name.

    Raises:
        KeyError: there is none; settings and the command check names before.
    """
    return _BY_NAME[name]()
