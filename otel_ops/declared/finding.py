"""Finds in a module the callables that a target means, without running anything of the module's."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from types import BuiltinFunctionType, ModuleType
from typing import Any, NamedTuple

from otel_ops.core.decorators.classes import own_methods
from otel_ops.declared.targets import ANY_DEPTH, Target, fits, is_glob

_ALL = ("*",)


class Site(NamedTuple):
    """Where a callable stands.

    Attributes:
        owner: The module or class that has it, or that inherits it.
        name: Its name there.
        member: What stands there.
        is_named: Whether the target names it itself; else a glob, or its class, stands for it.
    """

    owner: Any
    name: str
    member: Any
    is_named: bool


class MissingTargetError(LookupError):
    """What a target names is not there; the message has the nearest right name."""


def sites_in(module: ModuleType, target: Target) -> Iterator[Site]:
    """Give the places in a module that a target means.

    Raises:
        MissingTargetError: a name in it is not there, or is nothing that can be an operation.
    """
    return _walk(module, target.path)


def _walk(owner: Any, path: tuple[str, ...]) -> Iterator[Site]:
    segment, rest = path[0], path[1:]
    if segment == ANY_DEPTH:
        return _all_below(owner)
    if not is_glob(segment):
        return _at_name(owner, segment, rest)
    return _in_classes(owner, segment, rest) if rest else _fitting(owner, segment)


def _all_below(owner: Any) -> Iterator[Site]:
    yield from _own_callables(owner, "*")
    for inner in _own_classes(owner, "*"):
        yield from _all_below(inner)


def _fitting(owner: Any, glob: str) -> Iterator[Site]:
    """Give the callables whose names fit; in a module, a class stands for its public methods."""
    yield from _own_callables(owner, glob)
    if not is_class(owner):
        yield from _in_classes(owner, glob, _ALL)


def _in_classes(owner: Any, glob: str, path: tuple[str, ...]) -> Iterator[Site]:
    for inner in _own_classes(owner, glob):
        try:
            yield from _walk(inner, path)
        except MissingTargetError:
            continue  # not each of the classes has the name


def _at_name(owner: Any, name: str, path: tuple[str, ...]) -> Iterator[Site]:
    member = _member(owner, name)
    if not is_class(member):
        if path:
            raise _missing(owner, name, "is no class; nothing in it can be named")
        yield Site(owner, name, member, is_named=True)
        return
    sites = _walk(member, path or _ALL)
    first = next(sites, None)
    if first is None:
        raise _missing(
            owner, name, "has no public method of its own that fits; name one, or a class that it derives from"
        )
    yield first
    yield from sites


def _own_callables(owner: Any, glob: str) -> Iterator[Site]:
    members = own_methods(owner) if is_class(owner) else _own_functions(owner)
    return (Site(owner, name, member, is_named=False) for name, member in members.items() if fits(glob, name))


def _own_functions(module: ModuleType) -> dict[str, Any]:
    return {name: member for name, member in list(namespace(module).items()) if _is_own_function(member, module)}


def _is_own_function(member: object, module: ModuleType) -> bool:
    """Tell whether it is a function of any kind, and the module's own; its type is asked before itself is."""
    kind = type(member)
    binds = hasattr(kind, "__get__") and not hasattr(kind, "__set__")
    return callable(member) and (binds or kind is BuiltinFunctionType) and _is_at_home(member, module)


def _own_classes(owner: Any, glob: str) -> Iterator[type]:
    for name, member in list(namespace(owner).items()):
        if is_class(member) and fits(glob, name) and _is_own_class(member, owner, name):
            yield member


def _is_own_class(member: type, owner: Any, name: str) -> bool:
    return member.__qualname__ == f"{owner.__qualname__}.{name}" if is_class(owner) else _is_at_home(member, owner)


def _is_at_home(member: object, module: ModuleType) -> bool:
    """Tell whether it was defined in the module, or in a private one below, to be given to others by this one."""
    home, name = getattr(member, "__module__", None), module.__name__
    return home == name or (isinstance(home, str) and home.startswith(f"{name}._"))


def namespace(owner: Any) -> Mapping[str, Any]:
    """Give what a module or class holds; a module that is loaded when it is used stays unloaded.

    What is no module, and yet among those that are imported, may hold nothing, as the libraries of cffi.
    """
    try:
        held: Mapping[str, Any] = vars(owner) if is_class(owner) else object.__getattribute__(owner, "__dict__")
    except AttributeError:
        return {}
    return held


def is_class(member: object) -> bool:
    """Tell whether it is a class, without asking the object itself."""
    return issubclass(type(member), type)


def _member(owner: Any, name: str) -> Any:
    """Give what has the name, in a class also what is inherited; nothing is bound or run."""
    for holder in owner.__mro__ if is_class(owner) else (owner,):
        if name in namespace(holder):
            member = namespace(holder)[name]
            if isinstance(member, ModuleType):
                raise _missing(owner, name, f"is a module; write {member.__name__}:** for what is in it")
            return member
    raise _missing(owner, name, _remedy(owner, name))


def _missing(owner: Any, name: str, told: str) -> MissingTargetError:
    return MissingTargetError(f"{_full_name(owner, name)} {told}")


def _remedy(owner: Any, name: str) -> str:
    if not is_class(owner) and "__getattr__" in namespace(owner):
        return "is not there before it is asked for; name the module that defines it"
    near = difflib.get_close_matches(name, _known_names(owner), n=1)
    remedy = f"did you mean {_full_name(owner, near[0])}?" if near else "name something that is"
    return f"is not there; {remedy}"


def _known_names(owner: Any) -> Iterable[str]:
    """Give the names that may be meant: of what could be an operation, or hold one."""
    return [
        name for name, member in list(namespace(owner).items()) if callable(member) or hasattr(type(member), "__get__")
    ]


def _full_name(owner: Any, name: str) -> str:
    return f"{owner.__module__}:{owner.__qualname__}.{name}" if is_class(owner) else f"{owner.__name__}:{name}"
