"""How a process of ``multiprocessing`` ends: what it holds is written before, also where SIGTERM ends it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from otel_ops import faults
from otel_ops.core.hooks import HOOKS
from otel_ops.forks import is_child, is_spawned, is_starting, renew_in_children

_REMIND_SECONDS = 0.01


def is_default(number: int) -> bool:
    """Tell whether a signal ends the process, and this thread may change that."""
    return _is_main() and signal.getsignal(number) is signal.SIG_DFL


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()


def end_by(number: int, _: object) -> None:
    """Write what this process holds, and let the signal end it; a handler of signals."""
    signal.signal(number, signal.SIG_IGN)
    end()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def end() -> None:
    """Write what this process holds, as at the exit of a program."""
    with faults.guarded("worker_end"):
        if HOOKS.at_exit is not None:
            HOOKS.at_exit()


class _Reminder:
    """Sends SIGTERM to the main thread again, until that heeds it.

    A signal that comes just before a thread begins to wait for a lock of ``multiprocessing`` does not interrupt it:
    Python's handler would be called when the wait is over, which may be never.
    """

    def __init__(self) -> None:
        self._pipe: tuple[int, int] | None = None
        renew_in_children(self)

    def renew(self) -> None:
        """Leave the pipe to the parent."""
        if self._pipe is not None:
            signal.set_wakeup_fd(-1)
            for descriptor in self._pipe:
                os.close(descriptor)
            self._pipe = None

    def begin(self) -> None:
        """Learn of signals by the pipe that Python writes them to, unless the program does."""
        if self._pipe is None:
            self._pipe = os.pipe()
            os.set_blocking(self._pipe[1], False)
            threading.Thread(target=self._remind, args=(self._pipe[0],), name="otel_ops.sigterm", daemon=True).start()
        before = signal.set_wakeup_fd(self._pipe[1], warn_on_full_buffer=False)
        if before not in {-1, self._pipe[1]}:
            signal.set_wakeup_fd(before)

    def pause(self) -> None:
        """Leave the pipe of signals to the program."""
        before = signal.set_wakeup_fd(-1)
        if self._pipe is None or before != self._pipe[1]:
            signal.set_wakeup_fd(before)

    def _remind(self, told: int) -> None:
        while number := os.read(told, 1):
            while number[0] == signal.SIGTERM and signal.getsignal(signal.SIGTERM) is end_by:
                time.sleep(_REMIND_SECONDS)
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


_REMINDER = _Reminder()


def heed_sigterm() -> None:
    """Let SIGTERM end this process by `end_by`, if it would end it, and ``multiprocessing`` has started it."""
    if is_child() and hasattr(signal, "pthread_kill") and is_default(signal.SIGTERM):
        _REMINDER.begin()
        signal.signal(signal.SIGTERM, end_by)


def leave_sigterm() -> None:
    """Let SIGTERM end this process at once, as it does by default."""
    if _is_main() and signal.getsignal(signal.SIGTERM) is end_by:
        _REMINDER.pause()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def undisturbed() -> Iterator[None]:
    """In a process of ``multiprocessing``, let a SIGTERM that would end it wait for the end of the block."""
    is_ours = is_child() and _is_main() and signal.getsignal(signal.SIGTERM) in {signal.SIG_DFL, end_by}
    if not is_ours:
        yield
        return
    heard: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if heard:
            os.kill(os.getpid(), signal.SIGTERM)


class AtWorkerEnd:
    """Has what is done at exit done at the end of each process of ``multiprocessing``, as long as this object lives.

    Processes that it forks end by ``os._exit``, without what was registered with ``atexit``; what it calls itself
    must be registered after their start, for it begins with none.
    """

    def __init__(self) -> None:
        self._waits = False
        self.renew()
        renew_in_children(self)
        if is_child() or is_starting():
            self.begin()

    def renew(self) -> None:
        """Wait for ``multiprocessing`` to begin in a child, if that is what starts it."""
        util = sys.modules.get("multiprocessing.util")
        if util is not None and not self._waits:
            util.register_after_fork(self, AtWorkerEnd._register)
            self._waits = True

    def begin(self) -> None:
        """Have it done in this process, unless that ends as every program does: one that is spawned."""
        if not is_spawned():
            self._register()

    def _register(self) -> None:
        from multiprocessing.util import Finalize  # noqa: PLC0415 - it is imported in all that it has started

        Finalize(None, end, exitpriority=-1)
