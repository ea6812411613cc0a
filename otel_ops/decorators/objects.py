"""What is callable without being a function, and what becomes callable on an instance."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


class Named:
    """How a callable is called in telemetry.

    Attributes:
        qualified_name: Its qualified name; for an instance, that of its class.
        module: The module that it is of.
    """

    __slots__ = ("module", "qualified_name")

    def __init__(self, target: Any) -> None:
        inner = innermost(target)
        named = inner if hasattr(inner, "__qualname__") else type(inner)
        self.qualified_name = str(named.__qualname__)
        self.module = str(getattr(named, "__module__", None) or "builtins")


def innermost(target: Any) -> Any:
    """Give the function that partial objects stand for."""
    while isinstance(target, functools.partial):
        target = target.func
    return target


def behaviour_of(target: Any) -> Any:
    """Give the function whose kind (coroutine, generator …) tells how a callable behaves."""
    inner = innermost(target)
    return inner if hasattr(inner, "__code__") else type(inner).__call__


def on_descriptor(target: Any, decorate: Callable[[Any], Any]) -> Any:
    """Decorate what a descriptor holds, and give a descriptor of the same kind; None where it is none that we know."""
    if isinstance(target, staticmethod | classmethod):
        return type(target)(decorate(target.__func__))
    if isinstance(target, property):
        return type(target)(decorate(target.fget), target.fset, target.fdel, target.__doc__)
    if isinstance(target, functools.cached_property):
        return type(target)(decorate(target.func))
    if isinstance(target, functools.partialmethod):
        return type(target)(decorate(target.func), *target.args, **target.keywords)
    return None
