"""Tables: one row for each operation, with start, duration and self time."""

from __future__ import annotations

from rich import box
from rich.table import Table
from rich.text import Text

from otel_ops.formatters import wording
from otel_ops.formatters.base import LaidOutFormatter
from otel_ops.formatters.rendering import rendered
from otel_ops.formatters.rows import Fold, Row, rows_of
from otel_ops.operation_log import OperationLog

MIN_WIDTH = 72
"""Narrowest table, in columns."""

_INDENT = "  "


class TableFormatter(LaidOutFormatter):
    """Shows a log as a table: operation, outcome, start after the first one's, duration, self time, what is known."""

    def format_operation_log(self, operation_log: OperationLog) -> str:
        """Give a table with a header."""
        log = operation_log.pruned(self._detail)
        rows, left_out = rows_of(log, self._max_rows)
        table = self._empty_table()
        for row in rows:
            table.add_row(*self._cells(row, log))
        note = [Text(f"… {left_out} more", style="dim")] if left_out else []
        return rendered((table, *note), self._page)

    def _empty_table(self) -> Table:
        width = max(MIN_WIDTH, self._page.width)
        table = Table(
            box=box.SIMPLE_HEAD if self._page.unicode else box.ASCII,
            width=width,
            header_style="bold",
            pad_edge=False,
        )
        table.add_column("operation", no_wrap=True, overflow="ellipsis", max_width=width // 3)
        table.add_column("outcome", no_wrap=True, overflow="ellipsis", max_width=11)
        for name in ("start", "duration", "self"):
            table.add_column(name, no_wrap=True, justify="right", min_width=8)
        table.add_column("attributes", no_wrap=True, overflow="ellipsis", ratio=1)
        return table

    def _cells(self, row: Row, root: OperationLog) -> tuple[Text, ...]:
        indent = _INDENT * row.depth
        log = row.log
        if isinstance(log, Fold):
            name = Text(f"{indent}… {log.number} more {wording.safe(log.name)}", "dim")
            return (name, Text(), Text(), Text(wording.duration(log.total_ns), "dim"), Text(), Text("together", "dim"))
        mark = wording.mark(log, unicode=self._page.unicode)
        style = "bold red" if log.failed else ""
        return (
            Text(f"{indent}{wording.safe(log.name)}", style or ("bold" if row.depth == 0 else "")),
            Text(f"{mark} {log.outcome}".strip(), style or "dim"),
            Text(f"+{wording.duration(max(0, log.start_ns - root.start_ns))}", "dim"),
            Text(wording.duration(log.duration_ns)),
            Text(wording.duration(log.self_ns)),
            _told(log, row.around),
        )


def _told(log: OperationLog, around: OperationLog | None) -> Text:
    words = [
        (wording.failure(log), "red"),
        (", ".join(wording.remarks(log)), "yellow"),
        (wording.attributes(wording.context_beyond(log, around)), "cyan"),
        (wording.attributes(log.attributes), "dim"),
    ]
    return Text("  ").join(Text(text, style) for text, style in words if text)
