"""What pages of the documentation tell people to ask back ends."""

import re
from pathlib import Path

from markdown_it import MarkdownIt

_FOLDER = Path(__file__).parents[2] / "docs" / "how-to"


def asked_on(page: str) -> dict[str, str]:
    """Give the code in the second column of the tables of a page that tell what to ask, by the first column."""
    return dict(re.findall(r"^\| (.+?) \| `([^`]+[:(][^`]+)`", _text(page), re.MULTILINE))


def blocks_on(page: str, language: str) -> list[str]:
    """Give the texts of the blocks of a page that are in a language."""
    tokens = MarkdownIt().parse(_text(page))
    return [token.content for token in tokens if token.type == "fence" and token.info == language]


def _text(page: str) -> str:
    return (_FOLDER / page).read_text(encoding="utf-8")
