"""One type per key for ever: Elasticsearch refuses a whole document in which a key holds a value of another type.

The first value of a key decides. A later one of another type is converted where nothing is lost by that, and else goes,
as text, to a key of its own, so that it is neither lost nor in anybody's way. What functions are given and return keeps
its type: their names are ours, two functions may well share one, and the values of one must not depend on the other.

Neither does it take ``a`` beside ``a.b``, nor does OpenSearch, for dots make objects there: whichever comes later gets
another key.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from otel_ops import faults
from otel_ops.attributes.values import Value, clean_text
from otel_ops.semconv import ARGUMENT_PREFIX, ATTRIBUTES, RESERVED

MAX_KEYS = 2_000
"""Most keys whose types are remembered: a program with more makes up its keys."""

SUFFIX = "_text"
"""Ends the key that holds, as text, the values that do not fit the type of the key itself."""

VALUE = ".value"
"""Ends the key that holds the values of a key that is the beginning of others."""

Kind: TypeAlias = "type[Any] | tuple[type[Any], type[Any]]"
"""The type of a value; of a list also that of its first item."""

_NAMES: dict[type[Any], str] = {str: "text", list: "list", dict: "mapping"}
_NUMBERS = frozenset({int, float})
_SCALARS = frozenset({bool, int, float, str})
_INT64 = 2**63
_TYPES: dict[str, type[Any]] = {"string": str, "int": int, "boolean": bool}
_DECLARED: dict[str, type[Any]] = {
    name: _TYPES[attribute.type]
    for name, attribute in ATTRIBUTES.items()
    if attribute.type in _TYPES and name not in RESERVED
}


def _beginnings(key: str) -> Iterator[str]:
    """Give what stands before each dot, the shortest first."""
    return (key[:index] for index, character in enumerate(key) if character == ".")


class KeyTypes:
    """The type of the first value of each key, in this process.

    Attributes:
        first: The types by key; read without a lock, and each is only ever set once.
    """

    __slots__ = ("_longer", "first")

    first: dict[str, Kind]
    _longer: dict[str, str]

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Know only what the semantic conventions declare."""
        self.first = dict(_DECLARED)
        self._longer = {}

    def fit(self, key: str, value: Value) -> tuple[str, Value]:
        """Give the key and the value under which a value of a key goes out."""
        kind = None if key.startswith(ARGUMENT_PREFIX) else _kind_of(value)
        if kind is None:
            return key, value
        if key not in self.first and (other := self._in_the_way(key, kind)):
            place = _beside(key, other)
            faults.warn("attribute.prefix", _told_of_place(key, other, place), about=key)
            return self.fit(place, value)
        first = self._remember(key, kind)
        if first == kind:
            return key, value
        converted = _converted(value, first)
        if converted is not None:
            return key, converted
        faults.warn("attribute.type", _told(key, first, kind, value), about=key)
        return self.fit(key + SUFFIX, _as_text(value))

    def _remember(self, key: str, kind: Kind) -> Kind:
        first = self.first.get(key)
        if first is None and len(self.first) < MAX_KEYS:
            self._longer.update((beginning, key) for beginning in _beginnings(key))
            first = self.first.setdefault(key, kind)
        return first or kind

    def _in_the_way(self, key: str, kind: Kind) -> str | None:
        """Give a key that begins with this one, or the shortest that this one begins with; a mapping is in no way."""
        if key in self._longer and kind is not dict:
            return self._longer[key]
        return next((one for one in _beginnings(key) if self.first.get(one, dict) is not dict), None)


KEY_TYPES = KeyTypes()
"""The types of all attributes that a program gives."""


def _beside(key: str, other: str) -> str:
    """Give a key that can stand beside another, of which one is the beginning of the other."""
    return key + VALUE if other.startswith(key) else other + key[len(other) :].replace(".", "_")


def _kind_of(value: Value) -> Kind | None:
    """Give the type of a value; None and lists of nothing have none."""
    if type(value) is not list:
        return None if value is None else type(value)
    item = next((item for item in value if item is not None), None)
    return None if item is None else (list, float if type(item) is int else type(item))


def _converted(value: Any, kind: Kind) -> Value:
    """Convert a value if nothing is lost by that; None where something would be."""
    if kind is str:
        return _as_text(value)
    if kind in _NUMBERS and type(value) in _SCALARS:
        return _as_number(value, kind)
    return None


def _as_number(value: Any, kind: Any) -> Value:
    """Convert to int or float; a number for which that is not possible stays as it is, for numbers mix everywhere."""
    unchanged = value if type(value) in _NUMBERS else None
    try:
        number = kind(value)
    except (ValueError, OverflowError):
        return unchanged
    same = number == value or str(number) == value
    return number if same and -_INT64 <= number < _INT64 else unchanged


def _as_text(value: Any) -> str:
    if type(value) is str:
        return value
    if type(value) is bytes:
        return value.decode("utf-8", "backslashreplace")
    import json  # noqa: PLC0415 - rare, and importing otel_ops must be cheap

    return clean_text(json.dumps(value, ensure_ascii=False, default=_as_text))


def _told(key: str, first: Kind, kind: Kind, value: Value) -> str:
    return (
        f"attribute {key!r} had a value of type {_name(first)} first, so that {faults.shown(value)} of type "
        f"{_name(kind)} goes to {key + SUFFIX!r}: give one key values of one type"
    )


def _told_of_place(key: str, other: str, place: str) -> str:
    return (
        f"attribute {key!r} goes to {place!r}, for it cannot stand beside {other!r} where dots make objects: choose "
        "keys of which none is the beginning of another"
    )


def _name(kind: Kind) -> str:
    if isinstance(kind, tuple):
        return f"list of {_name(kind[1])}"
    return _NAMES.get(kind, kind.__name__)
