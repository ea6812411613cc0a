"""Tables: one row for each operation, with start, duration and self time, in columns as wide as they need be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from otel_ops.durations import duration_in_words
from otel_ops.formatters import wording
from otel_ops.formatters.laid_out import LaidOutFormatter, left_out_line
from otel_ops.formatters.lines import Line, Pen, Piece
from otel_ops.formatters.rows import Fold, Row
from otel_ops.operation_log import OperationLog
from otel_ops.outputs.page import Page
from otel_ops.semconv import Kind, Outcome

MIN_WIDTH = 24
"""Narrowest table, in columns."""

_GAP = "  "
_INDENT = "  "
_COMFORTABLE = 36
_MOST_FOR_NAMES = 0.55


class _Column(NamedTuple):
    """A column of figures; on narrow pages the one with the lowest rank goes first."""

    name: str
    rank: int
    to_the_right: bool = True


_COLUMNS = (
    _Column("outcome", 5, to_the_right=False),
    _Column("start", 1),
    _Column("duration", 4),
    _Column("self", 3),
    _Column("share", 2),
)


class TableFormatter(LaidOutFormatter):
    """Shows a log as a table: operation, outcome, start after that of the first one, duration, self time, share."""

    def format_operation_log(self, operation_log: OperationLog) -> str:
        """Give a title with time and context, a header, the rows, and an empty line.

        Below what failed stands the reason, and what was logged last.
        """
        return self._formatted(operation_log)

    def _text(self, root: OperationLog, rows: Sequence[Row], left_out: int) -> str:
        """Lay the rows out, in the time of the whole."""
        sheet = _Sheet(root, rows, self._page)
        lines = [sheet.title(), *sheet.header(), *(line for row in rows for line in sheet.lines(row))]
        return sheet.pen.text([*lines, *left_out_line(sheet.pen, left_out, sheet.width), []])


class _Sheet:
    """Lays out the rows of one log."""

    def __init__(self, root: OperationLog, rows: Sequence[Row], page: Page) -> None:
        self.pen = Pen(page)
        self._root = root
        self._unicode = page.unicode
        self.width = max(MIN_WIDTH, page.width)
        self._figures = {id(row.log): self._figures_of(row.log) for row in rows}
        longest = max(map(self._wanted, rows))
        told = max(sum(piece.width for piece in self._told(row)) for row in rows)
        self._has_told = told > 0
        self._widths = self._widths_of_columns(min(_COMFORTABLE, self.width // 2, longest + told))
        room = self.width - sum(len(_GAP) + width for width in self._widths.values())
        self._name_width = min(longest, max(room - told, int(room * _MOST_FOR_NAMES)))
        self._max_indent = max(1, self._name_width // 4)

    def title(self) -> Line:
        """Give the first line: when it began, and in what context."""
        context = wording.attributes(wording.context_beyond(self._root, None))
        return self.pen.fitted(
            [Piece(f"{_when(self._root.start_ns)}  ", "dim"), self.pen.piece(context, "cyan")], self.width
        )

    def header(self) -> Iterator[Line]:
        """Give the names of the columns, and a rule."""
        names = [self._cell(Piece(column.name, "dim"), column) for column in _COLUMNS if column.name in self._widths]
        words = [Piece(f"{_GAP}attributes", "dim")] if self._has_told else []
        yield self.pen.fitted([*self._padded([Piece("operation", "dim")]), *names, *words], self.width)
        yield [Piece(("─" if self._unicode else "-") * self.width, "dim")]

    def lines(self, row: Row) -> Iterator[Line]:
        """Give the line of a row and, where it failed, the reason and what it had logged."""
        log = row.log
        figures = zip(_COLUMNS, self._figures[id(log)], strict=True)
        cells = [self._cell(piece, column) for column, piece in figures if column.name in self._widths]
        yield self.pen.fitted([*self._padded(self._name(row)), *cells, *self._told(row)], self.width)
        if not isinstance(log, Fold):
            indent = Piece(_INDENT * (min(row.depth, self._max_indent) + 1))
            for text, style in self._below(log):
                yield self.pen.fitted([indent, self.pen.piece(text, style)], self.width)

    def _below(self, log: OperationLog) -> Iterator[tuple[str, str]]:
        """Say why an operation failed, and what it had logged then."""
        if reason := wording.reason(log):
            yield reason, "red"
        for record, text, style in wording.last_logged(log):
            after = duration_in_words(max(0, record.time_ns - log.start_ns))
            yield f"+{after}  {text}", style

    def _widths_of_columns(self, wanted: int) -> dict[str, int]:
        """Give the widths of the columns that the page has room for, beside so many for names and attributes."""
        cells = zip(_COLUMNS, zip(*self._figures.values(), strict=True), strict=True)
        widths = {column.name: max(len(column.name), *(piece.width for piece in pieces)) for column, pieces in cells}
        for column in sorted(_COLUMNS, key=lambda column: column.rank):
            if sum(len(_GAP) + width for width in widths.values()) + wanted <= self.width:
                break
            if len(widths) > 1:
                del widths[column.name]
        return widths

    def _figures_of(self, log: OperationLog | Fold) -> tuple[Piece, ...]:
        if isinstance(log, Fold):
            total = Piece(duration_in_words(log.total_ns), "dim")
            return (Piece(""), self._start(log), total, Piece(""), self._share(log.total_ns))
        return (
            self._outcome(log),
            self._start(log),
            self.pen.piece(duration_in_words(log.duration_ns)),
            self.pen.piece(duration_in_words(log.self_ns)),
            self._share(log.duration_ns),
        )

    def _outcome(self, log: OperationLog) -> Piece:
        """Give mark and outcome; a context in which nothing went wrong has none, as it did nothing itself."""
        if log.kind == Kind.CONTEXT and log.outcome == Outcome.OK:
            return Piece("")
        mark = wording.mark(log, unicode=self._unicode)
        return self.pen.piece(f"{mark} {wording.safe(log.outcome)}".strip(), "bold red" if log.failed else "dim")

    def _start(self, log: OperationLog | Fold) -> Piece:
        after = log.start_ns - self._root.start_ns
        return self.pen.piece(f"{'-' if after < 0 else '+'}{duration_in_words(abs(after))}" if after else "0", "dim")

    def _share(self, nanoseconds: int) -> Piece:
        return Piece(wording.share(nanoseconds, self._root.duration_ns), "dim")

    def _name(self, row: Row) -> Line:
        return [self.pen.piece(self._indent(row.depth), "dim"), self.pen.piece(_name(row.log), _style(row))]

    def _indent(self, depth: int) -> str:
        """Give the spaces before a name; where there are too many, the number of the level stands for them."""
        if depth <= self._max_indent:
            return _INDENT * depth
        return f"⋯{depth} ".ljust(len(_INDENT) * self._max_indent)

    def _wanted(self, row: Row) -> int:
        return max(len("operation"), len(_INDENT) * row.depth + self.pen.piece(_name(row.log)).width)

    def _told(self, row: Row) -> Line:
        if isinstance(row.log, Fold):
            return self.pen.pieces(wording.told_of_fold(row.log))
        pieces = self.pen.pieces(wording.told(row.log, row.around or self._root))
        events = len(row.log.events)
        return [*pieces, Piece(f"{_GAP}{events} event{'s'[: events > 1]}", "dim")] if events else pieces

    def _padded(self, name: Line) -> Line:
        return self.pen.fitted(name, self._name_width, filled=True)

    def _cell(self, piece: Piece, column: _Column) -> Piece:
        room = " " * (self._widths[column.name] - piece.width)
        text = room + piece.text if column.to_the_right else piece.text + room
        return Piece(_GAP + text, piece.style)


def _style(row: Row) -> str:
    return "dim" if isinstance(row.log, Fold) else wording.name_style(row.log)


def _name(log: OperationLog | Fold) -> str:
    return wording.fold_name(log) if isinstance(log, Fold) else wording.safe(log.name)


def _when(nanoseconds: int) -> str:
    try:
        return f"{datetime.fromtimestamp(nanoseconds // 10**9).astimezone():%Y-%m-%d %H:%M:%S %z}"
    except (OverflowError, OSError, ValueError):
        return ""
