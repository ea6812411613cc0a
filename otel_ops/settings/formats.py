"""Names of formats: ours, and those that installed packages add. No formatter is imported here."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points

GROUP = "otel_ops_formatter"
"""Entry-point group of formatters: a name, and a class or function that gives an ``OutputFormatter``."""

BUILT_IN: Mapping[str, str] = {
    "tree": "otel_ops.formatters.tree:TreeFormatter",
    "table": "otel_ops.formatters.table:TableFormatter",
    "json": "otel_ops.formatters.json:JSONFormatter",
    "jsonl": "otel_ops.formatters.names:json_lines",
    "xml": "otel_ops.formatters.xml:XMLFormatter",
}
"""Our own formatters, which nobody else's take the place of."""


def find_formats(name: str) -> tuple[EntryPoint, ...]:
    """Give what is installed under a name: one, none, or several that quarrel."""
    if name in BUILT_IN:
        return (EntryPoint(name, BUILT_IN[name], GROUP),)
    return tuple(entry_points(group=GROUP, name=name))


def unknown_format(name: str) -> str:
    """Say that there is no such format, which one may be meant, and which there are."""
    known = [*BUILT_IN, *sorted({point.name for point in entry_points(group=GROUP)} - set(BUILT_IN))]
    near = difflib.get_close_matches(name.lower(), known, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    return f"no such format; {hint}installed are {', '.join(known)}"
