"""A daemon thread that calls one function now and then, and survives a fork."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from otel_ops import faults
from otel_ops.forks import renew_in_children


class Worker:
    """Calls `work` every `seconds`, sooner after `wake`; the thread starts with the first `ensure`.

    What may take long is done by `call` and `finish`: at the exit of an interpreter no new thread may be started, but
    one that runs can be given up after a time.
    """

    def __init__(self, work: Callable[[], None], seconds: float, name: str) -> None:
        self._work = work
        self._seconds = seconds
        self._name = name
        self.renew()
        renew_in_children(self)

    def renew(self) -> None:
        """Be without a thread, and never finished."""
        self._lock = threading.RLock()
        self._awake = threading.Event()
        self._tasks: deque[tuple[Callable[[], None], threading.Event]] = deque()
        self._is_over = self._has_ended = False
        self._thread: threading.Thread | None = None

    def ensure(self) -> None:
        """Start the thread unless it runs."""
        if self._thread is None:
            with self._lock, faults.guarded("worker.start"):
                self._start()

    def _start(self) -> None:
        if self._thread is None and not self._is_over:
            thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            thread.start()
            self._thread = thread

    def wake(self) -> None:
        """Let the work be done now."""
        self._awake.set()

    def _run(self) -> None:
        while self._goes_on():
            self._awake.wait(self._seconds)
            self._awake.clear()
            with faults.contained("worker"):
                self._work()
            self._do_tasks()

    def _goes_on(self) -> bool:
        """Tell whether the thread has anything left to do; later, whoever asks for something does it.

        In a child that was forked by the work it has not: nobody there would ever end it.
        """
        with self._lock:
            if self._thread is not threading.current_thread():
                return False
            self._has_ended = self._is_over and not self._tasks
            return not self._has_ended

    def _do_tasks(self) -> None:
        while self._tasks:
            task, done = self._tasks.popleft()
            with faults.contained("worker.task"):
                task()
            done.set()

    def stop(self) -> None:
        """End the thread, without waiting for it."""
        self._is_over = True
        self._awake.set()

    def call(self, task: Callable[[], None], seconds: float) -> bool:
        """Have the thread do something after the work at hand; give up waiting after `seconds`.

        Returns:
            Whether it was done in time. Without a thread it is done at once, by the caller; what the thread itself
            asks for is done later.
        """
        return self._ask(task, seconds, is_last=False)

    def finish(self, last: Callable[[], None], seconds: float) -> bool:
        """Do as `call` does, and end the thread."""
        return self._ask(last, seconds, is_last=True)

    def _ask(self, task: Callable[[], None], seconds: float, *, is_last: bool) -> bool:
        done = threading.Event()
        with self._lock:
            thread = None if self._has_ended else self._thread
            self._tasks.append((task, done))
            self._is_over = self._is_over or is_last
        if thread is threading.current_thread():
            return False
        if thread is None or not thread.is_alive():
            self._do_tasks()
        self._awake.set()
        return done.wait(seconds)

    def join(self, seconds: float) -> bool:
        """Wait for the thread to end; tell whether it has, or never began."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(seconds)
        return thread is None or not thread.is_alive()
