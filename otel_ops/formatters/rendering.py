"""From rich's objects to text: plain, or with ANSI colours."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console

from otel_ops.outputs.page import Page

if TYPE_CHECKING:
    from rich.console import RenderableType

_ASCII = str.maketrans({"µ": "u", "…": "~", "⏎": " ", "×": "x"})


def rendered(items: Iterable[RenderableType], page: Page) -> str:
    """Give the text of the items, one below the other; without trailing spaces where there are no colours."""
    file = io.StringIO()
    console = Console(
        file=file,
        width=page.width,
        force_terminal=page.color,
        color_system="standard" if page.color else None,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        _environ={},
    )
    for item in items:
        console.print(item, no_wrap=True, overflow="ignore", crop=False)
    text = file.getvalue()
    if not page.color:
        text = "".join(f"{line.rstrip()}\n" for line in text.split("\n")[:-1])
    return text if page.unicode else text.translate(_ASCII).encode("ascii", "replace").decode("ascii")
