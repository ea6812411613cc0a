"""Trees: each operation with its suboperations below it, durations in one column."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from rich.text import Text

from otel_ops.formatters import wording
from otel_ops.formatters.base import LaidOutFormatter
from otel_ops.formatters.rendering import rendered
from otel_ops.formatters.rows import Fold, Row, rows_of
from otel_ops.operation_log import FOREIGN, OperationLog
from otel_ops.semconv import Kind

MIN_WIDTH = 40
"""Narrowest tree, in columns."""

_DURATION_WIDTH = 12
_BAR_WIDTH = 12
_BLOCKS = " ▏▎▍▌▋▊▉█"
_UNICODE_GUIDES = ("│  ", "   ", "├─ ", "└─ ")
_ASCII_GUIDES = ("|  ", "   ", "|- ", "`- ")
_STYLES = {Kind.CONTEXT: "bold cyan", Kind.OPERATION: "bold", FOREIGN: "italic"}


class TreeFormatter(LaidOutFormatter):
    """Shows a log as a tree, with durations and their share of the whole at the right."""

    def format_operation_log(self, operation_log: OperationLog) -> str:
        """Give one line for each operation, and one more for the reason of each failure."""
        log = operation_log.pruned(self._detail)
        rows, left_out = rows_of(log, self._max_rows)
        lines = [line for row in rows for line in self._lines(row, log)]
        if left_out:
            lines.append(Text(f"… {left_out} more", style="dim"))
        return rendered(lines, self._page)

    def _lines(self, row: Row, root: OperationLog) -> Iterator[Text]:
        log = row.log
        if isinstance(log, Fold):
            yield self._line(row, Text(f"… {log.number} more {wording.safe(log.name)}", "dim"), log.total_ns, root)
            return
        context = wording.attributes(wording.context_beyond(log, row.around))
        has_own_line = log is root and log.kind != Kind.CONTEXT
        yield self._line(row, self._words(log, "" if has_own_line else context), log.duration_ns, root)
        below = self._guide((*row.is_last, not log.suboperations), below=True)
        for told, style in ((context if has_own_line else "", "cyan"), (wording.failure(log), "red")):
            if told:
                yield self._fitted(Text.assemble((below, "dim"), (told, style)), self._width)

    def _words(self, log: OperationLog, context: str) -> Text:
        mark = wording.mark(log, unicode=self._page.unicode)
        words = Text.assemble((f"{mark} " if mark else "", "bold red" if log.failed else "yellow"))
        words.append(wording.safe(log.name), "bold red" if log.failed else _STYLES.get(log.kind, ""))
        for told, style in (
            (", ".join(wording.remarks(log)), "yellow"),
            (wording.safe(log.scope.name) if log.kind == FOREIGN else "", "dim italic"),
            (context, "cyan"),
            (wording.attributes(log.attributes), "dim"),
        ):
            if told:
                words.append("  ").append(told, style)
        return words

    def _line(self, row: Row, words: Text, nanoseconds: int, root: OperationLog) -> Text:
        left = self._fitted(Text.assemble((self._guide(row.is_last), "dim"), words), self._left_width)
        told = wording.duration(nanoseconds)
        gap = self._left_width + _DURATION_WIDTH - left.cell_len - cell_len(told)
        share = nanoseconds / root.duration_ns if row.is_last and root.duration_ns else 0.0
        return Text.assemble(left, " " * gap, (told, "default"), " ", (self._bar(share), "cyan"))

    @property
    def _width(self) -> int:
        return max(MIN_WIDTH, self._page.width)

    @property
    def _left_width(self) -> int:
        return self._width - _DURATION_WIDTH - 1 - _BAR_WIDTH

    def _fitted(self, text: Text, width: int) -> Text:
        text.truncate(width, overflow="ellipsis")
        return text

    def _bar(self, share: float) -> str:
        eighths = round(min(1.0, share) * _BAR_WIDTH * 8)
        if not self._page.unicode:
            return "#" * (eighths // 8)
        return "█" * (eighths // 8) + _BLOCKS[eighths % 8].strip()

    def _guide(self, is_last: tuple[bool, ...], *, below: bool = False) -> str:
        """Draw the lines that lead to a row or, with `below`, past it."""
        through, nothing, branch, end = _UNICODE_GUIDES if self._page.unicode else _ASCII_GUIDES
        before = "".join(nothing if last else through for last in is_last[:-1])
        if not is_last:
            return ""
        last = is_last[-1]
        if below:
            return before + (nothing if last else through)
        return before + (end if last else branch)
