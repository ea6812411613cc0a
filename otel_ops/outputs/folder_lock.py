"""A lock on a folder, held while files in it are put aside: for all threads and, where the system has it, processes."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from otel_ops.streams import PATIENCE

try:
    import fcntl
except ImportError:  # Windows: only threads of one process are kept apart
    fcntl = None  # type: ignore[assignment]

_PAUSE = 0.001
_threads = threading.Lock()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Be the only one; the folder is made where it is missing.

    Raises:
        OSError: The folder cannot be made; a TimeoutError where another one holds the lock for longer than `PATIENCE`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if fcntl is None:
        with _threads:
            yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _lock(descriptor, folder)
        yield
    finally:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_UN)  # a child forked meanwhile holds the descriptor open
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    """Wait for the lock; some network file systems have none for folders."""
    ends_at = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > ends_at:
                msg = f"another process holds the lock of {str(folder)!r} for more than {PATIENCE:g} s"
                raise TimeoutError(msg) from None
            time.sleep(_PAUSE)
        except OSError:
            return
        else:
            return
