"""Decorates the public methods of a class; the class stays the one that it is."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

T = TypeVar("T", bound=type)

_KEPT_APART = (staticmethod, classmethod)


def decorate_class(owner: T, decorate: Callable[[Any, str], Any], is_decorated: Callable[[Any], bool]) -> T:
    """Put decorated methods in the place of those in the class's own body.

    Left as they are: inherited, private and dunder methods, properties, nested classes, functions that are only kept
    as values, and methods that are decorated already.

    Raises:
        TypeError: there is no method to decorate, or the class does not let its methods be replaced.
    """
    methods = dict(_methods(owner))
    if not methods:
        msg = f"@operation finds no public method in the body of the class {owner.__qualname__}; decorate functions"
        raise TypeError(msg)
    for name, method in methods.items():
        if not is_decorated(_function_of(method)):
            _put(owner, name, decorate(method, name))
    return owner


def _methods(owner: type) -> Iterator[tuple[str, Any]]:
    for name, member in list(vars(owner).items()):
        if not name.startswith("_") and _is_own_method(owner, _function_of(member)):
            yield name, member


def _is_own_method(owner: type, function: object) -> bool:
    return (
        inspect.isfunction(function)
        and function.__module__ == owner.__module__
        and function.__qualname__.rpartition(".")[0] == owner.__qualname__
    )


def _function_of(member: Any) -> Any:
    return member.__func__ if isinstance(member, _KEPT_APART) else member


def _put(owner: type, name: str, method: object) -> None:
    try:
        setattr(owner, name, method)
    except Exception as error:
        msg = f"@operation cannot replace {owner.__qualname__}.{name}: {error}; decorate the method itself"
        raise TypeError(msg) from error
