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


class _Handler:
    """A handler of ours: it asks for what is to be done, and calls the one that was there before.

    One that the program has wrapped meanwhile is called by the program's own, and never calls that in turn.
    """

    def __init__(self, number: signal.Signals, former: Any) -> None:
        self.number = number
        self.former = former
        self.ask: Callable[[], None] | None = None

    @property
    def is_in_place(self) -> bool:
        return signal.getsignal(self.number) is self

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.ask is not None:
            self.ask()
        if callable(self.former):
            self.former(number, frame)
        elif self.ask is None and self.former == signal.SIG_DFL and self.is_in_place:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)


class ReloadSignal:
    """The one signal handler of ours in this process, and the thread that it wakes.

    A handler that the program has set before is called, too, and is put back at the end. What the program sets later
    takes the place of ours.
    """

    def __init__(self) -> None:
        self._handler: _Handler | None = None
        self._act: Callable[[], None] | None = None
        self.renew()
        renew_in_children(self)

    def renew(self) -> None:
        """Have a queue and a thread of this process's own."""
        self._asked: SimpleQueue[bool] = SimpleQueue()  # may be put into in the midst of a put, unlike an Event
        if self._act is not None:
            self._start(self._act)

    def arm(self, name: str, act: Callable[[], None]) -> None:
        """Have something done at each such signal from now on, in the place of what was done until now.

        Where that cannot be, one warning says why. There is no moment in which the signal would end the program.
        """
        number = signal.Signals[name]
        if self._handler is not None and self._handler.number != number:
            self.disarm()
        self._end_thread()
        if self._put_in(number):
            self._act = act
            self._start(act)

    def _start(self, act: Callable[[], None]) -> None:
        with faults.guarded("settings.signal"):
            thread = threading.Thread(target=_act_when_asked, args=(self._asked, act), daemon=True)
            thread.name = "otel_ops reload"
            thread.start()

    def _end_thread(self) -> None:
        self._act = None
        self._asked.put(False)
        self._asked = SimpleQueue()

    def _put_in(self, number: signal.Signals) -> bool:
        if self._handler is not None and self._handler.is_in_place:
            self._handler.ask = self._ask
            return True
        former = signal.getsignal(number)
        told = f"reload_signal = {number.name}: the settings will not be read again at it: "
        if former is None:
            faults.warn("settings.signal", told + "it has a handler that was not set from Python; use another signal")
            return False
        handler = _Handler(number, former)
        handler.ask = self._ask
        try:
            signal.signal(number, handler)
        except ValueError:
            faults.warn("settings.signal", told + "call configure in the main thread")
            return False
        self._pass_on()
        self._handler = handler
        return True

    def _ask(self) -> None:
        if self._asked.empty():  # what is asked for already will be done after this, too
            self._asked.put(True)

    def _pass_on(self) -> None:
        """Have our handler do nothing but call the one before."""
        if self._handler is not None:
            self._handler.ask = None

    def disarm(self) -> None:
        """Do nothing any more at the signal, and put back what handled it before."""
        self._end_thread()
        self._pass_on()
        handler, self._handler = self._handler, None
        if handler is not None and handler.is_in_place:
            try:
                signal.signal(handler.number, handler.former)
            except ValueError:  # another thread than the main one: our handler stays, and only passes on
                self._handler = handler

    def ignore(self) -> None:
        """Have the signal do nothing once it is put back, where it would end the program."""
        handler = self._handler
        if handler is not None and handler.former == signal.SIG_DFL:
            handler.former = signal.SIG_IGN


def _act_when_asked(asked: SimpleQueue[bool], act: Callable[[], None]) -> None:
    while asked.get():
        act()


RELOAD_SIGNAL = ReloadSignal()
"""The one of this process."""
