"""Paths with placeholders, which each log fills in."""

from __future__ import annotations

import os
import re
import string
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from otel_ops.outputs.file_names import bounded_name, safe_name
from otel_ops.outputs.thread_names import thread_name
from otel_ops.semconv import CONTEXT_KEYS, META_PREFIX

if TYPE_CHECKING:
    from otel_ops.operation_log import OperationLog

MISSING = "none"
"""Stands for a value that an operation does not have, or that is empty."""

_META = "meta."
_META_NAME = re.compile(r"meta\.[^/!:\[\]]+")
_NANOSECONDS = 10**9


def _started(form: str) -> Callable[[OperationLog], object]:
    def words(log: OperationLog) -> str | None:
        try:
            return time.strftime(form, time.localtime(log.start_ns // _NANOSECONDS))
        except (OverflowError, OSError, ValueError):
            return None

    return words


def _of_context(attribute: str) -> Callable[[OperationLog], object]:
    return lambda log: log.context.get(attribute)


_VALUES: dict[str, Callable[[OperationLog], Any]] = {
    "date": _started("%Y-%m-%d"),
    "time": _started("%H%M%S"),
    "thread": thread_name,
    "process": lambda log: log.whereabouts().process or os.getpid(),
    "pid": lambda _: os.getpid(),
    "service": lambda log: log.resource.attributes.get("service.name"),
    "operation": lambda log: log.name,
    "outcome": lambda log: log.outcome,
    "trace": lambda log: log.trace_id,
    **{key: _of_context(attribute) for key, attribute in CONTEXT_KEYS.items()},
}

PLACEHOLDERS = (*_VALUES, f"{_META}<name>")
"""What may stand in braces."""


class PathTemplate:
    """A path with placeholders such as ``{date}``; a relative one stays where it is when the program moves.

    Whatever the values hold, the path that a log fills in lies in the folder that stands before the first placeholder.

    Args:
        text: The path; a brace that is meant is written twice.

    Raises:
        ValueError: There is no such placeholder, or a brace is left open.
        FileNotFoundError: The path is relative, and the current directory was removed.
    """

    def __init__(self, text: str | os.PathLike[str]) -> None:
        self.text = os.fspath(text)
        _check(self.text)
        self._parts = list(_parts_of(os.path.abspath(self.text)))
        self.is_fixed = all(name is None for _, name in self._parts)
        self._folder = os.path.dirname(self._parts[0][0]) if self._parts else ""

    def __str__(self) -> str:
        return "".join(_escaped(literal) + (f"{{{name}}}" if name else "") for literal, name in self._parts)

    def path_for(self, log: OperationLog) -> str:
        """Give the path for a log.

        Raises:
            OSError: A symbolic link leads out of the folder.
        """
        filled = "".join(literal + ("" if name is None else _value(name, log)) for literal, name in self._parts)
        if self.is_fixed:
            return filled
        first, *names = Path(filled).parts
        path = os.path.join(first, *map(bounded_name, names))
        self._keep_inside(path)
        return path

    @property
    def path(self) -> str | None:
        """The path, where it has no placeholder."""
        return "".join(literal for literal, _ in self._parts) if self.is_fixed else None

    def _keep_inside(self, path: str) -> None:
        folder = os.path.realpath(self._folder)
        if os.path.commonpath([folder, os.path.realpath(path)]) != folder:
            msg = f"a symbolic link leads out of {self._folder!r}: {path!r}; remove it, or write to where it leads"
            raise OSError(msg)


def _check(text: str) -> None:
    """Refuse what cannot be filled in."""
    for _, name in _parts_of(text):
        if name is None or name in _VALUES or _META_NAME.fullmatch(name):
            continue
        import difflib  # noqa: PLC0415 - wrong names are rare, and a program must start fast

        near = difflib.get_close_matches(name, PLACEHOLDERS, n=1)
        known = ", ".join(PLACEHOLDERS)
        msg = f"no such placeholder as {{{name}}}; {f'did you mean {near[0]}? ' if near else ''}there are {known}"
        raise ValueError(msg)


def _parts_of(text: str) -> Iterator[tuple[str, str | None]]:
    """Give pairs of literal text and the placeholder behind it, or None."""
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError as error:
        msg = f"{error}; write a brace twice where it is part of the path"
        raise ValueError(msg) from None
    for literal, name, form, conversion in parts:
        told = (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
        yield literal, None if name is None else name + told


def _value(name: str, log: OperationLog) -> str:
    find = _VALUES.get(name) or _of_context(META_PREFIX + name.removeprefix(_META))
    value = find(log)
    return safe_name("" if value is None else str(value)) or MISSING


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
