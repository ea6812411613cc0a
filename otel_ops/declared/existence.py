"""Why a target means nothing: tells whether there is such a module, importing nothing."""

from __future__ import annotations

import difflib
import pkgutil
import sys
from collections.abc import Iterable
from importlib.machinery import BuiltinImporter, FrozenImporter, PathFinder
from pathlib import Path

from otel_ops.declared.targets import Target, is_glob

_FINDERS = (BuiltinImporter, FrozenImporter, PathFinder)


MAIN = "__main__"


def names_of(name: str, module: object) -> tuple[str, ...]:
    """Give the names of a module; that of the program's first file has the one that it would be imported by, too."""
    if name != MAIN:
        return (name,)
    spec = getattr(module, "__spec__", None)
    file = getattr(module, "__file__", None) or next(iter(sys.argv), "")  # Python drops the former at the end
    return (name, Path(file).stem if spec is None else spec.name)


def why_missing(target: Target) -> str | None:
    """Say why no module is meant; None where one may be there, which the program did not import."""
    if any(map(target.selects, names_of(MAIN, sys.modules.get(MAIN)))):
        return (
            "it is in the file that the program began with, which runs before it is complete; decorate it there, or "
            "begin with another one, as in: otel-ops run -c 'import module; module.main()'"
        )
    parent = ""
    for segment in target.module:
        name = f"{parent}.{segment}" if parent else segment
        if is_glob(segment) or (parent and parent not in sys.modules):
            return None
        if name not in sys.modules and not _is_there(name, parent):
            return _told(parent, segment, target)
        parent = name
    return None


def _is_there(name: str, parent: str) -> bool:
    path = getattr(sys.modules[parent], "__path__", ()) if parent else None
    return any(finder.find_spec(name, path) is not None for finder in _FINDERS)


def _told(parent: str, segment: str, target: Target) -> str:
    if parent and hasattr(sys.modules[parent], segment) and ":" not in target.text:
        path = ".".join(target.module[parent.count(".") + 1 :])
        return f"{parent}.{segment} is no module; did you mean {parent}:{path}?"
    near = difflib.get_close_matches(segment, _siblings(parent), n=1)
    name = f"{parent}.{segment}" if parent else segment
    remedy = f"did you mean {parent}.{near[0]}?" if near and parent else f"did you mean {near[0]}?" if near else ""
    return f"there is no module {name}; {remedy or 'name one that the program imports'}"


def _siblings(parent: str) -> Iterable[str]:
    if parent:
        return [module.name for module in pkgutil.iter_modules(getattr(sys.modules[parent], "__path__", ()))]
    return {name.partition(".")[0] for name in list(sys.modules)}
