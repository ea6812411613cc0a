"""Declarations: the operations that settings declare, put into the modules of the program and taken back."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

import otel_ops.core.decorators.proxies  # noqa: F401 - loaded now: while the program imports would be a bad moment
from otel_ops import faults
from otel_ops.attributes import clean_attributes
from otel_ops.core.capture import parameters_of
from otel_ops.core.decorators import Options, decorate, is_operation
from otel_ops.core.decorators.objects import held_by
from otel_ops.declared.existence import MAIN, names_of, why_missing
from otel_ops.declared.finding import MissingTargetError, Site, sites_in
from otel_ops.declared.importing import ImportWatch, tell_at_end
from otel_ops.declared.patching import Patch, Patches
from otel_ops.declared.targets import DeclaredOperation, Target
from otel_ops.forks import renew_in_children

MAX_CALLABLES = 1_000
"""Most callables that one target makes operations."""


class Declarations:
    """Makes operations of what targets mean, in modules that are loaded and in those that will be.

    Args:
        operations: What to make operations of; where several mean one callable, the last of them counts.
    """

    def __init__(self, operations: Sequence[DeclaredOperation]) -> None:
        self.operations = tuple(operations)
        self._roots = {operation.target.root for operation in operations}
        self._patches = Patches()
        self._made: Counter[int] = Counter()
        self._seen: set[int] = set()
        self._met: set[int] = set()
        self._watch = ImportWatch(self._is_wanted, self._imported)
        self._process = os.getpid()
        self._in_force = False
        renew_in_children(self._patches)

    def put_in(self) -> None:
        """Make operations from now on."""
        self._in_force = True
        self._watch.begin()
        modules: dict[str, Any] = dict(sys.modules)
        loaded = [(name, module) for name, module in modules.items() if module is not None]
        made = [patch for name, module in loaded for patch in self._taken(name, module)]
        self._patches.put_aliases(made, loaded)

    def take_back(self) -> None:
        """Leave everything as it would be without us, and tell of targets that meant nothing."""
        self._in_force = False
        self._watch.end()
        self._patches.take_back()
        if self._process == os.getpid():
            with faults.guarded("target"):
                self._tell_unmet()

    def _taken(self, name: str, module: Any) -> list[Patch]:
        """Make operations in a module that is loaded, or have that done when its code has run."""
        names = names_of(name, module)
        with faults.guarded("target"):
            if any(map(self._is_wanted, names)) and not tell_at_end(module, self._imported):
                return self._take(module, names)
        return []

    def _imported(self, module: ModuleType) -> None:
        if self._in_force:
            with faults.guarded("target"):
                made = self._take(module, (module.__name__,))
                self._patches.put_aliases(made, _loaded_since(module) if made else [])

    def _is_wanted(self, name: str) -> bool:
        return name.partition(".")[0] in self._roots and any(one.target.selects(name) for one in self.operations)

    def _take(self, module: Any, names: Sequence[str]) -> list[Patch]:
        """Make operations of what targets mean in a module."""
        made: list[Patch] = []
        for rank, operation in reversed(list(enumerate(self.operations))):
            if any(map(operation.target.selects, names)):
                self._seen.add(rank)
                made += self._made_of(module, rank, operation)
        return made

    def _made_of(self, module: ModuleType, rank: int, operation: DeclaredOperation) -> Iterator[Patch]:
        left_out = 0
        try:
            for site in self._sites(module, rank, operation.target):
                if self._made[rank] >= MAX_CALLABLES:
                    left_out += 1
                elif (patch := self._made_at(site, rank, operation)) is not None:
                    self._made[rank] += 1
                    yield patch
        except MissingTargetError as error:
            if operation.target.module_name is not None and module.__name__ != MAIN:  # which may yet define it
                self._met.add(rank)
                _warn("missing", operation, str(error))
        if left_out:
            remedy = "narrow it, or split it into several targets: each has a bound of its own"
            told = f"{left_out:,} callables of {module.__name__} are left out: it means more than {MAX_CALLABLES:,}"
            _warn("over_limit", operation, f"{told}; {remedy}", left_out)

    def _sites(self, module: ModuleType, rank: int, target: Target) -> Iterator[Site]:
        """Give the places where a callable stands that is none of ours, or one that this declaration goes before."""
        for site in sites_in(module, target):
            self._met.add(rank)
            patch = self._patches.made_of(site.member)
            if patch is None:
                yield site
            elif patch.rank < rank:
                yield site._replace(member=patch.member)

    def _made_at(self, site: Site, rank: int, operation: DeclaredOperation) -> Patch | None:
        if is_operation(site.member) or not (operation.target.is_one or callable(held_by(site.member))):
            return None
        try:
            replacement = self._patches.replacement_of(site.member, rank)
            if replacement is None:
                replacement = decorate(site.member, _options_for(site, operation))
            return self._patches.put(site.owner, site.name, site.member, replacement, rank)
        except Exception as error:  # noqa: BLE001 - classes of others may refuse in any way
            _warn("refused", operation, faults.described(error))
            return None

    def _tell_unmet(self) -> None:
        for rank, operation in enumerate(self.operations):
            if rank not in self._met:
                why = why_missing(operation.target) or ("nothing fits it" if rank in self._seen else None)
                if why is not None:
                    _warn("missing", operation, why)


def _options_for(site: Site, operation: DeclaredOperation) -> Options:
    """Give what holds for a callable; where a target means several, the arguments of each that are to be captured."""
    attributes = clean_attributes(operation.attributes)
    options = Options(operation.name or "", operation.detail, attributes, operation.capture, operation.record_result)
    if not site.is_named:
        return options.for_method(site.name, parameters_of(held_by(site.member)) if operation.capture else ())
    has_no_name = callable(site.member) and not hasattr(site.member, "__qualname__")
    return options._replace(name=site.name) if has_no_name and not operation.name else options


def _warn(what: str, operation: DeclaredOperation, told: str, number: int = 1) -> None:
    target = operation.target.text
    faults.warn(f"target.{what}", f"operations: target {target!r}: {told}", number, about=target)


def _loaded_since(module: ModuleType) -> list[tuple[str, Any]]:
    """Give the modules that were loaded while this one was: one that imports it in turn may hold its functions."""
    loaded = list(sys.modules.items())
    return loaded[list(sys.modules).index(module.__name__) :] if module.__name__ in sys.modules else []
