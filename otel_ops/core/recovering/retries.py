"""Retries that nested operations have made in vain: noted on the exception, so that those around count them, too."""

from __future__ import annotations

from typing import NamedTuple

_NOTE = "__otel_ops_retries__"
_MAX_CHAIN = 10

_dict_of = BaseException.__dict__["__dict__"].__get__
_cause_of = BaseException.__dict__["__cause__"].__get__
_context_of = BaseException.__dict__["__context__"].__get__


class Retries(NamedTuple):
    """Retries of the operations that an exception has left.

    Attributes:
        made: How many they have made, all in vain.
        allowed: How many they may make, together.
    """

    made: int
    allowed: int


NONE = Retries(0, 0)


def note(error: BaseException, retries: Retries) -> None:
    """Note on an exception which retries have not helped against it."""
    _dict_of(error)[_NOTE] = tuple(retries)


def noted_on(error: BaseException) -> Retries:
    """Take which retries have not helped against an exception, or against the one that it was made of."""
    current: BaseException | None = error
    for _ in range(_MAX_CHAIN):
        if current is None:
            break
        if _NOTE in _dict_of(current):
            return Retries(*_dict_of(current).pop(_NOTE))
        current = _cause_of(current) or _context_of(current)
    return NONE
