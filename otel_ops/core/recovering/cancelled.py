"""Tells failures that a cancellation has brought about from others: nothing is tried again in a task that is to end."""

from __future__ import annotations

import sys
from typing import Any

_MAX_CHAIN = 10

_cause_of = BaseException.__dict__["__cause__"].__get__
_context_of = BaseException.__dict__["__context__"].__get__


def is_of_cancellation(error: BaseException) -> bool:
    """Tell whether an exception came of the cancellation of the current task of asyncio, as one of its clean-up does.

    Python 3.10 cannot tell whether a task is to end; a task that has dealt with the cancellation is not.
    """
    asyncio = sys.modules.get("asyncio")
    if asyncio is None or not _is_being_cancelled(asyncio):
        return False
    current: BaseException | None = error
    for _ in range(_MAX_CHAIN):
        if current is None or isinstance(current, asyncio.CancelledError):
            return current is not None
        current = _cause_of(current) or _context_of(current)
    return False


def _is_being_cancelled(asyncio: Any) -> bool:
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return False
    return bool(task is not None and hasattr(task, "cancelling") and task.cancelling())
