"""Which logs an output shows, and which failures an error handler is called for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple

from otel_ops import faults
from otel_ops.core.exception_parts import type_name
from otel_ops.detail import Detail
from otel_ops.semconv import CONTEXT_KEYS, FAILED_OUTCOMES, META_PREFIX, Kind, Outcome

if TYPE_CHECKING:
    from otel_ops.operation_log import OperationLog

LEVELS = (Kind.OPERATION, Kind.SUBOPERATION)
"""What a failure may be one of."""


class LogFilter(NamedTuple):
    """Which logs an output shows: those for which all of this holds. What runs inside an operation is not looked at.

    Attributes:
        operation: Glob for the operation's name.
        outcomes: Its outcome is one of these; ``error`` stands for every failure, ``timed_out`` included. Empty for
            any.
        context: Globs for values of its context by name: ``user``, ``file``, ``series``, ``session``, free metadata.
    """

    operation: str = "*"
    outcomes: tuple[str, ...] = ()
    context: tuple[tuple[str, str], ...] = ()

    def shows(self, log: OperationLog) -> bool:
        """Tell whether the output shows this log."""
        return (
            _matches(self.operation, log.name)
            and self._has_outcome(log.outcome)
            and all(_matches(glob, _value_of(log, key)) for key, glob in self.context)
        )

    def _has_outcome(self, outcome: str) -> bool:
        failed = Outcome.ERROR in self.outcomes and outcome in FAILED_OUTCOMES
        return not self.outcomes or failed or outcome in self.outcomes


@dataclass(frozen=True, slots=True)
class FailureFilter:
    """Which failures an error handler is called for: those for which all of this holds.

    Attributes:
        operation: Glob for the name of the operation, or suboperation, that failed.
        exceptions: Globs for the class of the exception, with or without its module, or for one that it derives from
            where this process has seen one of it; empty for any.
        context: Globs for values of its context by name.
        levels: ``operation``, ``suboperation`` or both; empty for both.
        outcomes: ``error``, which stands for ``timed_out``, too, or ``timed_out`` alone; empty for both.
        detail: Only what has this level of detail or a lower one; None for all.

    Raises:
        TypeError: Something is not as it is written here.
        ValueError: There is no such level, outcome or level of detail.
    """

    operation: str = "*"
    exceptions: tuple[str, ...] = ()
    context: tuple[tuple[str, str], ...] = ()
    levels: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    detail: Detail | None = None

    def __post_init__(self) -> None:
        """Check what would else choose nothing, so that nobody is ever told."""
        _require_texts("operation", [self.operation], self.operation, '"load*"')
        _require_texts("exceptions", self.exceptions, self.exceptions, '("OSError",)')
        _require_texts("context", _flat(self.context), self.context, '(("user", "ada"),)')
        _require_some_of("levels", self.levels, LEVELS)
        _require_some_of("outcomes", self.outcomes, sorted(FAILED_OUTCOMES))
        if self.detail is not None:
            object.__setattr__(self, "detail", Detail.parse(self.detail))

    def admits(self, log: OperationLog, kind: type[BaseException] | None) -> bool:
        """Tell whether the failure of this operation or suboperation is one of them.

        Args:
            log: Its log.
            kind: Class of the exception; None where it is not known.
        """
        return (
            LogFilter(self.operation, self.outcomes, self.context).shows(log)
            and (not self.levels or log.kind in self.levels)
            and (self.detail is None or log.detail <= self.detail)
            and self._has_exception(log, kind)
        )

    def _has_exception(self, log: OperationLog, kind: type[BaseException] | None) -> bool:
        if not self.exceptions:
            return True
        names = {log.failure.type} if log.failure else set()
        if kind is not None:
            names.update(map(type_name, type.mro(kind)))
        names |= {name.rpartition(".")[2] for name in names}
        return any(_matches(glob, name) for glob in self.exceptions for name in names)


def levels_of(levels: Sequence[str]) -> tuple[str, ...]:
    """Read an option that names levels of failures: one, or several.

    Raises:
        ValueError: There is none, or no such level.
    """
    named = (levels,) if isinstance(levels, str) else tuple(levels)
    if not named or not set(named) <= set(LEVELS):
        msg = f"levels = {list(named)!r}: must be of {', '.join(LEVELS)}"
        raise ValueError(msg)
    return named


def _require_texts(key: str, texts: object, given: object, example: str) -> None:
    if not isinstance(texts, (tuple, list)) or not all(isinstance(text, str) for text in texts):
        msg = f"{key} = {faults.shown(given)}: give text, as {key}={example}"
        raise TypeError(msg)


def _flat(pairs: Any) -> list[object] | None:
    """Give what pairs consist of, one after the other; None where these are no pairs."""
    try:
        return [each for key, glob in pairs for each in (key, glob)] if isinstance(pairs, (tuple, list)) else None
    except (TypeError, ValueError):
        return None


def _require_some_of(key: str, names: Any, known: Sequence[str]) -> None:
    _require_texts(key, names, names, f'("{known[0]}",)')
    if not set(names) <= set(known):
        msg = f"{key} = {faults.shown(names)}: must be of {', '.join(known)}"
        raise ValueError(msg)


def _value_of(log: OperationLog, key: str) -> str | None:
    value = log.context.get(CONTEXT_KEYS.get(key, META_PREFIX + key))
    return None if value is None else str(value)


def _matches(glob: str, text: str | None) -> bool:
    if text is None:
        return False
    try:
        return fnmatchcase(text, glob)
    except re.error:  # a set such as [z-a], in some versions of Python
        return text == glob
