"""Stories as plain text, for mails, chats and windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from otel_ops.errors.story.parts import Fact, Section, Story, some_of
from otel_ops.errors.story.tree import StoryTree
from otel_ops.outputs.page import Page

WIDTH = 78
"""Columns of a line, as mails have them."""

_PAGE = Page(WIDTH)
_NARROW_PAGE = Page(60)


def text_of(stories: Sequence[Story], others: Sequence[str] = ()) -> str:
    """Give the text of stories, one after the other.

    Args:
        stories: What is told.
        others: Titles of what is told no more of.
    """
    parts = ["".join(f"{line}\n" for line in _lines(story)) for story in stories]
    if others:
        parts.append("".join(f"{line}\n" for line in ("Other failures", "", *some_of(others))))
    return f"\n{'=' * WIDTH}\n\n".join(parts)


def brief_text_of(story: Story, characters: int) -> str:
    """Give what is known, and the last operation's tree, for a message in a chat; without the title.

    Args:
        story: What is told.
        characters: Most characters; whole lines are left out at the end.
    """
    tree = next((section.body for section in story.sections if isinstance(section.body, StoryTree)), None)
    lines = [f"{fact.label}: {fact.link or fact.text}" for fact in story.facts]
    if tree:
        lines += ["", *tree.on(_NARROW_PAGE).splitlines()]
    return _as_many(lines, characters)


def _as_many(lines: Sequence[str], characters: int) -> str:
    text = "\n".join(lines)
    if len(text) <= characters:
        return text
    return text[: max(0, characters - 2)].rpartition("\n")[0] + "\n…"


def _lines(story: Story) -> Iterator[str]:
    yield story.title
    yield ""
    yield from _table(story.facts)
    for section in story.sections:
        yield ""
        yield section.heading
        yield "-" * len(section.heading)
        yield from _body(section)


def _body(section: Section) -> Iterator[str]:
    if isinstance(section.body, StoryTree):
        yield from section.body.on(_PAGE).splitlines()
    elif isinstance(section.body, str):
        yield from section.body.splitlines()
    else:
        yield from _table(section.body)


def _table(facts: Sequence[Fact]) -> Iterator[str]:
    width = max((len(fact.label) for fact in facts), default=0)
    for fact in facts:
        yield f"{fact.label:<{width}}  {fact.link or fact.text}"
