"""The gate that decides whether an operation is recorded, and the way to change it.

It is asked before a span is made. Order of precedence: the last rule that matches, then the level of the
nearest `OperationContext`, then the level for all.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping
from typing import Any

from otel_ops import faults
from otel_ops.detail.levels import Detail
from otel_ops.detail.rules import DetailRule, RuleEntry, RuleSet, Surroundings
from otel_ops.forks import renew_in_children

MAX_PATTERN = 1_000
"""Longest glob, in characters."""

MAX_RULES = 1_000
"""Most rules that `set_detail` takes."""


class Gate:
    """The level in force. `plain` is True while the level for all is the only thing to ask."""

    __slots__ = ("__weakref__", "_entries", "_lock", "_rules", "level", "plain")

    def __init__(self) -> None:
        self.renew()
        self.reset()
        renew_in_children(self)

    def renew(self) -> None:
        """Have a lock of this process's own."""
        self._lock = threading.RLock()

    def __reduce__(self) -> str:
        """Stay the one gate of a process where a function that asks it is pickled by value, as by cloudpickle."""
        return "GATE"

    def reset(self) -> None:
        """Go back to STANDARD for all, without rules."""
        with self._lock:
            self.level = Detail.STANDARD
            self._entries: dict[object, RuleEntry] = {}
            self._rules: RuleSet | None = None
            self.plain = True

    def put(self, level: Detail, rules: Iterable[DetailRule]) -> None:
        """Have another level for all and other rules; an open context with a level of its own keeps it."""
        with self._lock:
            self.level = level
            self._entries = {}
            self._add_all(rules)

    def exchange(self, former: Iterable[DetailRule], rules: Iterable[DetailRule]) -> None:
        """Have other rules in the place of these, behind those that somebody else has added."""
        with self._lock:
            for rule in former:
                self._entries.pop(RuleEntry(rule, None).selects, None)
            self._add_all(rules)

    def _add_all(self, rules: Iterable[DetailRule]) -> None:
        for rule in rules:
            self._add(RuleEntry(rule, None))
        self._rules = None
        self.plain = self.plain and not self._entries

    def heed_contexts(self) -> None:
        """Ask contexts for their level from now on."""
        with self._lock:
            self.plain = False

    def admits(self, level: Detail, name: str, module: str, surroundings: Surroundings | None) -> bool:
        """Tell whether an operation of this level, name and module is to be recorded."""
        rules = self._rules or self.rules()
        chosen = rules.level_for(name, module, surroundings) if rules.entries else None
        if chosen is None and surroundings is not None:
            chosen = surroundings.level
        return level <= (self.level if chosen is None else chosen)

    def put_rule(self, rule: DetailRule, context: Surroundings | None = None) -> None:
        """Add a rule behind the others, for one context if given; one that selects the same goes.

        Raises:
            ValueError: there are `MAX_RULES` that select something else.
        """
        entry = RuleEntry(rule, context)
        with self._lock:
            if entry.selects not in self._entries:
                self._make_room(rule)
            self._add(entry)
            self._rules = None
            self.plain = False

    def drop_rule(self, rule: DetailRule, context: Surroundings | None = None) -> None:
        """Take back the rule that selects the same."""
        with self._lock:
            self._entries.pop(RuleEntry(rule, context).selects, None)
            self._rules = None

    def rules(self) -> RuleSet:
        """Give the rules in force; they are put together only when they are asked, not at each that is added."""
        with self._lock:
            if self._rules is None:
                self._forget_gone()
                self._rules = RuleSet(self._entries.values())
            return self._rules

    def _add(self, entry: RuleEntry) -> None:
        self._entries.pop(entry.selects, None)
        self._entries[entry.selects] = entry

    def _make_room(self, rule: DetailRule) -> None:
        if len(self._entries) >= MAX_RULES:
            self._forget_gone()
        if len(self._entries) >= MAX_RULES:
            msg = (
                f"set_detail(operation={faults.shown(rule.operation)}, module={faults.shown(rule.module)}): there are "
                f"{MAX_RULES} rules already; let one glob, such as 'fit*', stand for many, or take rules back with "
                "set_detail(None, …)"
            )
            raise ValueError(msg)

    def _forget_gone(self) -> None:
        self._entries = {key: entry for key, entry in self._entries.items() if not entry.is_gone}


GATE = Gate()
"""The one gate of this process."""


def set_detail(
    level: Detail | str | None,
    *,
    operation: str | None = None,
    module: str | None = None,
    context: Surroundings | Mapping[str, object] | None = None,
) -> None:
    """Change the level of detail while the program runs, from the next operation on.

    Args:
        level: A `Detail` or its name; None takes back what was set for the same selection (for all: STANDARD).
        operation: Only operations whose name matches this glob.
        module: Only operations of modules that match this glob.
        context: One `OperationContext`, entered or not, or values that a context must have, each a glob:
            ``{"user": "ada"}``.

    Raises:
        ValueError: `level` names no level, a glob is empty or longer than 1000 characters, or there are 1000 rules.
        TypeError: an argument is of a type that cannot be matched with.
    """
    chosen = None if level is None else Detail.parse(level)
    one = context if isinstance(context, Surroundings) else None
    values = () if context is None or one is not None else _globs(context)
    rule = DetailRule(chosen or Detail.STANDARD, _glob("operation", operation), _glob("module", module), values)
    if operation is not None or module is not None or values:
        (GATE.drop_rule if chosen is None else GATE.put_rule)(rule, one)
    elif one is not None:
        one.level = chosen
    else:
        GATE.level = rule.level


def _globs(context: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(context, Mapping) or not context or not all(isinstance(key, str) for key in context):
        msg = (
            f"set_detail(context={faults.shown(context)}): give an OperationContext, or globs by the names of values, "
            "such as {'user': 'ada'}"
        )
        raise TypeError(msg)
    return tuple(
        sorted((key, _glob(f"context[{key!r}]", _text(value), optional=False)) for key, value in context.items())
    )


def _text(value: object) -> object:
    """Read numbers and paths as the text that the gate compares."""
    if isinstance(value, (int, float)):
        return str(value)
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def _glob(key: str, value: object, optional: bool = True) -> str:
    if value is None and optional:
        return "*"
    if not isinstance(value, str):
        msg = f"set_detail({key}={faults.shown(value)}): give a glob as text, such as 'fit*'"
        raise TypeError(msg)
    if not 0 < len(value) <= MAX_PATTERN:
        msg = f"set_detail({key}={faults.shown(value)}): a glob has 1 to {MAX_PATTERN} characters"
        raise ValueError(msg)
    return value
