"""Does what may hang on a thread that is given up after a while."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent import futures
from typing import TypeVar

_T = TypeVar("_T")


def within(seconds: float, ask: Callable[[], _T]) -> _T:
    """Give what a function gives, or raise what it raises.

    Args:
        seconds: How long it is waited for.
        ask: The function; where it is given up, it goes on, and ends with the program.

    Raises:
        TimeoutError: It is not done in time.
    """
    asked: futures.Future[_T] = futures.Future()
    threading.Thread(target=_answer, args=(asked, ask), name="otel-ops doctor", daemon=True).start()
    try:
        return asked.result(seconds)
    except futures.TimeoutError:
        if asked.done():  # what it raised is a TimeoutError itself
            raise
        msg = f"no answer within {seconds:.1f} s"
        raise TimeoutError(msg) from None


def _answer(asked: futures.Future[_T], ask: Callable[[], _T]) -> None:
    try:
        asked.set_result(ask())
    except BaseException as error:  # noqa: BLE001 - it is raised where it was asked for
        asked.set_exception(error)
