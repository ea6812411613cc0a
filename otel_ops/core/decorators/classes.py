"""The public methods of a class: what is decorated where a class is. The class stays the one that it is."""

from __future__ import annotations

import inspect
from typing import Any

_KEPT_APART = (staticmethod, classmethod)


def methods_of(owner: type) -> dict[str, Any]:
    """Find the public methods in the class's own body.

    Left out are inherited, private and dunder methods, properties, nested classes, and functions that are only kept as
    values.

    Raises:
        TypeError: there is none.
    """
    methods = {name: method for name, method in own_methods(owner).items() if not name.startswith("_")}
    if not methods:
        msg = f"@operation finds no public method in the body of the class {owner.__qualname__}; decorate functions"
        raise TypeError(msg)
    return methods


def own_methods(owner: type) -> dict[str, Any]:
    """Find all methods in the class's own body, private and special ones as well."""
    return {name: member for name, member in list(vars(owner).items()) if _is_own_method(owner, function_of(member))}


def function_of(member: Any) -> Any:
    """Give the function of a method of any kind."""
    return member.__func__ if isinstance(member, _KEPT_APART) else member


def _is_own_method(owner: type, function: object) -> bool:
    return (
        inspect.isfunction(function)
        and function.__module__ == owner.__module__
        and function.__qualname__.rpartition(".")[0] == owner.__qualname__
    )


def replace(owner: type, name: str, method: object) -> None:
    """Put a method in the place of the one that has the name.

    Raises:
        TypeError: the class does not let it.
    """
    try:
        setattr(owner, name, method)
    except Exception as error:
        msg = f"@operation cannot replace {owner.__qualname__}.{name}: {error}; decorate the method itself"
        raise TypeError(msg) from error
