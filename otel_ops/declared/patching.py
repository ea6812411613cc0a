"""Puts operations in the place of callables, and takes them back: afterwards the very same objects are there."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from functools import cached_property
from types import ModuleType
from typing import Any, NamedTuple

from otel_ops import faults
from otel_ops.core.decorators.classes import replace
from otel_ops.declared.finding import is_class, namespace
from otel_ops.declared.targets import RECORDERS

_ABSENT = object()


class Patch(NamedTuple):
    """One operation in the place of a callable.

    Attributes:
        owner: The module or class.
        name: Name of the attribute.
        rank: Rank of the declaration; one of a higher rank takes the place of one of a lower.
        original: What stood there; `_ABSENT` where the class had inherited it.
        replacement: What stands there now.
    """

    owner: Any
    name: str
    rank: int
    original: Any
    replacement: Any

    @property
    def is_in_place(self) -> bool:
        """Whether nobody has put something else there since."""
        return namespace(self.owner).get(self.name, _ABSENT) is self.replacement

    def take_back(self) -> None:
        """Put back what stood there."""
        if self.original is _ABSENT:
            delattr(self.owner, self.name)
        else:
            setattr(self.owner, self.name, self.original)


class Patches:
    """All that are in place. Calls that run meanwhile go on as they began, on any thread."""

    def __init__(self) -> None:
        self._patches: dict[tuple[int, str], Patch] = {}
        self.renew()

    def renew(self) -> None:
        """Be of use in a forked child."""
        self._lock = threading.RLock()

    def at(self, owner: Any, name: str) -> Patch | None:
        """Give the one that stands there."""
        patch = self._patches.get((id(owner), name))
        return patch if patch is not None and patch.is_in_place else None

    def untouched(self, owner: Any, name: str, member: Any) -> Any:
        """Give a member as it was without us, also one that is inherited from a class that has a patch."""
        for holder in owner.__mro__ if is_class(owner) else (owner,):
            patch = self.at(holder, name)
            if patch is not None and patch.replacement is member and patch.original is not _ABSENT:
                return patch.original
        return member

    def put(self, owner: Any, name: str, replacement: Any, rank: int) -> Patch:
        """Put an operation in a place.

        Raises:
            TypeError: the place does not let it.
        """
        with self._lock:
            before = self.at(owner, name)
            original = before.original if before is not None else namespace(owner).get(name, _ABSENT)
            if is_class(owner):
                replace(owner, name, replacement)
            else:
                setattr(owner, name, replacement)
            if isinstance(replacement, cached_property):
                replacement.__set_name__(owner, name)
            patch = self._patches[id(owner), name] = Patch(owner, name, rank, original, replacement)
            return patch

    def put_aliases(self, made: Iterable[Patch], modules: Iterable[tuple[str, Any]]) -> None:
        """Put operations also where modules hold the same functions, as after ``from module import function``."""
        by_original = {id(patch.original): patch for patch in made}
        for module in _holders(modules) if by_original else ():
            for name, member in list(namespace(module).items()):
                patch = by_original.get(id(member))
                if patch is not None and member is patch.original:
                    self.put(module, name, patch.replacement, patch.rank)

    def take_back(self) -> None:
        """Take all out again; what somebody else has replaced since is left alone."""
        with self._lock:
            patches, self._patches = list(self._patches.values()), {}
            for patch in reversed(patches):
                if patch.is_in_place:
                    with faults.guarded("target.take_back"):
                        patch.take_back()
                elif namespace(patch.owner).get(patch.name, _ABSENT) is not patch.original:
                    told = f"{patch.owner.__name__}.{patch.name} was replaced by somebody else, and is left as it is"
                    faults.warn("target.replaced_by_others", told, about=(patch.owner.__name__, patch.name))


def _holders(modules: Iterable[tuple[str, Any]]) -> Iterator[ModuleType]:
    """Leave out what is no module, and modules with which operations are recorded."""
    return (one for name, one in modules if isinstance(one, ModuleType) and name.partition(".")[0] not in RECORDERS)
