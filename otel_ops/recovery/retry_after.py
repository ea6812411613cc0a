"""Retry-After: how long a service asks to wait, where an exception tells that."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from otel_ops.foreign import is_users

_HEADER = "retry-after"


def retry_after_seconds(error: BaseException) -> float | None:
    """Give the seconds that an exception asks to wait; None where it does not, or what it says is no such time.

    It may tell by an attribute ``retry_after``, or by the header ``Retry-After`` among its ``headers`` or those of its
    ``response``: in seconds, or as the date of HTTP.
    """
    try:
        return next((seconds for told in _told_by(error) if (seconds := _seconds_of(told)) is not None), None)
    except BaseException as raised:  # attributes and headers are foreign code
        if is_users(raised):
            raise
        return None


def _told_by(error: BaseException) -> Iterator[Any]:
    yield getattr(error, "retry_after", None)
    for owner in (getattr(error, "response", None), error):
        headers = getattr(owner, "headers", None)
        for key, value in () if headers is None else headers.items():
            if str(key).lower() == _HEADER:
                yield value


def _seconds_of(told: Any) -> float | None:
    if told is None:
        return None
    if hasattr(told, "total_seconds"):
        return _bounded(told.total_seconds())
    try:
        return _bounded(float(told))
    except (TypeError, ValueError):
        return _until(str(told))


def _bounded(seconds: float) -> float | None:
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _until(date: str) -> float | None:
    """Give the seconds until a date of HTTP."""
    from datetime import datetime, timezone  # noqa: PLC0415 - few failures have one
    from email.utils import parsedate_to_datetime  # noqa: PLC0415

    try:
        then = parsedate_to_datetime(date)
    except (TypeError, ValueError, IndexError):
        return None
    then = then if then.tzinfo else then.replace(tzinfo=timezone.utc)
    return max(0.0, (then - datetime.now(timezone.utc)).total_seconds())
