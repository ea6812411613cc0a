"""Stories as HTML that mail programs show: one document, styles on each element, nothing loaded from elsewhere."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from rich.ansi import AnsiDecoder
from rich.console import Console
from rich.terminal_theme import TerminalTheme

from otel_ops.errors.story.parts import Fact, Section, Story, some_of
from otel_ops.errors.story.tree import StoryTree
from otel_ops.outputs.page import Page

_PAGE = Page(width=96, color=True)
_FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_BLOCK = (
    "margin:0;padding:12px;border:1px solid #d8dee4;border-radius:6px;background:#f8f9fb;color:#1f2328;"
    "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:12px;"
    "line-height:1.45;"
)
_TREE = _BLOCK + "white-space:pre;overflow-x:auto"
_STYLES = {
    "body": f"margin:0;padding:16px;background:#ffffff;color:#1f2328;{_FONT};font-size:15px;line-height:1.5",
    "story": "max-width:860px;margin:0 auto 40px",
    "h1": "margin:0 0 16px;padding:12px 16px;border-left:4px solid #c62828;background:#fdf1f0;color:#8c1d18;"
    "font-size:18px;line-height:1.35;font-weight:600;overflow-wrap:anywhere",
    "h2": "margin:24px 0 8px;font-size:15px;font-weight:600;color:#1f2328",
    "table": "border-collapse:collapse;width:100%",
    "th": "min-width:96px;padding:3px 16px 3px 0;text-align:left;vertical-align:top;font-weight:400;color:#59636e;"
    "white-space:nowrap",
    "td": "padding:3px 0;width:100%;vertical-align:top;overflow-wrap:anywhere;word-break:break-word",
    "pre": _BLOCK + "white-space:pre-wrap;overflow-wrap:anywhere",
    "a": "color:#0a58ca",
    "ul": "margin:0 auto 32px;padding:0 0 0 20px;max-width:840px",
}
_BLACK, _RED, _GREEN, _YELLOW = (31, 35, 40), (198, 40, 40), (26, 127, 55), (138, 97, 0)
_BLUE, _MAGENTA, _CYAN, _WHITE = (9, 88, 202), (130, 80, 190), (10, 110, 125), (110, 119, 129)
_NORMAL = [_BLACK, _RED, _GREEN, _YELLOW, _BLUE, _MAGENTA, _CYAN, _WHITE]
_DIMMED_TOWARDS = (176, 182, 190)
_THEME = TerminalTheme(_DIMMED_TOWARDS, _BLACK, _NORMAL, _NORMAL)


def html_of(stories: Sequence[Story], others: Sequence[str] = ()) -> str:
    """Give one document that tells stories; where there are several, a list of their titles stands first.

    Args:
        stories: What is told, at least one.
        others: Titles of what is told no more of.
    """
    titles = [story.title for story in stories] + some_of(others)
    contents = _element("ul", (f"<li>{escape(title)}</li>\n" for title in titles)) if len(titles) > 1 else ""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light only">\n'
        f"<title>{escape(titles[0])}</title>\n</head>\n"
        f"{_element('body', [contents, *map(_story, stories)])}\n</html>\n"
    )


def _story(story: Story) -> str:
    parts = [_element("h1", [escape(story.title)]), _table(story.facts), *_sections(story.sections)]
    return f'<div style="{_STYLES["story"]}">\n{"".join(parts)}</div>\n'


def _sections(sections: Iterable[Section]) -> Iterator[str]:
    for section in sections:
        yield _element("h2", [escape(section.heading)])
        yield _body(section)


def _body(section: Section) -> str:
    if isinstance(section.body, StoryTree):
        return f'<pre style="{_TREE}">{_colored(section.body.on(_PAGE))}</pre>\n'
    if isinstance(section.body, str):
        return _element("pre", [escape(section.body)])
    return _table(section.body)


def _table(facts: Iterable[Fact]) -> str:
    return _element("table", (_row(fact) for fact in facts))


def _row(fact: Fact) -> str:
    text = escape(fact.text)
    if fact.link:
        text = f'<a href="{escape(fact.link)}" style="{_STYLES["a"]}">{text}</a>'
    return f"<tr>{_element('th', [escape(fact.label)])}{_element('td', [text])}</tr>\n"


def _element(tag: str, content: Iterable[str]) -> str:
    return f'<{tag} style="{_STYLES[tag]}">{"".join(content)}</{tag}>\n'


def _colored(text: str) -> str:
    """Turn ANSI colours into styles."""
    console = Console(file=io.StringIO(), record=True, color_system="standard", force_terminal=True, _environ={})
    for line in AnsiDecoder().decode(text):
        console.print(line, soft_wrap=True, highlight=False)
    return console.export_html(theme=_THEME, code_format="{code}", inline_styles=True).rstrip()
