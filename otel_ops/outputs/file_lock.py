"""Locks on what is open, for all threads and, where the system has it, processes; one that ends gives its back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from otel_ops.streams import PATIENCE

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_SHORTEST_PAUSE = 0.000_02
_LONGEST_PAUSE = 0.001


def has_locks() -> bool:
    """Tell whether the system has them."""
    return fcntl is not None


@contextmanager
def held(descriptor: int) -> Iterator[bool]:
    """Hold the lock of a file or folder; what is given tells whether another one did not for longer than `PATIENCE`.

    Where the system or the file system has no locks, nothing is held.

    Args:
        descriptor: Of what is open.
    """
    if fcntl is None:
        yield True
        return
    is_free = _lock(descriptor)
    try:
        yield is_free
    finally:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_UN)  # a child forked meanwhile holds the descriptor open


def _lock(descriptor: int) -> bool:
    """Wait for the lock; tell whether it was not refused for too long."""
    ends_at, pause = time.monotonic() + PATIENCE, _SHORTEST_PAUSE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > ends_at:
                return False
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        except OSError:
            return True
        else:
            return True
