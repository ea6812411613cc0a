"""Locks, threads and queues that a forked child must not take over from its parent, and how it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Protocol
from weakref import WeakSet


class Renewable(Protocol):
    """Something that belongs to one process."""

    def renew(self) -> None:
        """Be as new."""


_SPAWNED = "--multiprocessing-fork"
"""What ``multiprocessing`` starts Python with, for a child that is no fork."""

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


def is_starting() -> bool:
    """Tell whether ``multiprocessing`` has started this process, which still imports what its parent has imported."""
    process = sys.modules.get("multiprocessing.process")
    imports = process is not None and getattr(process.current_process(), "_inheriting", False)
    return imports or (_SPAWNED in sys.orig_argv and not is_child())


class AtWorkerEnd:
    """Has something done at the end of each process of ``multiprocessing``, as long as this object lives.

    Processes that it forks end by ``os._exit``, without what was registered with ``atexit``; what it calls itself
    must be registered after their start, for it begins with none.
    """

    def __init__(self, last: Callable[[], object]) -> None:
        self._last = last
        self._waits = False
        self.renew()
        renew_in_children(self)
        if is_child():
            self._register()

    def renew(self) -> None:
        """Wait for ``multiprocessing`` to begin in a child, if that is what starts it."""
        util = sys.modules.get("multiprocessing.util")
        if util is not None and not self._waits:
            util.register_after_fork(self, AtWorkerEnd._register)
            self._waits = True

    def _register(self) -> None:
        sys.modules["multiprocessing.util"].Finalize(None, self._last, exitpriority=-1)
