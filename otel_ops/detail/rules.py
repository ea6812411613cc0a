"""Rules of the detail gate: levels for some operations, by name, module and context.

A set of rules never changes, so that it is read without a lock while another is put in its place. It remembers what it
has decided, so that many rules cost no more than one.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Callable, Iterable, Mapping
from fnmatch import translate
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias, cast, runtime_checkable

from otel_ops.semconv import CONTEXT_KEYS, META_PREFIX

if TYPE_CHECKING:
    from otel_ops.detail.levels import Detail


@runtime_checkable
class Surroundings(Protocol):
    """What the gate needs to know of the nearest `OperationContext`."""

    level: Detail | None
    """The level that the context, or one around it, asks for."""
    decided: Decided | None
    """What rules have decided in the context; they keep it here."""

    @property
    def attributes(self) -> Mapping[str, object]:
        """The context's values by attribute name."""

    def outwards(self) -> Iterable[Surroundings]:
        """Give the context and those around it, from the inside out."""


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


_MAX_DECISIONS = 1_024


_Circumstances: TypeAlias = "tuple[str, str, tuple[str | None, ...], frozenset[int]]"
"""What rules can ask of an operation: name, module, values of the surroundings in the order of `RuleSet._attributes`,
and which of the rules for one context are for one that is around."""

_Test = Callable[[str], "re.Match[str] | None"]

_Decisions: TypeAlias = "dict[tuple[str, str], Detail | None]"
"""Levels by name and module of operations in the same surroundings."""

_UNDECIDED: Any = object()


class Decided(NamedTuple):
    """What a set of rules has decided in one context."""

    rules: RuleSet
    levels: _Decisions


class RuleEntry:
    """A rule, ready to be asked, and the one context that it is for, if any."""

    __slots__ = ("_module", "_name", "context", "rule", "values")

    def __init__(self, rule: DetailRule, context: Surroundings | None) -> None:
        self.rule = rule
        self.values = tuple((CONTEXT_KEYS.get(key, META_PREFIX + key), _test(glob)) for key, glob in rule.context)
        self._name = _test(rule.operation)
        self._module = _test(rule.module)
        self.context = None if context is None else weakref.ref(context)

    @property
    def selects(self) -> tuple[object, ...]:
        """What the rule is about: a new rule replaces one that selects the same."""
        return (*self.rule[1:], self.context)

    @property
    def is_gone(self) -> bool:
        """Whether the rule is for one context, and that lives no more."""
        return self.context is not None and self.context() is None

    def matches(self, name: str, module: str, values: Mapping[str, str | None]) -> bool:
        """Tell whether the rule is about such an operation; `values` are the surroundings' by attribute."""
        return bool(
            self._name(name)
            and self._module(module)
            and all((value := values[key]) is not None and test(value) for key, test in self.values)
        )


def _test(glob: str) -> _Test:
    try:
        return re.compile(translate(glob)).match
    except re.error:  # a set such as [z-a], in some versions of Python
        return re.compile(re.escape(glob) + r"\Z").match


class RuleSet:
    """Rules that never change, so that they are read without a lock, and what they have decided so far.

    What was decided for the same circumstances is kept here, whatever the context; and what was decided in one context
    is kept there once more, so that its circumstances need not be put together again.
    """

    __slots__ = ("_asks_contexts", "_attributes", "_bound", "_decided", "_outside", "entries")

    def __init__(self, entries: Iterable[RuleEntry] = ()) -> None:
        self.entries = tuple(entries)
        self._attributes = tuple(sorted({key for entry in self.entries for key, _ in entry.values}))
        self._bound: dict[weakref.ref[Surroundings], list[int]] = {}
        for index, entry in enumerate(self.entries):
            if entry.context is not None:
                self._bound.setdefault(entry.context, []).append(index)
        self._asks_contexts = bool(self._attributes or self._bound)
        self._decided: dict[_Circumstances, Detail | None] = {}
        self._outside: _Decisions = {}

    def level_for(self, name: str, module: str, surroundings: Surroundings | None) -> Detail | None:
        """Give the level of the last rule that matches, or None."""
        levels = self._outside
        if self._asks_contexts and surroundings is not None:
            kept = surroundings.decided
            levels = kept.levels if kept is not None and kept.rules is self else self._begin_in(surroundings)
        level = levels.get((name, module), _UNDECIDED)
        if level is _UNDECIDED:
            level = self._decide((name, module, self._values(surroundings), self._inside(surroundings)))
            _keep(levels, (name, module), level)
        return cast("Detail | None", level)

    def _begin_in(self, surroundings: Surroundings) -> _Decisions:
        surroundings.decided = Decided(self, {})
        return surroundings.decided.levels

    def _values(self, surroundings: Surroundings | None) -> tuple[str | None, ...]:
        if surroundings is None:
            return (None,) * len(self._attributes)
        values = map(surroundings.attributes.get, self._attributes)
        return tuple(None if value is None else str(value) for value in values)

    def _inside(self, surroundings: Surroundings | None) -> frozenset[int]:
        around = () if surroundings is None or not self._bound else map(weakref.ref, surroundings.outwards())
        return frozenset(index for context in around for index in self._bound.get(context, ()))

    def _decide(self, circumstances: _Circumstances) -> Detail | None:
        level = self._decided.get(circumstances, _UNDECIDED)
        if level is _UNDECIDED:
            level = self._level_of_last_match(*circumstances)
            _keep(self._decided, circumstances, level)
        return cast("Detail | None", level)

    def _level_of_last_match(
        self, name: str, module: str, texts: tuple[str | None, ...], inside: frozenset[int]
    ) -> Detail | None:
        values = dict(zip(self._attributes, texts, strict=True))
        levels = (
            entry.rule.level
            for index, entry in reversed(list(enumerate(self.entries)))
            if (index in inside or entry.context is None) and entry.matches(name, module, values)
        )
        return next(levels, None)


def _keep(decisions: dict[Any, Detail | None], key: object, level: Detail | None) -> None:
    """Remember a decision; where there are too many, all are taken anew."""
    if len(decisions) >= _MAX_DECISIONS:
        decisions.clear()
    decisions[key] = level
