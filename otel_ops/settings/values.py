"""Readers of single settings: each turns what a source gave into what the settings hold, or says what is wrong.

A reader raises `WrongValueError`; one that reads a list or a table reports everything that is wrong in it at once.
"""

from __future__ import annotations

import logging
import os
import reprlib
import string
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import Any, Literal, NamedTuple

from otel_ops.detail import Detail, DetailRule
from otel_ops.redaction import redacted_setting

PLACEHOLDERS = ("date", "pid", "process", "service")
"""What may stand in braces in the path of a trace file."""

RELOAD_SIGNALS = ("SIGHUP", "SIGUSR1", "SIGUSR2")
"""The signals that may ask for the settings to be read again."""

_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

Reader = Callable[[Any], Any]

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 80


class Finding(NamedTuple):
    """One thing that is wrong; `place` is where in the setting, such as ``outputs[1].format``."""

    value: object
    what: str
    place: str = ""

    @property
    def shown(self) -> str:
        """The value as a message has it: short, without what looks like a credential."""
        return redacted_setting(shown(self.value), self.place)


class WrongValueError(Exception):
    """A value cannot be used; `findings` say what is wrong with which parts of it."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__(*findings)
        self.findings = findings

    def told(self, key: str) -> str:
        """Say what is wrong with a setting, a line for each finding."""
        return "\n".join(f"{key}{found.place} = {found.shown} (setting): {found.what}" for found in self.findings)


def wrong(value: object, what: str) -> WrongValueError:
    """Make the error of a value with one thing wrong."""
    return WrongValueError(Finding(value, what))


def unknown(what: str, name: object, names: Iterable[str]) -> str:
    """Say that a name is unknown and which one may be meant: the nearest, or any of them."""
    import difflib  # noqa: PLC0415 - wrong names are rare, and a program must start fast

    right = {known.lower(): known for known in names}
    nearest = difflib.get_close_matches(name.lower() if isinstance(name, str) else "", right, n=1)
    remedy = f"did you mean {right[nearest[0]]}?" if nearest else f"use one of {', '.join(right.values())}"
    return f"no such {what}; {remedy}"


def shown(value: object) -> str:
    """Show any value in little room."""
    try:
        return _SHORT.repr(value)
    except ValueError:  # Python refuses to print enormous integers
        return "a number too long to show"


def read_all(parts: Iterable[tuple[str, Reader, object]]) -> list[Any]:
    """Read parts of a value, each given as place, reader and value.

    Raises:
        WrongValueError: with the findings of all parts.
    """
    values: list[Any] = []
    findings: list[Finding] = []
    for place, read, value in parts:
        try:
            values.append(read(value))
        except WrongValueError as error:
            findings += [finding._replace(place=place + finding.place) for finding in error.findings]
    if findings:
        raise WrongValueError(*findings)
    return values


def optional(read: Reader) -> Reader:
    """Make a reader that lets None through."""
    return lambda value: None if value is None else read(value)


def read_text(value: object, what: str = "must be text that is not empty; a number as text needs quotes") -> str:
    """Read text that says something."""
    if isinstance(value, str) and value.strip() and "\0" not in value:
        return value
    raise wrong(value, what)


def read_switch(value: object) -> bool:
    """Read true or false."""
    if isinstance(value, bool):
        return value
    raise wrong(value, "must be true or false")


def read_level(value: object) -> Detail:
    """Read a level of detail or its name."""
    try:
        return Detail.parse(value if isinstance(value, Detail) else read_text(value))
    except (ValueError, WrongValueError):
        raise wrong(value, unknown("level of detail", value, Detail.__members__)) from None


def read_log_level(value: object) -> int | str:
    """Read the name or the number of a level of Python's logging."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    name = read_text(value).strip().upper()
    if (log_level_number(name) or 0) > 0:
        return name
    raise wrong(value, unknown("level of logging", value, _LOG_LEVELS))


def log_level_number(level: int | str | None) -> int | None:
    """Give the number of a level of Python's logging; None where there is none."""
    number = logging.getLevelName(level) if isinstance(level, str) else level
    return number if isinstance(number, int) else None


def read_seconds(value: object) -> float:
    """Read a time that a thread can wait."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= threading.TIMEOUT_MAX:
        return float(value)
    raise wrong(value, f"must be a number of seconds from 0 to {threading.TIMEOUT_MAX:.0f}")


def read_positive_seconds(value: object) -> float:
    """Read a time that is longer than none."""
    seconds = read_seconds(value)
    if seconds > 0:
        return seconds
    raise wrong(value, "must be more than 0 seconds")


def read_positive_count(value: object) -> int:
    """Read a whole number of at least 1."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= sys.maxsize:
        return value
    raise wrong(value, f"must be a whole number from 1 to {sys.maxsize}")


