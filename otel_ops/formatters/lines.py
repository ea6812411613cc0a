"""Lines of styled text, fitted to the columns of a page and written with or without ANSI colours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.color import ColorSystem
from rich.style import Style

from otel_ops.outputs.page import Page

_ASCII = str.maketrans({"µ": "u", "…": "~", "⏎": " ", "⋯": "~", "·": "*", "×": "x", "✗": "x"})


class Piece(NamedTuple):
    """Text in one style, in rich's words: ``bold red``, ``dim``; empty for none."""

    text: str
    style: str = ""

    @property
    def width(self) -> int:
        """Columns that the text takes."""
        return cell_len(self.text)


Line = list[Piece]


class Pen:
    """Writes lines on a page.

    Args:
        page: How wide it is, and what it understands.
    """

    def __init__(self, page: Page) -> None:
        self._page = page

    def piece(self, text: str, style: str = "") -> Piece:
        """Give a piece in characters that the page has."""
        if not self._page.unicode and not text.isascii():
            text = text.translate(_ASCII).encode("ascii", "replace").decode("ascii")
        return Piece(text, style)

    def pieces(self, told: Iterable[tuple[str, str]]) -> Line:
        """Give a piece for each text with its style, with a gap before it."""
        return [self.piece(f"  {text}", style) for text, style in told]

    def fitted(self, pieces: Iterable[Piece], width: int, *, filled: bool = False) -> Line:
        """Cut pieces off at a width, with an ellipsis where something is missing.

        Args:
            pieces: What stands side by side.
            width: Columns to stay within.
            filled: Whether spaces are added up to the width.
        """
        line: Line = []
        free = width
        for piece in pieces:
            if piece.width > free:
                return [*line, *self._cut(piece, free)]
            line.append(piece)
            free -= piece.width
        return [*line, Piece(" " * free)] if filled and free else line

    def _cut(self, piece: Piece, width: int) -> Line:
        ellipsis = self.piece("…").text
        return [Piece(f"{set_cell_size(piece.text, width - 1)}{ellipsis}", piece.style)] if width > 0 else []

    def text(self, lines: Iterable[Sequence[Piece]]) -> str:
        """Give the text of the lines, each with its line break and without trailing spaces."""
        written = self._colored if self._page.color else _plain
        return "".join(f"{written(line).rstrip()}\n" for line in lines)

    def _colored(self, line: Sequence[Piece]) -> str:
        return "".join(_codes(style).replace("\0", text) if text and style else text for text, style in line)


def _plain(line: Sequence[Piece]) -> str:
    return "".join(piece.text for piece in line)


@cache
def _codes(style: str) -> str:
    return Style.parse(style).render("\0", color_system=ColorSystem.STANDARD)
