"""Calls of one handler: one after the other, on a thread of its own, where they do no harm to anybody else."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Event, Lock, get_ident
from typing import NamedTuple

from opentelemetry.instrumentation.utils import suppress_instrumentation

from otel_ops import faults
from otel_ops.core.recording import HANDLING
from otel_ops.errors.live_exceptions import LATEST, MAX_KEPT, MOMENT_SECONDS
from otel_ops.forks import renew_in_children
from otel_ops.processors.worker import Worker

MAX_WAITING = 1_000
"""Most failures that wait for one handler; further ones are counted, and left out."""

PATIENCE_SECONDS = 2.0
"""So long whoever adds a failure waits for room, in all, until nothing waits any more; for a burst, not for ever."""

PROGRESS_SECONDS = 0.25
"""Time without any call made after which nobody waits for room."""

IDLE_SECONDS = 1.0
"""A handler is asked so often whether it has anything to do without a failure."""

MAX_FAULTS = 5
"""After so many faults, one behind the other, a handler rests."""

REST_SECONDS = 60.0
"""So long a handler rests at first; each time that it fails after that, twice as long as before."""

MAX_REST_SECONDS = 3_600.0

SLOWEST_SECONDS = 30.0
"""Longest time that whoever shuts a handler down waits for it, where no limit is given."""


class Call(NamedTuple):
    """One call, what is told where it comes to nothing, and since when it waits."""

    make: Callable[[], object]
    about: str
    since: float = 0.0


class Calls:
    """Calls of one handler.

    Operations that the handler runs are not recorded, and their failures are not handled: one that fails would call
    itself without end.

    Args:
        name: Name of the handler, for messages.
        idle: Called about once a second, on the handler's thread.
    """

    def __init__(self, name: str, idle: Callable[[], object]) -> None:
        self._name = name
        self._idle = Call(idle, "what it had waiting")
        self._worker = self._new_worker()
        self.renew()
        renew_in_children(self)

    def renew(self) -> None:
        """Leave to the process that this one was forked from what waits."""
        self._waiting: deque[Call] = deque()
        self._faults = 0
        self._rests_until = 0.0
        self._closed, self._room = Event(), Event()
        self._making = Lock()
        self._maker: int | None = None
        self._patience = PATIENCE_SECONDS

    def _new_worker(self) -> Worker:
        return Worker(self._work, IDLE_SECONDS, f"otel_ops {self._name}")

    def start(self) -> None:
        """Start the thread now: at the end of a program none can be."""
        self._worker.ensure()

    def add(self, call: Call) -> None:
        """Have a call made, soon; where too many wait, and it does not get better, it is left out, and counted."""
        if len(self._waiting) >= MAX_WAITING and not self._waited_for_room():
            told = f"error handler {self._name} is too slow: more than {MAX_WAITING:,} failures wait for it"
            faults.warn("error_handler.queue_full", f"{told}, and further ones are left out there", about=self._name)
            return
        self._worker.ensure()
        self._waiting.append(Call(call.make, call.about, time.monotonic()))
        self._worker.wake()

    def _waited_for_room(self) -> bool:
        """Wait while the handler is about to catch up; tell whether there is room."""
        while len(self._waiting) >= MAX_WAITING and self._patience > 0:
            began = time.monotonic()
            self._room.clear()
            progress = self._room.wait(PROGRESS_SECONDS)
            self._patience = self._patience - time.monotonic() + began if progress else 0.0
        return len(self._waiting) < MAX_WAITING

    def at_once(self, call: Call) -> None:
        """Make a call now, on this thread."""
        self._make(call)

    @property
    def is_crowded(self) -> bool:
        """Whether so many calls wait, or some for so long, that further ones are to keep no live exceptions."""
        number = len(self._waiting)
        with suppress(IndexError):  # the last one may just be made
            late = number >= LATEST and time.monotonic() - self._waiting[0].since > MOMENT_SECONDS
            return late or number >= MAX_KEPT
        return False

    @property
    def is_inside(self) -> bool:
        """Whether this thread is in a handler."""
        return get_ident() in HANDLING

    def flush(self, seconds: float) -> bool:
        """Have all calls made that wait; tell whether they were in time."""
        if self.is_inside:
            return False
        return not self._waiting or self._worker.call(self._make_waiting, seconds)

    def close(self, last: Callable[[], object]) -> None:
        """Have all calls made, and a last one; `join` waits for it."""
        worker, self._closed = self._worker, Event()
        self._worker = self._new_worker()  # it may be put in again
        worker.finish(partial(self._end, Call(last, "what it had waiting"), self._closed), 0)

    def join(self, seconds: float) -> bool:
        """Wait until it is closed; tell whether it was in time, and count what is left."""
        done = self._closed.wait(0 if self.is_inside else seconds)
        if not done and not self.is_inside:
            left = len(self._waiting)
            told = f"error handler {self._name} was not done at the end; {left} failure(s) wait in vain for it"
            faults.warn("error_handler.given_up", told, max(1, left), about=self._name)
        return done

    def _end(self, ending: Call, closed: Event) -> None:
        self._rests_until = 0.0
        self._make_waiting()
        self._make(ending)
        closed.set()

    def _work(self) -> None:
        self._make_waiting()
        if time.monotonic() >= self._rests_until:
            self._make(self._idle)

    def _make_waiting(self) -> None:
        """Make what waits, one thread at a time; inside of a call nothing, for it is made when that has returned."""
        making = self._making
        if self._maker == get_ident() or not making.acquire(timeout=SLOWEST_SECONDS):
            return
        self._maker = get_ident()
        try:
            self._make_one_after_the_other()
        finally:
            self._maker = None
            making.release()

    def _make_one_after_the_other(self) -> None:
        while self._waiting:
            self._make(self._waiting[0])
            with suppress(IndexError):  # a fork inside of a handler leaves them to the parent
                self._waiting.popleft()
            self._room.set()
        self._patience = PATIENCE_SECONDS

    def _make(self, call: Call) -> None:
        if time.monotonic() < self._rests_until:
            faults.count("error_handler.rested")
            return
        thread = get_ident()
        HANDLING.add(thread)
        try:
            with suppress_instrumentation():
                self._try(call)
        finally:
            HANDLING.discard(thread)

    def _try(self, call: Call) -> None:
        done = False
        with faults.contained("error_handler", call.about, self._name):
            call.make()
            done = True
        self._faults = 0 if done else self._faults + 1
        if self._faults >= MAX_FAULTS:
            self._rest()

    def _rest(self) -> None:
        seconds = min(REST_SECONDS * 2 ** (self._faults - MAX_FAULTS), MAX_REST_SECONDS)
        self._rests_until = time.monotonic() + seconds
        told = f"error handler {self._name} has failed {self._faults} times in a row, and rests for {seconds:g} s"
        faults.warn("error_handler.resting", told, about=self._name)
