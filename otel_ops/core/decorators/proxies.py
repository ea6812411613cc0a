"""Proxies of callable objects."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from types import MethodType
from typing import Any

import wrapt


class ObjectProxy(wrapt.ObjectProxy[Any]):
    """A callable object that is an operation when it is called, and the object itself in all else.

    Args:
        target: The object.
        wrapper: Calls the object, with all arguments, as an operation.
        method: Is called in its place as a method; None where that makes no difference.
        remake: Makes a proxy like this one of another object.
        remaking: Function and arguments that make the proxy anew, to be pickled.
    """

    __otel_ops_operation__ = True

    def __init__(
        self,
        target: Any,
        wrapper: Callable[..., Any],
        method: Callable[..., Any] | None,
        remake: Callable[[Any], Any],
        remaking: tuple[Any, ...],
    ) -> None:
        super().__init__(target)
        self._self_wrapper = wrapper
        self._self_method = method
        self._self_remake = remake
        self._self_remaking = remaking

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the object as an operation."""
        return self._self_wrapper(*args, **kwargs)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """Take the instance of a class where the object does."""
        if instance is None:
            return self if self._self_method is None else self._self_method
        bind = getattr(type(self.__wrapped__), "__get__", None)
        if bind is None or bind(self.__wrapped__, instance, owner) is self.__wrapped__:
            return self
        return MethodType(self._self_method or self, instance)

    def __copy__(self) -> Any:
        """Copy the object, and make an operation of the copy."""
        return self._self_remake(copy.copy(self.__wrapped__))

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """Copy the object with what it holds, and make an operation of the copy."""
        return self._self_remake(copy.deepcopy(self.__wrapped__, memo))

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Pickle by name where this is what the name stands for, else the object and what makes it an operation."""
        name = getattr(self, "__qualname__", None)
        return name if isinstance(name, str) and _named(self, name) is self else self._self_remaking


def _named(target: Any, qualified_name: str) -> Any:
    found = sys.modules.get(getattr(target, "__module__", None) or "")
    for part in qualified_name.split("."):
        found = getattr(found, part, None)
    return found
