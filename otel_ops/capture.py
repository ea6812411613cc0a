"""Arguments that an operation captures, found in the signature once and read off each call."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from otel_ops import faults
from otel_ops.semconv import ARGUMENT_PREFIX

_MISSING = object()
Read = Callable[[tuple[Any, ...], Mapping[str, Any]], Any]


class Captured:
    """Reads one argument, or an attribute of one, off a call."""

    __slots__ = ("_path", "_read", "key")

    def __init__(self, path: str, signature: inspect.Signature, function: str) -> None:
        name, *rest = path.split(".")
        self.key = ARGUMENT_PREFIX + path.replace(".", "_")
        self._path = rest
        self._read = _reader(_find(name, path, signature, function), signature)

    def value(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Give the value, or `_MISSING` where the caller gave none and there is no default."""
        found = self._read(args, kwargs)
        for name in self._path:
            found = getattr(found, name, _MISSING)
        return found


def captures(paths: Iterable[str], function: Callable[..., Any], name: str) -> tuple[Captured, ...]:
    """Find each path, such as ``series`` or ``series.name``, in the signature of a function.

    Raises:
        ValueError: a path begins with no parameter of the function; the message names the nearest one.
    """
    signature = inspect.signature(function)
    return tuple(Captured(path, signature, name) for path in paths)


def parameters_of(function: Callable[..., Any]) -> tuple[str, ...]:
    """Give the names of a function's parameters."""
    return tuple(inspect.signature(function).parameters)


def read(captured: Iterable[Captured], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, object]:
    """Read the captured arguments off a call; one that cannot be read is left out and counted."""
    values: dict[str, object] = {}
    for one in captured:
        with faults.guarded("capture"):
            value = one.value(args, kwargs)
            if value is not _MISSING:
                values[one.key] = value
    return values


def _find(name: str, path: str, signature: inspect.Signature, function: str) -> inspect.Parameter:
    try:
        return signature.parameters[name]
    except KeyError:
        near = get_close_matches(name, signature.parameters, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        msg = f"capture={path!r}: {function}{signature} has no parameter {name!r}{hint}"
        raise ValueError(msg) from None


def _reader(parameter: inspect.Parameter, signature: inspect.Signature) -> Read:
    position = list(signature.parameters).index(parameter.name)
    default = _MISSING if parameter.default is inspect.Parameter.empty else parameter.default
    if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
        return lambda args, _: args[position:]
    if parameter.kind is inspect.Parameter.VAR_KEYWORD:
        named = set(signature.parameters)
        return lambda _, kwargs: {key: value for key, value in kwargs.items() if key not in named}
    if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
        return lambda _, kwargs: kwargs.get(parameter.name, default)
    return lambda args, kwargs: args[position] if len(args) > position else kwargs.get(parameter.name, default)
