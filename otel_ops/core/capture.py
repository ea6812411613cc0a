"""Arguments that an operation captures, found in the signature once and read off each call."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from otel_ops import faults
from otel_ops.foreign import is_users
from otel_ops.semconv import ARGUMENT_PREFIX


class _MISSING:
    """Stands for no value; a class, for it is pickled by name."""


_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
Read = Callable[[tuple[Any, ...], Mapping[str, Any]], Any]


class Captured:
    """Reads one argument, or an attribute of one, off a call."""

    __slots__ = ("_path", "_read", "key")

    def __init__(self, path: str, signature: inspect.Signature, function: str) -> None:
        if not isinstance(path, str):
            msg = f"capture={faults.shown(path)}: name arguments as text, such as 'series' or 'series.name'"
            raise TypeError(msg)
        name, *rest = path.split(".")
        self.key = ARGUMENT_PREFIX + path.replace(".", "_")
        self._path = rest
        self._read = _reader(_find(name, path, signature, function), signature)

    def value(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Give the value, or `_MISSING` where the caller gave none and there is no default."""
        found = self._read(args, kwargs)
        for name in self._path:
            if found is _MISSING:
                break
            found = getattr(found, name)
        return found


def captures(paths: Iterable[str], function: Callable[..., Any], name: str) -> tuple[Captured, ...]:
    """Find each path, such as ``series`` or ``series.name``, in the signature of a function.

    Raises:
        ValueError: a path begins with no parameter of the function; the message names the nearest one. Or two paths
            become the same attribute.
        TypeError: a path is not text.
    """
    wanted = tuple(paths)
    signature = inspect.signature(function)
    return _distinct([Captured(path, signature, name) for path in wanted], wanted)


def parameters_of(function: Callable[..., Any]) -> tuple[str, ...]:
    """Give the names of a function's parameters."""
    return tuple(inspect.signature(function).parameters)


def read(captured: Iterable[Captured], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, object]:
    """Read the captured arguments off a call; one that cannot be read is left out and counted."""
    values: dict[str, object] = {}
    for one in captured:
        try:
            value = one.value(args, kwargs)
        except BaseException as error:
            if is_users(error):
                raise
            told = f"{one.key} was left out, for reading it raised {faults.described(error)}"
            faults.warn("capture.failed", told, about=one.key)
            continue
        if value is not _MISSING:
            values[one.key] = value
    return values


def _distinct(captured: Sequence[Captured], paths: Sequence[str]) -> tuple[Captured, ...]:
    by_key: dict[str, str] = {}
    for one, path in zip(captured, paths, strict=True):
        if by_key.setdefault(one.key, path) != path:
            msg = f"capture={path!r}: {by_key[one.key]!r} becomes the attribute {one.key}, too; leave one of them out"
            raise ValueError(msg)
    return tuple(captured)


def _find(name: str, path: str, signature: inspect.Signature, function: str) -> inspect.Parameter:
    try:
        return signature.parameters[name]
    except KeyError:
        from difflib import get_close_matches  # noqa: PLC0415 - rare, and importing otel_ops must be cheap

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
        named = {name for name, one in signature.parameters.items() if one.kind in _BY_NAME}
        return lambda _, kwargs: {key: value for key, value in kwargs.items() if key not in named}
    if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
        return lambda _, kwargs: kwargs.get(parameter.name, default)
    if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
        return lambda args, _: args[position] if len(args) > position else default
    return lambda args, kwargs: args[position] if len(args) > position else kwargs.get(parameter.name, default)
