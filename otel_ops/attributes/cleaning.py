"""Attributes made fit for OpenTelemetry: keys free to use, values that any exporter takes, one type per key."""

from collections.abc import Mapping
from typing import Any

from otel_ops import faults
from otel_ops.attributes.key_types import KEY_TYPES
from otel_ops.attributes.values import Value, clean_key, clean_value, is_fit
from otel_ops.semconv import RESERVED, RESULT

MAX_ATTRIBUTES = 1_000
"""Most attributes that are taken at once."""

_MAX_INT = 2**63 - 1
_ALWAYS_FIT = frozenset({bool, float})
_SCALARS = _ALWAYS_FIT | {str, int, bytes, type(None)}


class Stamp(dict[str, Value]):
    """Attributes that many spans begin with: clean already, nothing nested, and never changed once it is made."""

    __slots__ = ()

    @classmethod
    def of(cls, attributes: Mapping[str, Value]) -> dict[str, Value]:
        """Make one of attributes that are clean; those with something nested remain a dict."""
        plain = all(type(value) in _SCALARS for value in attributes.values())
        return cls(attributes) if plain else dict(attributes)


def clean_attributes(attributes: Mapping[str, Any]) -> dict[str, Value]:
    """Make a dict that any exporter can take; refuse names that only otel_ops may set.

    A key that is known holds a plain value of its type nearly always, and that is let through at once.
    """
    cleaned: dict[str, Value] = {}
    first = KEY_TYPES.first
    for key, value in attributes.items():
        kind = type(value)
        if (
            type(key) is str
            and first.get(key) is kind
            and (
                is_fit(value)
                if kind is str
                else kind in _ALWAYS_FIT or (kind is int and -_MAX_INT <= value <= _MAX_INT)
            )
        ):
            cleaned[key] = value
        else:
            _add(cleaned, attributes, key, value)
    return cleaned


def clean_result(value: object) -> dict[str, Value]:
    """Make the attribute that holds what an operation returned."""
    return {RESULT: clean_value(value, RESULT)}


def _add(cleaned: dict[str, Value], attributes: Mapping[str, object], key: object, value: object) -> None:
    """Take an attribute whose key is new or odd, or whose value is."""
    if type(key) is str and key in KEY_TYPES.first:
        name, reason = key, None
    else:
        name = clean_key(key)
        reason = _objection(name)
    if reason is None and len(cleaned) >= MAX_ATTRIBUTES:
        reason = f"there are more than {MAX_ATTRIBUTES}"
    if reason is None:
        name, fitting = KEY_TYPES.fit(name, clean_value(value, name))
        if _is_same(key, name) or not (name in cleaned or name in attributes):
            cleaned[name] = fitting
            return
        reason = "the name is already there"
    faults.warn("attribute.refused", f"attribute {name!r}={faults.shown(value)} was left out: {reason}")


def _objection(name: str) -> str | None:
    if name in RESERVED:
        return "the name is otel_ops' own"
    return "the name is empty, or empty between dots" if "" in name.split(".") else None


def _is_same(key: object, name: str) -> bool:
    return issubclass(type(key), str) and str.__eq__(name, key)
