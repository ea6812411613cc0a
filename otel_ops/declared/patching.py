"""Puts operations in the place of callables, and takes them back: afterwards the very same objects are there."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Iterator
from functools import cached_property
from types import ModuleType
from typing import Any, NamedTuple

from otel_ops import faults
from otel_ops.core.decorators.classes import replace
from otel_ops.declared.finding import is_class, namespace
from otel_ops.declared.targets import RECORDERS


class Patch(NamedTuple):
    """One operation in the place of a callable.

    Attributes:
        owner: The module or class.
        name: Name of the attribute.
        member: What stands there without us.
        replacement: The operation.
        rank: Rank of the declaration; one of a higher rank takes the place of one of a lower.
        is_inherited: Whether the class has the member from another one.
    """

    owner: Any
    name: str
    member: Any
    replacement: Any
    rank: int
    is_inherited: bool

    def take_back(self) -> None:
        """Have there what stands there without us."""
        if self.is_inherited:
            delattr(self.owner, self.name)
        else:
            setattr(self.owner, self.name, self.member)


class Patches:
    """All that are in place. Calls that run meanwhile go on as they began, on any thread."""

    def __init__(self) -> None:
        self._patches: dict[tuple[int, str], Patch] = {}
        self._made: dict[int, Patch] = {}
        self._of_member: dict[tuple[int, int], Patch] = {}
        self.renew()

    def renew(self) -> None:
        """Be of use in a forked child."""
        self._lock = threading.RLock()

    def made_of(self, member: Any) -> Patch | None:
        """Give the patch whose operation this is; None where it is none of ours."""
        patch = self._made.get(id(member))
        return patch if patch is not None and patch.replacement is member else None

    def replacement_of(self, member: Any, rank: int) -> Any:
        """Give the operation that a declaration has made of what has several names; None where it has made none."""
        patch = self._of_member.get((id(member), rank))
        return None if patch is None else patch.replacement

    def put(self, owner: Any, name: str, member: Any, replacement: Any, rank: int) -> Patch:
        """Put an operation in a place.

        Raises:
            TypeError: the place does not let it.
        """
        with self._lock:
            before = self._patches.get((id(owner), name))
            is_inherited = name not in namespace(owner) or (
                before is not None and before.is_inherited and before.replacement is namespace(owner)[name]
            )
            if is_class(owner):
                replace(owner, name, replacement)
            else:
                setattr(owner, name, replacement)
            if isinstance(replacement, cached_property):
                replacement.__set_name__(owner, name)
            patch = Patch(owner, name, member, replacement, rank, is_inherited)
            self._patches[id(owner), name] = self._made[id(replacement)] = self._of_member[id(member), rank] = patch
            return patch

    def put_aliases(self, made: Iterable[Patch], modules: Iterable[tuple[str, Any]]) -> None:
        """Put operations also where modules hold the same functions, as after ``from module import function``."""
        by_member = {id(patch.member): patch for patch in made if isinstance(patch.owner, ModuleType)}
        for module, name, patch in _held(by_member, modules):
            self.put(module, name, patch.member, patch.replacement, patch.rank)

    def take_back(self) -> None:
        """Take all out again, also out of modules that took one along; leave what somebody else has put there."""
        with self._lock:
            patches, self._patches = list(self._patches.values()), {}
            for patch in reversed(patches):
                with faults.guarded("target.take_back"):
                    _take_back(patch)
            made = {key: patch for key, patch in self._made.items() if isinstance(patch.owner, ModuleType)}
            for module, name, patch in _held(made, list(sys.modules.items())):
                setattr(module, name, patch.member)
            self._made, self._of_member = {}, {}


def _take_back(patch: Patch) -> None:
    found = namespace(patch.owner).get(patch.name)
    if found is patch.replacement:
        patch.take_back()
    elif found is not patch.member and not patch.is_inherited:
        told = f"{patch.owner.__name__}.{patch.name} was replaced by somebody else, and is left as it is"
        faults.warn("target.replaced_by_others", told, about=(patch.owner.__name__, patch.name))


def _held(wanted: dict[int, Patch], modules: Iterable[tuple[str, Any]]) -> Iterator[tuple[ModuleType, str, Patch]]:
    """Find what modules hold, by its identity; those with which operations are recorded are left out."""
    for module_name, module in modules if wanted else ():
        if isinstance(module, ModuleType) and module_name.partition(".")[0] not in RECORDERS:
            for name, member in list(namespace(module).items()):
                patch = wanted.get(id(member))
                if patch is not None and (member is patch.member or member is patch.replacement):
                    yield module, name, patch
