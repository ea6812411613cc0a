"""Texts of a program made fit to be sent: bounded, free of control characters, and without what looks secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from otel_ops.formatters.wording import number, safe
from otel_ops.redaction import redacted

MAX_LINE = 1_000
"""Longest line, in characters."""

MAX_TEXT = 20_000
"""Longest text of several lines, such as a stack, in characters."""

_MAX_READ = 4 * MAX_TEXT
"""Of a longer text, only the lines at its two ends are looked at."""

_HEAD = 0.25
"""The part of a text that is too long which stands before what is left out; its end tells more."""


def line_of(text: object, name: str = "") -> str:
    """Give a text as one line; all of it is hidden where the name of the value says that it is secret."""
    return _shortened(safe(without_secret(text, name)))


def lines_of(text: str) -> str:
    """Give a text of several lines; where there is too much, what stands in the middle is left out."""
    if len(text) > _MAX_READ:
        text = f"{text[: _MAX_READ // 2]}\n{text[-_MAX_READ // 2 :].partition(chr(10))[2]}"
    lines = [_shortened(safe(line)) for line in redacted(text).splitlines()]
    if sum(map(len, lines)) <= MAX_TEXT:
        return "\n".join(lines)
    head = _as_many(lines, MAX_TEXT * _HEAD)
    tail = _as_many(reversed(lines), MAX_TEXT * (1 - _HEAD))[::-1]
    return "\n".join([*head, f"… {number(len(lines) - len(head) - len(tail))} lines or more are left out …", *tail])


def without_secrets(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give attributes with what looks secret hidden; numbers stay numbers."""
    return {key: _without_secret(value, key) for key, value in values.items()}


def _without_secret(value: object, name: str) -> object:
    if value is None or isinstance(value, (int, float)):
        return redacted("", name) or value
    return without_secret(value, name)


def without_secret(value: object, name: str = "") -> str:
    """Give the text of a value, or its beginning, with what looks secret hidden."""
    return redacted(str(value)[:_MAX_READ], name)


def _shortened(line: str) -> str:
    return line if len(line) <= MAX_LINE else f"{line[: MAX_LINE - 1]}…"


def _as_many(lines: Iterable[str], characters: float) -> list[str]:
    """Give the lines that have room in so many characters."""
    kept: list[str] = []
    for line in lines:
        characters -= len(line)
        if characters < 0:
            break
        kept.append(line)
    return kept
