"""Values that JSON has no form for, as objects with one key: bytes, numbers that are not finite, and what looks so."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable
from typing import Any

_AS_THEY_ARE = frozenset({str, bool, int, type(None)})


def tagged_items(items: dict[str, Any]) -> dict[str, Any]:
    """Put tags on the values of attributes."""
    return {key: value if type(value) in _AS_THEY_ARE else _tagged(value) for key, value in items.items()}


def _tagged(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode("ascii")}
    if isinstance(value, float) and not math.isfinite(value):
        return {"$number": {"inf": "Infinity", "-inf": "-Infinity"}.get(str(value), "NaN")}
    if isinstance(value, list | tuple):
        return [_tagged(item) for item in value]
    if isinstance(value, dict):
        items = tagged_items(value)
        return {"$object": items} if any(key.startswith("$") for key in items) else items
    return value


def untagged_items(items: dict[str, Any]) -> dict[str, Any]:
    """Take the tags off the values of attributes.

    Raises:
        ValueError: What is tagged is not what the tag says; so do KeyError, TypeError and AttributeError.
    """
    return {key: value if type(value) in _AS_THEY_ARE else _untagged(value) for key, value in items.items()}


def _untagged(value: Any) -> Any:
    if isinstance(value, list):
        return [_untagged(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((tag, content),) = value.items()
        if tag in _READERS:
            return _READERS[tag](content)
    return untagged_items(value)


_READERS: dict[str, Callable[[Any], Any]] = {
    "$bytes": lambda content: base64.b64decode(content, validate=True),
    "$number": lambda content: {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}[content],
    "$object": untagged_items,
}
