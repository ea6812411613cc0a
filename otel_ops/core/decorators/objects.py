"""What is callable without being a function, and what becomes callable on an instance."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import MethodType
from typing import Any


class Named:
    """How a callable is called in telemetry.

    Attributes:
        qualified_name: Its qualified name; for an instance, that of its class.
        module: The module that it is of.
    """

    __slots__ = ("_is_named", "module", "qualified_name")

    def __init__(self, target: Any) -> None:
        inner = innermost(target)
        named = inner if hasattr(inner, "__qualname__") else type(inner)
        self.qualified_name = str(named.__qualname__)
        self.module = str(getattr(named, "__module__", None) or "builtins")
        self._is_named = hasattr(target, "__qualname__")

    def give_to(self, wrapper: Callable[..., Any]) -> Callable[..., Any]:
        """Give the names to the wrapper of a callable that has none itself."""
        if not self._is_named:
            wrapper.__name__, wrapper.__qualname__ = self.qualified_name.rpartition(".")[2], self.qualified_name
            wrapper.__module__ = self.module
        return wrapper


def innermost(target: Any) -> Any:
    """Give the function that partial objects stand for."""
    while isinstance(target, functools.partial):
        target = target.func
    return target


def behaviour_of(target: Any) -> Any:
    """Give the function whose kind (coroutine, generator …) tells how a callable behaves."""
    inner = innermost(target)
    return inner if hasattr(inner, "__code__") else type(inner).__call__


def is_object(target: Any) -> bool:
    """Tell whether a callable is no function written in Python: its attributes and its type count, too."""
    return not hasattr(type(target), "__code__")


def is_proxy_of_function(target: Any) -> bool:
    """Tell whether it stands for a function, as those of wrapt do, and makes a method of itself in its own way."""
    return is_object(target) and hasattr(target, "__code__") and not isinstance(target, MethodType)


def bound_first(method: Any) -> Callable[..., Any]:
    """Give a function that calls a method as it is called on an instance, when that has been found on it."""

    @functools.wraps(method)
    def call(instance: Any, /, *args: Any, **kwargs: Any) -> Any:
        return method.__get__(instance, type(instance))(*args, **kwargs)

    return call


def wrap_object(
    target: Any,
    wrapper: Callable[..., Any],
    method: Callable[..., Any] | None,
    remake: Callable[[Any], Any],
    remaking: tuple[Any, ...],
) -> Any:
    """Give a proxy that is called through the wrapper, and is the object in all else.

    Args:
        target: The object: partial, bound or built in, of `functools.lru_cache`, or an instance with ``__call__``.
        wrapper: Calls the object, with all arguments, as an operation.
        method: Is called in its place as a method; None where that makes no difference.
        remake: Makes a proxy like this one of another object.
        remaking: Function and arguments that make the proxy anew, to be pickled.
    """
    from otel_ops.core.decorators.proxies import ObjectProxy  # noqa: PLC0415 - wrapt costs time, and few need it

    return ObjectProxy(target, wrapper, method, remake, remaking)


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


def held_by(target: Any) -> Any:
    """Give the callable that a descriptor holds, and anything else itself."""
    if isinstance(target, staticmethod | classmethod):
        return target.__func__
    if isinstance(target, property):
        return target.fget
    return target.func if isinstance(target, functools.cached_property | functools.partialmethod) else target
