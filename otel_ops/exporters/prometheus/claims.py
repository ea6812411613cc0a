"""Which process writes to a file: the first one, as long as it runs."""

from __future__ import annotations

import os
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_claims: dict[tuple[str, int], int] = {}
"""What this process has claimed, with the descriptors that hold the locks; a child that is forked has none of them."""


def is_claimed(path: str) -> bool:
    """Claim a file for this process, as long as it runs; tell whether it is its own.

    Where the system has no locks, or the folder takes none, it is.
    """
    claim = path, os.getpid()
    if fcntl is None:
        return True
    try:
        return claim in _claims or _is_locked(claim)
    except OSError:
        return True


def _is_locked(claim: tuple[str, int]) -> bool:
    """Lock a file beside it; of these locks a process has one for each file, and a child inherits none."""
    path = Path(claim[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        os.close(descriptor)
        return False
    _claims[claim] = descriptor
    return True
