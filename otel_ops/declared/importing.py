"""Tells of modules when their import has ended; others cost one question by name."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from threading import get_ident
from types import ModuleType
from typing import Any

from otel_ops import faults
from otel_ops.declared.finding import namespace

Tell = Callable[[ModuleType], None]


class ImportWatch:
    """A finder at the head of ``sys.meta_path``, which has the others find the module.

    Args:
        is_wanted: Tells by its name whether a module is watched.
        tell: Is told of each watched module after its code has run, before the import returns.
    """

    def __init__(self, is_wanted: Callable[[str], bool], tell: Tell) -> None:
        self._is_wanted = is_wanted
        self._tell = tell
        self._under_way: set[tuple[int, str]] = set()

    def begin(self) -> None:
        """Watch imports."""
        sys.meta_path.insert(0, self)

    def end(self) -> None:
        """Watch no more."""
        sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not self]

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module as the other finders do, with a loader that tells of its end."""
        search = get_ident(), fullname
        if not self._is_wanted(fullname) or search in self._under_way:
            return None
        self._under_way.add(search)
        try:
            spec = self._found_by_others(fullname, path, target)
        finally:
            self._under_way.discard(search)
        if spec is not None and hasattr(spec.loader, "exec_module"):
            spec.loader = _TellingLoader(spec.loader, self._tell)  # type: ignore[assignment]
        return spec

    def _found_by_others(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None
    ) -> ModuleSpec | None:
        for finder in list(sys.meta_path):
            if finder is not self and hasattr(finder, "find_spec"):
                spec = finder.find_spec(fullname, path, target)
                if spec is not None:
                    return spec
        return None


class _TellingLoader:
    """A module's loader, until the module's code runs; the module keeps the loader itself."""

    def __init__(self, loader: Any, tell: Tell) -> None:
        self.loader = loader
        self._tell = tell

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["loader"], name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Create the module as its loader does."""
        module: ModuleType | None = self.loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Run the module's code as its loader does; what it raises is the program's."""
        for holder, name in ((module, "__loader__"), (module.__spec__, "loader")):
            if getattr(holder, name, None) is self:
                setattr(holder, name, self.loader)
        try:
            self.loader.exec_module(module)
        except BaseException:
            faults.count("target.import_failed")
            raise
        self._tell(sys.modules.get(module.__name__, module))


def tell_at_end(module: Any, tell: Tell) -> bool:
    """Tell of a loaded module when its code has run, if it has not yet, and say whether that is so."""
    spec: Any = namespace(module).get("__spec__")
    if type(module).__name__ == "_LazyModule":  # of `importlib.util.LazyLoader`: it runs when the module is used
        spec.loader = _TellingLoader(spec.loader, tell)
        return True
    if type(spec) is not ModuleSpec or not getattr(spec, "_initializing", False):
        return False
    spec.__class__ = _spec_that_tells(module, tell)
    return True


def _spec_that_tells(module: ModuleType, tell: Tell) -> type[ModuleSpec]:
    """Make a class of specs that tell when the import system says in them that the import has ended."""

    class TellingSpec(ModuleSpec):
        def __setattr__(self, name: str, value: object) -> None:
            super().__setattr__(name, value)
            if name == "_initializing" and not value:
                self.__class__ = ModuleSpec  # type: ignore[assignment]
                if sys.modules.get(self.name) is module:
                    tell(module)

    return TellingSpec
