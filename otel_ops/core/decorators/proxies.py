"""Proxies of callable objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wrapt import FunctionWrapper


class ObjectProxy(FunctionWrapper[..., Any]):
    """A callable object that is an operation when it is called, and the object itself in all else.

    Args:
        target: The object.
        wrapper: Calls the object, with all arguments, as an operation.
        remaking: Function and arguments that make the proxy anew, to be pickled.
    """

    def __init__(self, target: Any, wrapper: Callable[..., Any], remaking: tuple[Any, ...]) -> None:
        super().__init__(target, _through(wrapper))
        self._self_remaking = remaking

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Pickle by name where the object does, else the object and what makes it an operation."""
        reduced = self.__wrapped__.__reduce_ex__(protocol)
        return reduced if isinstance(reduced, str) else self._self_remaking


def _through(wrapper: Callable[..., Any]) -> Callable[..., Any]:
    def call(_: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return wrapper(*args, **kwargs) if instance is None else wrapper(instance, *args, **kwargs)

    return call
