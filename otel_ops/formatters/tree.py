"""Trees: each operation with its suboperations below it, durations in one column, when it ran as a bar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from otel_ops.durations import duration_in_words
from otel_ops.formatters import wording
from otel_ops.formatters.laid_out import LaidOutFormatter, left_out_line
from otel_ops.formatters.lines import Line, Pen, Piece
from otel_ops.formatters.rows import Fold, Row
from otel_ops.operation_log import OperationLog
from otel_ops.outputs.page import Page
from otel_ops.semconv import Kind
from otel_ops.span_record import EventRecord

MIN_WIDTH = 24
"""Narrowest tree, in columns."""

MAX_EVENTS = 5
"""Most events of an operation that are shown."""

_DURATION_WIDTH = 10
_BAR_WIDTH = 16
_MIN_WIDTH_WITH_BAR = 72
_LEVEL_WIDTH = 3
_DEPTH_WIDTH = 5
_UNICODE_GUIDES = ("│  ", "   ", "├─ ", "└─ ")
_ASCII_GUIDES = ("|  ", "   ", "|- ", "`- ")
_NO_BAR = Piece("")
_HALVES = {(True, True): "━", (True, False): "╸", (False, True): "╺", (False, False): " "}


class TreeFormatter(LaidOutFormatter):
    """Shows a log as a tree; at the right the durations and, as a bar, when it ran in the time of the whole."""

    def format_operation_log(self, operation_log: OperationLog) -> str:
        """Give one line for each operation, and more for its events, why it failed and what it had logged then."""
        return self._formatted(operation_log)

    def _text(self, root: OperationLog, rows: Sequence[Row], left_out: int) -> str:
        """Draw the rows, in the time of the whole."""
        drawing = _Drawing(root, self._page)
        lines = [line for row in rows for line in drawing.lines(row)]
        return drawing.pen.text([*lines, *left_out_line(drawing.pen, left_out, drawing.width)])


class _Drawing:
    """Draws the rows of one log."""

    def __init__(self, root: OperationLog, page: Page) -> None:
        self.pen = Pen(page)
        self._root = root
        self._unicode = page.unicode
        self._guides = _UNICODE_GUIDES if page.unicode else _ASCII_GUIDES
        self.width = max(MIN_WIDTH, page.width)
        self._bar_width = _BAR_WIDTH if self.width >= _MIN_WIDTH_WITH_BAR else 0
        self._left_width = self.width - _DURATION_WIDTH - 1 - (self._bar_width and self._bar_width + 2)
        self._max_depth = max(1, (self._left_width // 2 - _DEPTH_WIDTH) // _LEVEL_WIDTH)

    def lines(self, row: Row) -> Iterator[Line]:
        """Give the line of a row, and those that belong to it."""
        log = row.log
        if isinstance(log, Fold):
            words = [self.pen.piece(wording.fold_name(log), "dim"), *self.pen.pieces(wording.told_of_fold(log))]
            bar = self._bar(log.start_ns, log.end_ns, "dim")
            yield self._line([self._guide(row), *words], self._column(log.total_ns, "dim"), bar)
            return
        context = self._context_below(log)
        words = [self._guide(row), *self._words(log, log if context else row.around)]
        style = "red" if log.failed else ""
        bar = self._bar(log.start_ns, log.end_ns, style or "cyan") if row.is_last else _NO_BAR
        yield self._line(words, self._column(log.duration_ns, style), bar)
        below = self._guide(row, below=bool(log.suboperations))
        for told, style in ((context, "cyan"), (wording.reason(log), "red")):
            if told:
                yield self.pen.fitted([below, self.pen.piece(told, style)], self.width)
        yield from self._events(log, below)
        for record, text, style in wording.last_logged(log):
            yield self._moment([below, self.pen.piece(text, style)], record.time_ns - log.start_ns)

    def _context_below(self, log: OperationLog) -> str:
        """Give the whole context of a first row that is no context itself: it has a line of its own."""
        is_alone = log is self._root and log.kind != Kind.CONTEXT
        return wording.attributes(wording.context_beyond(log, None)) if is_alone else ""

    def _words(self, log: OperationLog, around: OperationLog | None) -> Line:
        mark = wording.mark(log, unicode=self._unicode)
        words = [Piece(f"{mark} ", "bold red" if log.failed else "yellow")] if mark else []
        words.append(self.pen.piece(wording.safe(log.name), wording.name_style(log)))
        if outcome := wording.outcome(log):
            words.append(self.pen.piece(f"  {outcome}", "yellow"))
        return [*words, *self.pen.pieces(wording.told(log, around))]

    def _events(self, log: OperationLog, below: Piece) -> Iterator[Line]:
        for event in log.events[:MAX_EVENTS]:
            yield self._event(event, log, below)
        if len(log.events) > MAX_EVENTS:
            more = f"· {wording.number(len(log.events) - MAX_EVENTS)} more events"
            yield self.pen.fitted([below, self.pen.piece(more, "dim")], self.width)

    def _event(self, event: EventRecord, log: OperationLog, below: Piece) -> Line:
        told = f"· {wording.safe(event.name)}  {wording.attributes(event.attributes)}"
        return self._moment([below, self.pen.piece(told.rstrip(), "dim")], event.time_ns - log.start_ns)

    def _moment(self, words: Line, after_ns: int) -> Line:
        """Give a line about a moment, so long after the start of its operation."""
        return self._line(words, self._column(max(0, after_ns), "dim", sign="+"))

    def _line(self, words: Line, column: Piece, bar: Piece = _NO_BAR) -> Line:
        room = self._left_width + _DURATION_WIDTH + 1 - column.width
        return [*self.pen.fitted(words, room, filled=True), column, bar]

    def _column(self, nanoseconds: int, style: str, sign: str = "") -> Piece:
        return self.pen.piece(f"{sign}{duration_in_words(nanoseconds)}".rjust(_DURATION_WIDTH + 1), style)

    def _bar(self, start_ns: int, end_ns: int, style: str) -> Piece:
        """Draw when something ran, in halves of a column."""
        if not self._bar_width:
            return _NO_BAR
        whole, number = max(1, self._root.duration_ns), 2 * self._bar_width
        first = min(number - 1, max(0, start_ns - self._root.start_ns) * number // whole)
        last = max(first + 1, min(number, round((end_ns - self._root.start_ns) * number / whole)))
        halves = [first <= half < last for half in range(number)]
        cells = zip(halves[::2], halves[1::2], strict=True)
        drawn = "".join(_HALVES[cell] if self._unicode else " ="[any(cell)] for cell in cells)
        return Piece(f"  {drawn}".rstrip(), style)

    def _guide(self, row: Row, *, below: bool | None = None) -> Piece:
        """Draw the lines that lead to a row; with `below` those past it, and whether something stands under it.

        Where the tree is deeper than the page has room for, the number of the level stands for the outer lines.
        """
        through, nothing, branch, end = self._guides
        levels = row.is_last[-self._max_depth :]
        outer = f"⋯{row.depth:<{_DEPTH_WIDTH - 1}}" if len(levels) < row.depth else ""
        lines = [nothing if last else through for last in levels]
        if below is not None:
            lines.append(through if below else nothing)
        elif levels:
            lines[-1] = end if levels[-1] else branch
        return self.pen.piece(outer + "".join(lines), "dim")
