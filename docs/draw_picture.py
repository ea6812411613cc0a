"""Draws the picture in the README: of the trees that the demo prints, one of each kind."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

WIDTH = 108
PICTURE = Path(__file__).parent / "images" / "demo.svg"
SHOWN = "10_K_per_min", "80_K_per_min", "compare series"
"""What stands in the trees that are shown: a good series, the broken one, and what is done with all."""

_THEME = TerminalTheme(
    (22, 27, 34),
    (201, 209, 217),
    [(72, 79, 88), (255, 123, 114), (126, 231, 135), (227, 179, 65), (121, 192, 255), (210, 168, 255), (86, 212, 221),
     (177, 186, 196)],
)  # fmt: skip
_WITH_ADDRESS = re.compile(r"@font-face \{.*?\}\s*|<!-- Generated.*?-->\s*", re.DOTALL)
"""Fonts from elsewhere: the viewer's own serve."""

_SPACE = "&#160;"
_LETTER_WIDTH = 12.2
_INDENTED = re.compile(
    r'(?P<head><text[^>]*?) x="(?P<x>[\d.]+)"(?P<middle>[^>]*?) textLength="(?P<length>[\d.]+)"(?P<tail>[^>]*)>'
    rf"(?P<spaces>(?:{_SPACE})+)"
)


def main() -> None:
    """Run the demo with colours, and draw some of the trees that it prints."""
    environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "PYTHONUTF8": "1"}
    command = [str(Path(sys.executable).with_name("otel-ops")), "demo", "--only-tree"]
    printed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    trees = [tree for tree in _trees(Text.from_ansi(printed)) if any(words in tree.plain for words in SHOWN)]
    console.print(*trees, sep="\n")
    PICTURE.parent.mkdir(exist_ok=True)
    picture = console.export_svg(title="make demo, in part", theme=_THEME, unique_id="demo")
    PICTURE.write_text(_INDENTED.sub(_moved, _WITH_ADDRESS.sub("", picture)), encoding="utf-8")


def _trees(printed: Text) -> list[Text]:
    """Take apart what was printed: a tree begins where a line is not indented."""
    trees: list[Text] = []
    for line in printed.split("\n"):
        if line.plain[:1].isalpha() or line.plain.startswith("✗"):
            trees.append(line)
        else:
            trees[-1] = Text("\n").join((trees[-1], line))
    return trees


def _moved(text: re.Match[str]) -> str:
    """Begin a text where its first letter is: some viewers leave out spaces at the beginning."""
    spaces, width = len(text["spaces"]) // len(_SPACE), float(text["length"])
    letters = round(width / _LETTER_WIDTH)
    shift = spaces * width / letters
    place = f'x="{float(text["x"]) + shift:g}"{text["middle"]} textLength="{width - shift:g}"'
    return f"{text['head']} {place}{text['tail']}>"


if __name__ == "__main__":
    main()
