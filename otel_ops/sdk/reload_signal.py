"""A signal at which something is done on a thread of its own, since a signal handler must wait for nothing."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from queue import SimpleQueue
from types import FrameType
from typing import Any

from otel_ops import faults
from otel_ops.forks import renew_in_children


class ReloadSignal:
    """The one signal handler of ours in this process, and the thread that it wakes.

    A handler that the program has set before is called, too, and is put back at the end. What the program sets later
    takes the place of ours.
    """

    def __init__(self) -> None:
        self._number: int | None = None
        self._former: Any = None
        self._act: Callable[[], None] | None = None
        self.renew()
        renew_in_children(self)

    def renew(self) -> None:
        """Have a queue and a thread of this process's own."""
        self._asked: SimpleQueue[bool] = SimpleQueue()  # may be put into in the midst of a put, unlike an Event
        if self._act is not None:
            self._start(self._act)

    def arm(self, name: str, act: Callable[[], None]) -> None:
        """Have something done at each such signal from now on; where that cannot be, one warning says why."""
        number = signal.Signals[name]
        if self._is_in_place(number) or self._put_in(number):
            self._act = act
            self._start(act)

    def _start(self, act: Callable[[], None]) -> None:
        with faults.guarded("settings.signal"):
            thread = threading.Thread(target=_act_when_asked, args=(self._asked, act), daemon=True)
            thread.name = "otel_ops reload"
            thread.start()

    def _is_in_place(self, number: int) -> bool:
        return number == self._number and signal.getsignal(number) == self._handle

    def _put_in(self, number: signal.Signals) -> bool:
        former = signal.getsignal(number)
        told = f"reload_signal = {number.name}: the settings will not be read again at it: "
        if former is None:
            faults.warn("settings.signal", told + "it has a handler that was not set from Python; use another signal")
            return False
        try:
            signal.signal(number, self._handle)
        except ValueError:
            faults.warn("settings.signal", told + "call configure in the main thread")
            return False
        self._number, self._former = number, former
        return True

    def disarm(self) -> None:
        """Do nothing any more at the signal, and put back what handled it before."""
        self._act = None
        self._asked.put(False)
        self._asked = SimpleQueue()
        if self._number is not None and self._is_in_place(self._number):
            try:
                signal.signal(self._number, self._former)
            except ValueError:  # another thread than the main one: our handler stays, and only passes on
                return
            self._number = self._former = None

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._act is not None:
            self._asked.put(True)
        if callable(self._former):
            self._former(number, frame)
        elif self._act is None and self._former == signal.SIG_DFL:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)


def _act_when_asked(asked: SimpleQueue[bool], act: Callable[[], None]) -> None:
    while asked.get():
        act()


RELOAD_SIGNAL = ReloadSignal()
"""The one of this process."""
