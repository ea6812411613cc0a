"""What text is written on: how wide it is, and what it understands."""

from __future__ import annotations

import os
import shutil
from typing import NamedTuple, TextIO

DEFAULT_WIDTH = 100
"""Columns of a line where the output is no terminal."""

MAX_WIDTH = 1_000
"""Most columns of a line, whatever ``COLUMNS`` says."""


class Page(NamedTuple):
    """What text is written on.

    Attributes:
        width: Columns of a line.
        color: Whether ANSI colours are understood.
        unicode: Whether characters beyond ASCII can be written.
    """

    width: int = DEFAULT_WIDTH
    color: bool = False
    unicode: bool = True


def page_of(stream: TextIO) -> Page:
    """Find out how wide a stream is, and whether it understands colours and Unicode.

    ``NO_COLOR`` switches colours off, ``FORCE_COLOR`` on where the output is no terminal; ``COLUMNS`` is the width.
    """
    terminal = stream.isatty()
    known = terminal or "COLUMNS" in os.environ
    width = shutil.get_terminal_size((DEFAULT_WIDTH, 0)).columns if known else DEFAULT_WIDTH
    color = (terminal or bool(os.environ.get("FORCE_COLOR"))) and not os.environ.get("NO_COLOR")
    return Page(min(width, MAX_WIDTH), color, _writes_unicode(stream))


def _writes_unicode(stream: TextIO) -> bool:
    try:
        "│✗µ…█".encode(getattr(stream, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
