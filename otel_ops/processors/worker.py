"""A daemon thread that calls one function now and then, and survives a fork."""

from __future__ import annotations

import threading
from collections.abc import Callable

from otel_ops import faults
from otel_ops.forks import renew_in_children


class Worker:
    """Calls `work` every `seconds`, sooner after `wake`; the thread starts with the first `ensure`.

    The last call is made by `finish`: at the exit of an interpreter no new thread may be started, but one that
    runs can be given up after a time.
    """

    def __init__(self, work: Callable[[], None], seconds: float, name: str) -> None:
        self._work = work
        self._seconds = seconds
        self._name = name
        self.renew()
        renew_in_children(self)

    def renew(self) -> None:
        """Be without a thread, and never finished."""
        self._lock = threading.Lock()
        self._awake = threading.Event()
        self._done = threading.Event()
        self._last: Callable[[], None] | None = None
        self._thread: threading.Thread | None = None

    def ensure(self) -> None:
        """Start the thread unless it runs."""
        if self._thread is None:
            with self._lock, faults.guarded("worker.start"):
                self._start()

    def _start(self) -> None:
        if self._thread is None and self._last is None:
            thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            thread.start()
            self._thread = thread

    def wake(self) -> None:
        """Let the work be done now."""
        self._awake.set()

    def _run(self) -> None:
        while self._last is None:
            self._awake.wait(self._seconds)
            self._awake.clear()
            _call("worker", self._work)
        _call("worker.finish", self._last)
        self._done.set()

    def stop(self) -> None:
        """End the thread, without waiting for it."""
        with self._lock:
            self._last = self._last or _nothing
        self._awake.set()

    def finish(self, last: Callable[[], None], seconds: float) -> bool:
        """Call `last` on the thread and end it; give up waiting after `seconds`.

        Returns:
            Whether it was done in time. Without a thread it is done at once, by the caller.
        """
        with self._lock:
            self._last = last
            thread = self._thread
        if thread is None or not thread.is_alive() or thread is threading.current_thread():
            last()
            return True
        self._awake.set()
        return self._done.wait(seconds)


def _call(what: str, work: Callable[[], None]) -> None:
    """Call it; a thread that lets an exit through ends without a word."""
    with faults.guarded(what):
        try:
            work()
        except SystemExit as error:
            msg = "an output or error handler asked for the end of the program"
            raise RuntimeError(msg) from error


def _nothing() -> None:
    pass
