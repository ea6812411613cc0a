"""Targets: texts such as ``package.module:Class.method`` that say which callables are operations.

::

    target = module [":" path]          without a path: all of the module
    module = name ("." segment)*        "**" stands for any number of segments, none as well
    path   = segment ("." segment)*     "**" at the end: at any depth of classes
    segment = name | glob               a glob is one of *, ?, [seq] and names of one segment

Globs leave out private names unless they begin with an underscore themselves, and special names (``__init__``) always.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import NamedTuple

from otel_ops.detail import Detail

ANY_DEPTH = "**"

RECORDERS = ("otel_ops", "opentelemetry", "builtins", "threading", "_thread")
"""Packages with which operations are recorded: each of theirs would lead to more."""

_GLOB = re.compile(r"[*?\[]")
_SEGMENT = re.compile(r"(?:\w|[*?]|\[!?[\w-]+\])+")


class Target(NamedTuple):
    """Which callables are meant.

    Attributes:
        text: As it was written.
        module: Names or globs of the module, segment by segment.
        path: Names or globs inside of the module.
    """

    text: str
    module: tuple[str, ...]
    path: tuple[str, ...]

    @property
    def root(self) -> str:
        """Name of the package that all modules of it are in."""
        return self.module[0]

    @property
    def module_name(self) -> str | None:
        """Name of the only module that it is about; None where a glob says which."""
        return None if any(map(is_glob, self.module)) else ".".join(self.module)

    @property
    def is_one(self) -> bool:
        """Whether it can only be one callable or one class."""
        path = self.path[:-1] if self.path[-1] == "*" and len(self.path) > 1 else self.path
        return not any(map(is_glob, (*self.module, *path)))

    def selects(self, module: str) -> bool:
        """Tell whether it is about callables of a module of this name."""
        return _fit_all(self.module, module.split("."))


@dataclass(frozen=True, slots=True)
class DeclaredOperation:
    """Callables that are to be operations although nobody has decorated them.

    Attributes:
        target: Which ones, such as ``package.module:function``, ``package.module:Class.*`` or ``package.**``.
        name: Name of the operation, or of the class in the names of its methods.
        detail: Level at which it is recorded.
        capture: Arguments to record, as with `otel_ops.operation`; of several callables, each those that it has.
        record_result: Whether the result is recorded.
        attributes: Attributes of every run.
    """

    target: Target
    name: str | None = None
    detail: Detail = Detail.STANDARD
    capture: tuple[str, ...] = ()
    record_result: bool = False
    attributes: Mapping[str, object] = field(default_factory=dict)


def parse_target(text: str) -> Target:
    """Read a target.

    Raises:
        ValueError: it cannot be meant; the message says what would be right.
    """
    module, colon, path = (part.strip() for part in text.partition(":"))
    if module.endswith(".py") or re.search(r"[\\/]", text):
        msg = "is the name of a file; name the module as the program imports it, such as package.module:function"
        raise ValueError(msg)
    target = Target(text.strip(), tuple(module.split(".")), tuple((path if colon else ANY_DEPTH).split(".")))
    _check(target)
    return target


def _check(target: Target) -> None:
    for segment in (*target.module, *target.path):
        if segment != ANY_DEPTH and (not _SEGMENT.fullmatch(segment) or ANY_DEPTH in segment or segment[0].isdigit()):
            msg = f"has {segment!r} where a name or a glob belongs; write package.module:function, or package.**"
            raise ValueError(msg)
    if is_glob(target.root):
        msg = "must begin with the name of a package or module; write package.** for all that is in one"
        raise ValueError(msg)
    if ANY_DEPTH in target.path[:-1]:
        msg = "has ** in the midst of a path; it stands at its end, such as package.module:Class.**"
        raise ValueError(msg)
    if target.root in RECORDERS:
        msg = f"is of {target.root}, with which operations are recorded; name callables of the program"
        raise ValueError(msg)


def is_glob(segment: str) -> bool:
    """Tell whether a segment may fit several names."""
    return _GLOB.search(segment) is not None


def fits(segment: str, name: str) -> bool:
    """Tell whether a segment of a target means a name."""
    if segment == name:
        return True
    if is_special(name) or (is_private(name) and not segment.startswith("_")):
        return False
    return fnmatchcase(name, segment)


def is_private(name: str) -> bool:
    """Tell whether a name is nobody's but its owner's."""
    return name.startswith("_")


def is_special(name: str) -> bool:
    """Tell whether a name is one of Python's own."""
    return name.startswith("__") and name.endswith("__")


def _fit_all(segments: Sequence[str], names: Sequence[str]) -> bool:
    if not segments or not names:
        return not names and all(segment == ANY_DEPTH for segment in segments)
    if segments[0] == ANY_DEPTH:
        return _fit_all(segments[1:], names) or (not is_private(names[0]) and _fit_all(segments, names[1:]))
    return fits(segments[0], names[0]) and _fit_all(segments[1:], names[1:])
