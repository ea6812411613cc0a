"""Levels of detail, and the gate that decides whether an operation is recorded.

The gate is asked before a span is made. Order of precedence: the last rule that matches, then the level of the
nearest `OperationContext`, then the level for all.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple, Protocol, runtime_checkable

from otel_ops.semconv import CONTEXT_KEYS, META_PREFIX, SCOPE_PREFIX


class Detail(enum.IntEnum):
    """How much is told: an operation is recorded where its level is at most the gate's."""

    MINIMAL = 1
    """The few steps that tell what the program is for."""
    STANDARD = 2
    """What a user wants to see of a run; an operation, and the gate, unless they say otherwise."""
    DETAILED = 3
    """Parts of those steps; the spans of other libraries count as such."""
    DEBUG = 4
    """Everything, for finding a fault."""

    @classmethod
    def parse(cls, level: Detail | str) -> Detail:
        """Read a level from its name in any case.

        Raises:
            ValueError: the text names no level; the message lists them.
        """
        if isinstance(level, cls):
            return level
        try:
            return _MEMBERS.get(str(level)) or cls[str(level).strip().upper()]
        except KeyError:
            names = ", ".join(member.name for member in cls)
            msg = f"{level!r} is no level of detail; use one of {names}"
            raise ValueError(msg) from None

    @property
    def scope_name(self) -> str:
        """Name of the instrumentation scope that carries this level."""
        return SCOPE_PREFIX + self.name.lower()


_MEMBERS = dict(Detail.__members__)

DETAIL_OF_SCOPE = {level.scope_name: level for level in Detail}
"""The level that an instrumentation scope carries, by the scope's name."""


@runtime_checkable
class Surroundings(Protocol):
    """What the gate needs to know of the nearest `OperationContext`."""

    level: Detail | None
    """The level that the context, or one around it, asks for."""

    @property
    def attributes(self) -> Mapping[str, object]:
        """The context's values by attribute name."""


class DetailRule(NamedTuple):
    """A level for some operations.

    Attributes:
        level: Level of the operations that the rule selects.
        operation: Glob for the operation's name.
        module: Glob for the name of the module that it is in.
        context: Globs for values of its context by name: ``user``, ``file``, ``series``, ``session``, free metadata.
    """

    level: Detail
    operation: str = "*"
    module: str = "*"
    context: tuple[tuple[str, str], ...] = ()

    def matches(self, name: str, module: str, surroundings: Surroundings | None) -> bool:
        """Tell whether the rule is about an operation of this name, module and context."""
        return (
            fnmatchcase(name, self.operation)
            and fnmatchcase(module, self.module)
            and all(_has_value(surroundings, key, pattern) for key, pattern in self.context)
        )

    @property
    def selects(self) -> tuple[object, ...]:
        """What the rule is about, without its level: a new rule replaces one that selects the same."""
        return self[1:]


def _has_value(surroundings: Surroundings | None, key: str, pattern: str) -> bool:
    if surroundings is None:
        return False
    value = surroundings.attributes.get(CONTEXT_KEYS.get(key, META_PREFIX + key))
    return value is not None and fnmatchcase(str(value), pattern)


class Gate:
    """The level in force. `plain` is True while the level for all is the only thing to ask."""

    __slots__ = ("level", "plain", "rules")

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Go back to STANDARD for all, without rules."""
        self.level = Detail.STANDARD
        self.rules: tuple[DetailRule, ...] = ()
        self.plain = True

    def admits(self, level: Detail, name: str, module: str, surroundings: Surroundings | None) -> bool:
        """Tell whether an operation of this level, name and module is to be recorded."""
        for rule in reversed(self.rules):
            if rule.matches(name, module, surroundings):
                return level <= rule.level
        if surroundings is not None and surroundings.level is not None:
            return level <= surroundings.level
        return level <= self.level

    def put_rule(self, rule: DetailRule) -> None:
        """Add a rule behind the others; one that selects the same goes."""
        self.rules = (*(old for old in self.rules if old.selects != rule.selects), rule)
        self.plain = False

    def drop_rule(self, rule: DetailRule) -> None:
        """Take back the rule that selects the same."""
        self.rules = tuple(old for old in self.rules if old.selects != rule.selects)


GATE = Gate()
"""The one gate of this process."""


def set_detail(
    level: Detail | str | None,
    *,
    operation: str | None = None,
    module: str | None = None,
    context: Surroundings | Mapping[str, str] | None = None,
) -> None:
    """Change the level of detail while the program runs, from the next operation on.

    Args:
        level: A `Detail` or its name; None takes back what was set for the same selection (for all: STANDARD).
        operation: Only operations whose name matches this glob.
        module: Only operations of modules that match this glob.
        context: One `OperationContext`, or values that a context must have, each a glob: ``{"user": "ada"}``.

    Raises:
        ValueError: `level` names no level.
    """
    chosen = None if level is None else Detail.parse(level)
    if operation is None and module is None and context is None:
        GATE.level = Detail.STANDARD if chosen is None else chosen
    elif operation is None and module is None and isinstance(context, Surroundings):
        context.level = chosen
        GATE.plain = False
    else:
        rule = DetailRule(chosen or Detail.STANDARD, operation or "*", module or "*", _selection(context))
        (GATE.drop_rule if chosen is None else GATE.put_rule)(rule)


def _selection(context: Surroundings | Mapping[str, str] | None) -> tuple[tuple[str, str], ...]:
    if isinstance(context, Surroundings):
        return (("session", str(context.attributes.get(CONTEXT_KEYS["session"]))),)
    return tuple(sorted((context or {}).items()))
