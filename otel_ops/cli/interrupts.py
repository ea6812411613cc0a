"""Ctrl-C: raised while a subcommand works, so that it can clean up; at other times the end of the process."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

EXIT_CODE = 130
"""What shells give for a process that Ctrl-C has ended."""

_Handler = Callable[[int, FrameType | None], object]


def exit_from_now_on() -> None:
    """End the process without a word at Ctrl-C, also while it shuts down."""
    if _is_heeded():
        signal.signal(signal.SIGINT, _exit)


@contextmanager
def exiting() -> Iterator[None]:
    """End the process without a word: an exception may get lost in an import that it breaks into, or be printed."""
    with _handling(_exit):
        yield


@contextmanager
def raising() -> Iterator[None]:
    """Raise `KeyboardInterrupt` where Ctrl-C finds the program; in a finalizer, where it would be lost, end it."""
    former, sys.unraisablehook = sys.unraisablehook, _exit_where_lost
    try:
        with _handling(signal.default_int_handler):
            yield
    finally:
        sys.unraisablehook = former


@contextmanager
def _handling(handler: _Handler) -> Iterator[None]:
    if not _is_heeded():
        yield
        return
    former = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)


def _is_heeded() -> bool:
    """Tell whether Ctrl-C is for this process; shells switch it off for what runs in the background."""
    return signal.getsignal(signal.SIGINT) is not signal.SIG_IGN


def _exit_where_lost(unraisable: Any) -> None:
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
        os._exit(EXIT_CODE)
    sys.__unraisablehook__(unraisable)


def _exit(_: int, __: FrameType | None) -> None:
    os._exit(EXIT_CODE)
