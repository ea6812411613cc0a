"""Locks, threads and queues that a forked child must not take over from its parent."""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet


class Renewable(Protocol):
    """Something that belongs to one process."""

    def renew(self) -> None:
        """Be as new."""


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
