"""Lanes: what ran beside what, as blocks on one axis of time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rich.cells import cell_len

from otel_ops.durations import duration_in_words
from otel_ops.formatters import wording
from otel_ops.formatters.blocks import Block, Scale, blocks_of
from otel_ops.formatters.grouping import Grouping, Lane
from otel_ops.formatters.lines import Line, Pen, Piece
from otel_ops.outputs.page import Page

MIN_WIDTH = 32
"""Narrowest picture, in columns."""

MAX_LINES = 48
"""So many lines lanes share, at least one each; in these what runs inside, or beside, has lines of its own."""

_MAX_LEVELS = 12
_MAX_NAME = 28
_BUSY = "busy"
_BUSY_WIDTH = 6
_TICK_WIDTH = 12
_STEPS = (1, 2, 5)
_COLORS = ("cyan", "green", "yellow", "magenta", "blue", "white")
_FAILED = "bold white on red"


class _Signs(NamedTuple):
    """What a picture is drawn with where there are no colours, and its axis."""

    begin: str
    fill: str
    end: str
    alone: str
    rule: str
    tick: str


_UNICODE = _Signs("├", "─", "┤", "┃", "─", "┬")
_ASCII = _Signs("[", "-", "]", "|", "-", "+")


class LanePicture:
    """Draws a lane for each group, with the names of the operations in their blocks.

    Args:
        grouping: The lanes.
        page: How wide it may be, and what it understands.
    """

    def __init__(self, grouping: Grouping, page: Page) -> None:
        self._grouping = grouping
        self._pen = Pen(page)
        self._is_colored = page.color
        self._signs = _UNICODE if page.unicode else _ASCII
        self._width = max(MIN_WIDTH, page.width)
        longest = max(self._name(lane).width for lane in grouping.lanes)
        self._name_width = min(max(longest, len(grouping.by)), _MAX_NAME, self._width // 3) + 1
        self._scale = Scale(grouping.whole, self._width - self._name_width - _BUSY_WIDTH)
        self._levels = min(_MAX_LEVELS, max(1, MAX_LINES // len(grouping.lanes)))
        self._styles: dict[str, str] = {}

    def lines(self) -> Iterator[Line]:
        """Give the axis, the lines of each lane, and how many lanes there would be."""
        yield from self._axis()
        for lane in self._grouping.lanes:
            yield from self._lane(lane)
        if self._grouping.lanes_left_out:
            number, inside = map(wording.number, (self._grouping.lanes_left_out, self._grouping.left_out))
            more = f"… {number} more, in each of which less time was spent, with {inside} operations"
            yield self._pen.fitted([self._pen.piece(more, "dim")], self._width)

    def _axis(self) -> Iterator[Line]:
        columns, times = self._ticks()
        labels = "".join(map(str.ljust, times, [*map(_difference, columns, columns[1:]), len(times[-1])]))
        rule = self._signs.rule * self._scale.width
        for column in columns:
            rule = rule[:column] + self._signs.tick + rule[column + 1 :]
        title, room = Piece(self._grouping.by.ljust(self._name_width), "dim"), self._scale.width
        busy = Piece(_BUSY.rjust(_BUSY_WIDTH), "dim")
        yield [title, *self._pen.fitted([self._pen.piece(labels, "dim")], room, filled=True), busy]
        yield [Piece(" " * self._name_width), Piece(rule, "dim")]

    def _ticks(self) -> tuple[list[int], list[str]]:
        """Choose round times, with the columns in which they stand."""
        step = _round_up(self._scale.duration_ns * _TICK_WIDTH / self._scale.width)
        numbers = range(int(self._scale.duration_ns // step) + 1)
        columns = [round(number * step * self._scale.width / self._scale.duration_ns) for number in numbers]
        ticks = [(column, number * step) for column, number in zip(columns, numbers, strict=True)]
        shown = [
            (column, time) for column, time in ticks if column <= self._scale.width - _TICK_WIDTH // 2 or not column
        ]
        return [column for column, _ in shown], [duration_in_words(time) if time else "0" for _, time in shown]

    def _lane(self, lane: Lane) -> Iterator[Line]:
        blocks, hidden = blocks_of(lane.log, self._scale, self._levels)
        name, whole = self._title(lane), self._scale.duration_ns
        busy = wording.share(min(lane.busy_ns, whole), whole).rjust(_BUSY_WIDTH)
        told = Piece(busy, "dim")
        for level in blocks:
            yield [*self._pen.fitted(name, self._name_width - 1, filled=True), Piece(" "), *self._level(level), told]
            name, told = [], Piece("")
        if hidden and self._levels > 1:
            more = f"{' ' * self._name_width}… {wording.number(hidden)} more, further inside or beside"
            yield self._pen.fitted([self._pen.piece(more, "dim")], self._width)

    def _title(self, lane: Lane) -> Line:
        """Give its name, cut in the middle: service and process stand at its beginning, the thread at its end."""
        name, room = self._name(lane), self._name_width - 1
        if name.width <= room:
            return [name]
        end = name.text[-(room // 2) :]
        while cell_len(end) > room // 2:
            end = end[1:]
        return [*self._pen.fitted([name], room - cell_len(end)), Piece(end, name.style)]

    def _name(self, lane: Lane) -> Piece:
        return self._pen.piece(wording.safe(lane.log.name), "bold red" if lane.failed else "bold")

    def _level(self, blocks: list[Block]) -> Line:
        line: Line = []
        reached = 0
        for block in blocks:
            line += [Piece(" " * (block.first - reached)), self._block(block)]
            reached = block.end
        return [*line, Piece(" " * (self._scale.width - reached))]

    def _block(self, block: Block) -> Piece:
        words = wording.safe(block.name) + (f" × {wording.number(block.number)}" if block.number > 1 else "")
        words = f"✗ {words}" if block.failed else words
        return self._painted(words, block) if self._is_colored else self._drawn(words, block)

    def _painted(self, words: str, block: Block) -> Piece:
        """Fill a block with its colour, behind a thin line that keeps it apart from the one before."""
        style = _FAILED if block.failed else self._style_of(block.name)
        text = self._pen.fitted([self._pen.piece(words)], block.width - 1, filled=True)
        edge = "▏" if self._signs is _UNICODE else " "
        return Piece(edge + "".join(piece.text for piece in text), style)

    def _drawn(self, words: str, block: Block) -> Piece:
        """Draw a block with its ends."""
        signs, style = self._signs, "red" if block.failed else ""
        if block.width == 1:
            return Piece(signs.alone, style)
        text = "".join(piece.text for piece in self._pen.fitted([self._pen.piece(words)], block.width - 2))
        room = block.width - 2 - Piece(text).width
        return Piece(f"{signs.begin}{text}{signs.fill * room}{signs.end}", style)

    def _style_of(self, name: str) -> str:
        color = _COLORS[len(self._styles) % len(_COLORS)]
        return self._styles.setdefault(name, f"black on {color}")


def _difference(one: int, other: int) -> int:
    return other - one


def _round_up(nanoseconds: float) -> int:
    """Give the next round number: 1, 2 or 5 with noughts behind it."""
    power = 1
    while True:
        for step in _STEPS:
            if step * power >= nanoseconds:
                return step * power
        power *= 10
