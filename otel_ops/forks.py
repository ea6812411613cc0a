"""Locks, threads and queues that a forked child must not take over from its parent, and what a child is known by."""

from __future__ import annotations

import os
import sys
from typing import Protocol
from weakref import WeakSet


class Renewable(Protocol):
    """Something that belongs to one process."""

    def renew(self) -> None:
        """Be as new."""


_SPAWNED = "--multiprocessing-fork"
"""What ``multiprocessing`` starts Python with, for a child that is no fork."""

_first_pid = os.getpid()
_owners: WeakSet[Renewable] = WeakSet()


def renew_in_children(owner: Renewable) -> None:
    """Have `owner.renew` called in each process that is forked from this one, as long as the owner lives.

    A lock that another thread holds while the process forks stays locked in the child for ever.
    """
    _owners.add(owner)


def _renew() -> None:
    for owner in list(_owners):
        owner.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)


def is_child() -> bool:
    """Tell whether ``multiprocessing`` has started this process."""
    process = sys.modules.get("multiprocessing.process")
    return process is not None and process.parent_process() is not None


def is_spawned() -> bool:
    """Tell whether ``multiprocessing`` has started this process as a program of its own, which is no fork."""
    return _SPAWNED in sys.orig_argv and os.getpid() == _first_pid


def is_starting() -> bool:
    """Tell whether ``multiprocessing`` has started this process, which still imports what its parent has imported."""
    process = sys.modules.get("multiprocessing.process")
    imports = process is not None and getattr(process.current_process(), "_inheriting", False)
    return imports or (is_spawned() and not is_child())
