"""Attribute values made fit for OpenTelemetry.

The SDK warns on each call about values that it does not know, cuts nothing, and loses a whole batch
over one lone surrogate. Here every value becomes a plain, bounded one of the types that OTLP has.
"""

import numbers
import os
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, time
from typing import TYPE_CHECKING, Any, TypeAlias

from otel_ops import faults
from otel_ops.semconv import RESERVED

if TYPE_CHECKING:
    from opentelemetry.util.types import AnyValue

Value: TypeAlias = "AnyValue"


class Stamp(dict[str, Value]):
    """Attributes that many spans begin with: clean already, nothing nested, and never changed once it is made."""

    __slots__ = ()

    @classmethod
    def of(cls, attributes: Mapping[str, Value]) -> dict[str, Value]:
        """Make one of attributes that are clean; those with something nested remain a dict."""
        plain = all(type(value) in _SCALARS for value in attributes.values())
        return cls(attributes) if plain else dict(attributes)


MAX_TEXT = 16_384
"""Longest text value, in characters."""

MAX_ITEMS = 1_000
"""Most items that are kept of a sequence or mapping."""

MAX_DEPTH = 8
"""Deepest nesting of sequences and mappings."""

_INT64 = 2**63


def clean_attributes(attributes: Mapping[str, object]) -> dict[str, Value]:
    """Make a dict that any exporter can take; refuse names that only otel_ops may set."""
    return {
        clean_text(key): clean_value(value)
        for key, value in attributes.items()
        if key not in RESERVED or _refuse(key, value)
    }


def _refuse(key: str, value: object) -> bool:
    faults.warn(
        "attribute.refused",
        f"attribute {key!r}={clean_text(repr(value))[:80]!r} was left out: the name is otel_ops' own",
    )
    return False


def clean_text(text: str) -> str:
    r"""Escape lone surrogates as ``\udXXX`` and cut what is longer than `MAX_TEXT` characters."""
    if len(text) > MAX_TEXT:
        faults.count("attribute.cut")
        text = f"{text[:MAX_TEXT]}… ({len(text)} characters)"
    if text.isascii():
        return text if type(text) is str else str.__str__(text)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def clean_value(value: object, depth: int = 0) -> Value:
    """Turn any object into a value that OTLP has: text, bool, int, float, bytes, sequence, mapping or None."""
    kind = type(value)
    if kind is str:
        return clean_text(value)  # type: ignore[arg-type] # narrowed by the exact type
    if kind in _AS_THEY_ARE:
        return value  # type: ignore[return-value] # narrowed by the exact type
    try:
        return _convert(value, depth)
    except Exception as error:  # noqa: BLE001 - a foreign __str__, __iter__ or __float__ may raise anything
        faults.warn("attribute.unreadable", f"a value of type {kind.__name__} raised {type(error).__name__}: {error}")
        return f"<unreadable {kind.__name__}>"


def _convert(value: Any, depth: int) -> Value:
    for types, convert in _CONVERSIONS:
        if isinstance(value, types):
            return convert(value, depth)
    return clean_text(str(value))


def _clean_int(value: Any, _: int) -> Value:
    number = int(value)
    return number if -_INT64 <= number < _INT64 else str(number)


def _clean_mapping(value: Any, depth: int) -> Value:
    if depth >= MAX_DEPTH:
        return _too_deep()
    items = _bounded(value.items())
    return {clean_text(str(key)): clean_value(item, depth + 1) for key, item in items}


def _clean_items(value: Any, depth: int) -> Value:
    if depth >= MAX_DEPTH:
        return _too_deep()
    return [clean_value(item, depth + 1) for item in _bounded(value)]


def _too_deep() -> str:
    faults.count("attribute.cut")
    return "…"


def _bounded(items: Any) -> list[Any]:
    kept = [item for _, item in zip(range(MAX_ITEMS), items, strict=False)]
    if len(items) > MAX_ITEMS:
        faults.count("attribute.cut")
    return kept


_AS_THEY_ARE = frozenset({bool, float, bytes, type(None)})
_SCALARS = _AS_THEY_ARE | {str, int}
_CONVERSIONS: tuple[tuple[Any, Callable[[Any, int], Value]], ...] = (
    (str, lambda value, _: clean_text(value)),
    (bool, lambda value, _: bool(value)),
    (numbers.Integral, _clean_int),
    (numbers.Real, lambda value, _: float(value)),
    ((bytes, bytearray, memoryview), lambda value, _: bytes(value[:MAX_TEXT])),
    (os.PathLike, lambda value, _: clean_text(os.fsdecode(value))),
    ((date, time), lambda value, _: value.isoformat()),
    (Mapping, _clean_mapping),
    ((Sequence, AbstractSet), _clean_items),
)
