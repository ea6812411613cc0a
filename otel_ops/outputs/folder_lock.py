"""A lock on a folder, held while files in it are put aside: for all threads and, where the system has it, processes."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from otel_ops.outputs.file_lock import has_locks, held
from otel_ops.streams import PATIENCE

_threads = threading.Lock()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Be the only one; the folder is made where it is missing.

    Raises:
        OSError: The folder cannot be made; a TimeoutError where another one holds the lock for longer than `PATIENCE`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not has_locks():  # only threads of one process are kept apart
        with _threads:
            yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with held(descriptor) as is_free:
            if not is_free:
                msg = f"another process holds the lock of {str(folder)!r} for more than {PATIENCE:g} s"
                raise TimeoutError(msg)
            yield
    finally:
        os.close(descriptor)
