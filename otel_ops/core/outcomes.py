"""Outcomes: what an exception that leaves an operation means, whichever library it comes from.

No library is imported for that: one that is not there has raised nothing.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterator
from typing import Any

from otel_ops.semconv import FAILED_OUTCOMES, Outcome

_BUILT_IN: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, Outcome.TIMED_OUT),
    (KeyboardInterrupt, Outcome.INTERRUPTED),
    (GeneratorExit, Outcome.ABANDONED),
)

_OF_LIBRARIES = (
    ("asyncio", "CancelledError", Outcome.CANCELLED),
    ("asyncio", "TimeoutError", Outcome.TIMED_OUT),
    ("concurrent.futures", "CancelledError", Outcome.CANCELLED),
    ("concurrent.futures", "TimeoutError", Outcome.TIMED_OUT),
    ("trio", "Cancelled", Outcome.CANCELLED),
    ("trio", "TooSlowError", Outcome.TIMED_OUT),
)

_GROUP: Any = vars(builtins).get("BaseExceptionGroup")

_code_of = SystemExit.__dict__["code"].__get__

_BY_WEIGHT = (Outcome.ERROR, Outcome.TIMED_OUT, Outcome.INTERRUPTED, Outcome.ABANDONED, Outcome.CANCELLED, Outcome.OK)


def outcome_of(error: BaseException) -> str:
    """Classify an exception that leaves an operation, see `Outcome`; a group is what weighs most of all inside."""
    group = _group_of(error)
    if group is None:
        return _outcome_of_one(error)
    outcomes = {_outcome_of_one(leaf) for leaf in _leaves(error)}
    return next(outcome for outcome in _BY_WEIGHT if outcome in outcomes)


def without_group(error: BaseException) -> BaseException:
    """Give the one exception of a group that is a failure, where there is only one; else what is given."""
    if _group_of(error) is None:
        return error
    failures = [leaf for leaf in _leaves(error) if _outcome_of_one(leaf) in FAILED_OUTCOMES]
    return failures[0] if len(failures) == 1 else error


def _outcome_of_one(error: BaseException) -> str:
    for kind, outcome in _BUILT_IN:
        if issubclass(type(error), kind):
            return outcome
    if issubclass(type(error), SystemExit):
        return Outcome.OK if _code_of(error) in (None, 0) else Outcome.ERROR
    return next((outcome for module, name, outcome in _OF_LIBRARIES if _is(error, module, name)), Outcome.ERROR)


def _is(error: BaseException, module: str, name: str) -> bool:
    kind = _class(module, name)
    return kind is not None and issubclass(type(error), kind)


def _class(module: str, name: str) -> Any:
    """Give a class of a module that is imported."""
    found = getattr(sys.modules.get(module), name, None)
    return found if isinstance(found, type) else None


def _group_of(error: BaseException) -> Any:
    """Give the class that makes an exception a group: Python's, or what stands for it in Python 3.10."""
    group = _GROUP or _class("exceptiongroup", "BaseExceptionGroup")
    return group if group is not None and issubclass(type(error), group) else None


def members_of(error: BaseException) -> tuple[BaseException, ...]:
    """Give the exceptions of a group, of which there is one at least; none for what is no group."""
    group = _group_of(error)
    return () if group is None else tuple(group.exceptions.__get__(error))


def _leaves(error: BaseException) -> Iterator[BaseException]:
    """Give the exceptions inside of groups inside of a group."""
    waiting = [error]
    while waiting:
        current = waiting.pop()
        members = members_of(current)
        if members:
            waiting.extend(reversed(members))
        else:
            yield current