def read_path(value: object, what: str) -> str:
    """Read the path of a file."""
    return read_text(os.fspath(value) if isinstance(value, os.PathLike) else value, what)


def read_trace_file(value: object) -> str | Literal[False] | None:
    """Read a path with placeholders, false for no file, or None for the default."""
    if value is None:
        return None
    if value is False:
        return False
    path = read_path(value, "must be a path, or false for no file")
    for name, style in _placeholders(path):
        if name not in PLACEHOLDERS or style:
            raise wrong(value, unknown("placeholder", name, PLACEHOLDERS))
    return path


def _placeholders(path: str) -> list[tuple[str, str]]:
    try:
        parts = list(string.Formatter().parse(path))
    except ValueError as error:
        raise wrong(path, f"{error}; write a brace twice where it is part of the path") from None
    return [(name, (form or "") + (conversion or "")) for _, name, form, conversion in parts if name is not None]


def one_of(what: str, names: Iterable[str], prefix: str = "") -> Reader:
    """Make a reader of names, and of any name behind a prefix where one is given."""
    known = tuple(names)
    told = (*known, f"{prefix}<name>") if prefix else known

    def read(value: object) -> object:
        if value in known or (prefix and isinstance(value, str) and _is_name(value.removeprefix(prefix), value)):
            return value
        raise wrong(value, unknown(what, value, told))

    return read


def _is_name(rest: str, whole: str) -> bool:
    """Tell whether something is left behind a prefix, and no glob."""
    return rest != whole and bool(rest) and not set(rest) & set("*?[, ")


def read_signal(value: object) -> str:
    """Read the name of a signal that this system has."""
    import signal  # noqa: PLC0415 - few programs ask for one, and a program must start fast

    here = [name for name in RELOAD_SIGNALS if hasattr(signal, name)]
    if not here:
        raise wrong(value, "there are no signals for this on this system; use watch = true")
    name: str = one_of("signal for this", here)(value)
    return name


def list_of(read_item: Reader) -> Reader:
    """Make a reader of lists; text counts as a list separated by commas."""

    def read(value: object) -> tuple[Any, ...]:
        items = [item.strip() for item in value.split(",") if item.strip()] if isinstance(value, str) else value
        if not isinstance(items, (list, tuple)):
            raise wrong(value, "must be a list")
        return tuple(read_all((f"[{index}]", read_item, item) for index, item in enumerate(items)))

    return read


def read_table(value: object, readers: Mapping[str, Reader], required: str) -> dict[str, Any]:
    """Read a table that must have one key and may have the others that there are readers for."""
    if not isinstance(value, Mapping):
        raise wrong(value, f'must be a table, such as {{{required} = "…"}}, of {", ".join(readers)}')
    if required not in value:
        raise wrong(value, f"needs the key {required}")
    parts = ((f".{key}", readers.get(key) or _refusal(key, readers), item) for key, item in value.items())
    return dict(zip(value, read_all(parts), strict=True))


def _refusal(key: object, readers: Mapping[str, Reader]) -> Reader:
    def refuse(value: object) -> None:
        raise wrong(value, unknown("key", key, readers))

    return refuse


def read_rule(value: object) -> DetailRule:
    """Read a rule of the detail gate from a table."""
    if isinstance(value, DetailRule):
        value = {**value._asdict(), "context": dict(value.context)}
    readers: dict[str, Reader] = {
        "level": read_level,
        "operation": read_text,
        "module": read_text,
        "context": read_globs,
    }
    return DetailRule(**read_table(value, readers, "level"))


def read_globs(value: object) -> tuple[tuple[str, str], ...]:
    """Read globs for values of a context by name."""
    if not isinstance(value, Mapping):
        raise wrong(value, 'must be a table of globs, such as {user = "ada"}')
    globs = read_all((f".{key}", read_text, glob) for key, glob in value.items())
    return tuple(sorted(zip(map(str, value), globs, strict=True)))


def table_of(made: Any) -> dict[str, Any]:
    """Give the table that a dataclass with globs for a context was read from."""
    table = {each.name: getattr(made, each.name) for each in fields(made)}
    return {**table, "context": dict(table["context"])}


def options_of(what: str, example: str) -> Reader:
    """Make a reader of the options that something is made with."""

    def read(value: object) -> Mapping[str, Any]:
        if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
            return dict(value)
        raise wrong(value, f"must be a table of the {what}'s options, such as {example}")

    return read
