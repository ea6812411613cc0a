"""MarkdownFormatter."""

from __future__ import annotations

import re
from collections.abc import Iterator

from otel_ops import OperationLog
from otel_ops.formatters import OutputFormatter

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+.!|~&-])")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class MarkdownFormatter(OutputFormatter):
    """Gives each log as a nested list, with durations in milliseconds.

    Args:
        heading: Level of the heading above each operation, 1 to 6; 0 for none.
        context: Whether the values of the context are told.
    """

    def __init__(self, *, heading: int = 0, context: bool = True) -> None:
        if not 0 <= heading <= 6:
            msg = f"heading = {heading}: must be from 0 to 6"
            raise ValueError(msg)
        self._heading = heading
        self._context = context

    def format_operation_log(self, operation_log: OperationLog) -> str:
        """Give the list, and an empty line."""
        return "".join(f"{line}\n" for line in [*self._lines(operation_log), ""])

    def _lines(self, log: OperationLog) -> Iterator[str]:
        if self._heading:
            yield f"{'#' * self._heading} {_escaped(log.name)}"
            yield ""
        for depth, step in log.walk_with_depth():
            yield "  " * depth + f"- {_told(step)}"
        if self._context and log.context:
            values = (f"{_escaped(key)} = {_escaped(str(value))}" for key, value in log.context.items())
            yield ""
            yield "; ".join(values)


def _told(log: OperationLog) -> str:
    told = f"{_escaped(log.name)} {log.duration_ns / 1e6:.1f} ms"
    if not log.failed:
        return told
    reason = f"{log.failure.type}: {log.failure.message}" if log.failure else log.outcome
    return f"**{told}**, {_escaped(reason)}"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text))
