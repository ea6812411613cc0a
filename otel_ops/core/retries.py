"""Retries that nested operations have made in vain: noted on the exception, so that those around count them, too."""

from __future__ import annotations

_NOTE = "__otel_ops_retries__"
_MAX_CHAIN = 10

_dict_of = BaseException.__dict__["__dict__"].__get__
_cause_of = BaseException.__dict__["__cause__"].__get__
_context_of = BaseException.__dict__["__context__"].__get__


def note(error: BaseException, number: int) -> None:
    """Note how many retries have not helped against an exception."""
    if number:
        _dict_of(error)[_NOTE] = number


def spent_on(error: BaseException) -> int:
    """Give how many retries have not helped against an exception, or against the one that it was made of."""
    current: BaseException | None = error
    for _ in range(_MAX_CHAIN):
        if current is None:
            break
        if _NOTE in _dict_of(current):
            return int(_dict_of(current).pop(_NOTE))
        current = _cause_of(current) or _context_of(current)
    return 0
