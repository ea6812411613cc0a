"""LogFilter: which logs an output shows."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from otel_ops.semconv import CONTEXT_KEYS, FAILED_OUTCOMES, META_PREFIX, Outcome

if TYPE_CHECKING:
    from otel_ops.operation_log import OperationLog


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
