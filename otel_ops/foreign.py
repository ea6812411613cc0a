"""Code that is not ours, as it is run when a value is read: which exceptions out of it are contained."""

from __future__ import annotations

import threading
from types import FrameType
from typing import Any

traceback_of = BaseException.__dict__["__traceback__"].__get__
"""Gives the traceback of an exception, whatever its class makes of that name."""

name_of = type.__dict__["__name__"].__get__
"""Gives the name of a class, whatever its metaclass makes of that."""


def is_users(error: BaseException) -> bool:
    """Tell whether an exception came up in foreign code but is not its own, so that it must go through.

    That is Ctrl-C, and what a signal handler raises; all else that foreign code raises while a value is read, be it
    ``SystemExit`` or a cancellation, is contained.
    """
    if threading.current_thread() is not threading.main_thread():
        return False
    return issubclass(type(error), KeyboardInterrupt) or _is_of_signal_handler(error)


def _is_of_signal_handler(error: BaseException) -> bool:
    """Look for a function that was given the frame in which it was called, as Python gives it to signal handlers."""
    link = traceback_of(error)
    while link is not None and link.tb_next is not None:
        if any(_is_or_has(value, link.tb_frame) for value in link.tb_next.tb_frame.f_locals.values()):
            return True
        link = link.tb_next
    return False


def _is_or_has(value: Any, frame: FrameType) -> bool:
    return value is frame or (type(value) is tuple and any(item is frame for item in value))
