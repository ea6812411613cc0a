"""Any object made a value that OTLP has: text, bool, int, float, bytes, sequence, mapping or None, and never a big one.

The SDK warns on each call about values that it does not know, cuts nothing, and loses a whole batch over one lone
surrogate. What is kept of one value is bounded as a whole, so that neither a wide nor a cyclic one costs much.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence, ValuesView
from collections.abc import Set as AbstractSet
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from otel_ops import faults
from otel_ops.foreign import is_users, name_of
from otel_ops.short_repr import ShortRepr, is_plain_dataclass

if TYPE_CHECKING:
    from opentelemetry.util.types import AnyValue

Value: TypeAlias = "AnyValue"

MAX_TEXT = 16_384
"""Longest text, in characters, and most bytes."""

MAX_TOTAL_TEXT = 65_536
"""Most characters and bytes of all that is in one value, keys included."""

MAX_ITEMS = 1_000
"""Most items of all sequences and mappings that are in one value."""

MAX_KEY = 256
"""Longest key, in characters."""

MAX_DEPTH = 8
"""Deepest nesting of sequences and mappings."""

CUT = "…"
"""Stands where something was cut."""

_INT64 = 2**63
_MAX_BITS = 4_096
_MAX_TYPES = 512
_repr = ShortRepr(items=20, characters=1_000)
_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")


def clean_text(text: str) -> str:
    r"""Escape lone surrogates as ``\udXXX`` and cut what is longer than `MAX_TEXT` characters."""
    if type(text) is str and is_fit(text):
        return text
    cleaning = _Cleaning()
    cleaned = cleaning.text(text)
    if cleaning.cut:
        faults.warn("attribute.cut", f"a text of more than {MAX_TEXT} characters was cut: {faults.shown(cleaned)}")
    return cleaned


def is_fit(text: str) -> bool:
    """Tell whether a text can go out as it is."""
    return len(text) <= MAX_TEXT and (text.isascii() or _is_encodable(text))


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def clean_key(key: object) -> str:
    """Turn any object into the key of an attribute or of a mapping."""
    text = _carried(key if issubclass(type(key), str) else _key_text(key), MAX_KEY)  # type: ignore[arg-type] # narrowed
    return text if len(text) <= MAX_KEY else text[: MAX_KEY - 1] + CUT


def clean_value(value: object, key: str | None = None) -> Value:
    """Turn any object into a value that OTLP has.

    Args:
        value: The object; it is never consumed, as a generator would be.
        key: Names it in warnings.
    """
    cleaning = _Cleaning()
    cleaned = cleaning.value(value)
    if cleaning.cut:
        what = "a value" if key is None else f"attribute {key!r}"
        faults.warn("attribute.cut", f"{what} of type {name_of(type(value))} was cut: it is too long, wide or deep")
    return cleaned


class _Cleaning:
    """One value on its way: what may still be kept of it, and whether something was cut."""

    __slots__ = ("_items", "_room", "cut")

    def __init__(self) -> None:
        self._items = MAX_ITEMS
        self._room = MAX_TOTAL_TEXT
        self.cut = False

    def value(self, value: object, depth: int = 0) -> Value:
        """Clean a value at some depth."""
        kind: Any = type(value)
        try:
            if kind in _AS_THEY_ARE or (kind is int and -_INT64 <= value < _INT64):  # type: ignore[operator] # narrowed
                return value  # type: ignore[return-value] # narrowed by the exact type
            return _converter_for(kind)(self, value, depth)
        except BaseException as error:  # noqa: BLE001 - foreign code may raise anything
            return self.text(_unreadable("value", kind, error))

    def text(self, text: str) -> str:
        """Clean a text and cut it to what may still be kept."""
        room = min(MAX_TEXT, self._room)
        cleaned = _carried(text, room)
        if len(cleaned) > room:
            self.cut = True
            mark = f"{CUT} ({str.__len__(text)} characters)"[:room]
            cleaned = cleaned[: room - len(mark)] + mark
        self._room -= len(cleaned)
        return cleaned

    def bytes(self, value: Any, _: int) -> bytes:
        """Copy bytes as far as they may be kept."""
        view = memoryview(value)
        room = min(MAX_TEXT, self._room)
        self.cut |= view.nbytes > room
        kept = bytes(view.cast("B")[:room])
        self._room -= len(kept)
        return kept

    def mapping(self, value: Any, depth: int) -> Value:
        """Clean a mapping; of keys that become the same the first is kept."""
        if depth >= MAX_DEPTH:
            return self._too_deep()
        cleaned: dict[str, Value] = {}
        for key, item in self._bounded(value.items()):
            text = clean_key(key)
            if text and text not in cleaned:
                self._room -= len(text)
                cleaned[text] = self.value(item, depth + 1)
            else:
                self._leave_out(text, item)
        return cleaned

    @staticmethod
    def _leave_out(key: str, item: object) -> None:
        reason = "is already there" if key else "is empty"
        faults.warn("attribute.refused", f"{key!r}: {faults.shown(item)} of a mapping was left out: the key {reason}")

    def items(self, value: Any, depth: int) -> Value:
        """Clean a sequence or set."""
        if depth >= MAX_DEPTH:
            return self._too_deep()
        if type(value) in {list, tuple} and len(value) <= self._items and _are_plain(value):
            self._items -= len(value)
            return list(value)
        return [self.value(item, depth + 1) for item in self._bounded(value)]

    def array(self, value: Any, depth: int) -> Value:
        """Clean what has a shape, as arrays, tensors and tables have: a big one is only described."""
        kind, shape = type(value), tuple(value.shape)
        plain = value.tolist() if hasattr(kind, "tolist") and math.prod(shape) <= MAX_ITEMS else value
        if type(plain) is not kind:
            return self.value(plain, depth)
        about = [kind.__name__, *([str(value.dtype)] if hasattr(kind, "dtype") else []), str(shape)]
        return self.text(f"<{' '.join(about)}>")

    def _bounded(self, items: Iterable[Any]) -> Iterable[Any]:
        """Give the items that may still be kept; items of items count, too."""
        for item in items:
            if self._items <= 0 or self._room <= 0:
                self.cut = True
                return
            self._items -= 1
            yield item

    def _too_deep(self) -> str:
        self.cut = True
        return CUT


def _are_plain(items: Sequence[Any]) -> bool:
    """Tell whether all items are numbers that can go out as they are, as those of a series are."""
    kinds = set(map(type, items))
    return kinds <= _AS_THEY_ARE or (kinds == {int} and min(items) >= -_INT64 and max(items) < _INT64)


def _carried(text: str, length: int) -> str:
    """Give as much of a text as is needed to cut it to a length, as UTF-8 can carry it."""
    start = str.__getitem__(text, slice(length + 1))
    return start if start.isascii() else start.encode("utf-8", "backslashreplace").decode("utf-8")


def _key_text(key: object) -> str:
    try:
        return _text_of(key)
    except BaseException as error:  # noqa: BLE001 - a foreign __str__ may raise anything
        return _unreadable("key", type(key), error)


def _unreadable(what: str, kind: type, error: BaseException) -> str:
    """Give what stands for an object whose own code raised this, and tell of it."""
    if is_users(error):
        raise error
    faults.warn("attribute.unreadable", f"a {what} of type {name_of(kind)} raised {faults.described(error)}")
    return f"<unreadable {name_of(kind)}>"


def _text_of(value: object) -> str:
    """Give an object's text without addresses, which differ in each run."""
    kind = type(value)
    text = _repr.repr(value) if is_plain_dataclass(kind) and kind.__str__ is object.__str__ else str(value)
    return _ADDRESS.sub("", text) if text[:1] == "<" and len(text) <= MAX_TEXT else text


def _clean_int(cleaning: _Cleaning, value: Any, _: int) -> Value:
    number = int(value)
    if -_INT64 <= number < _INT64:
        return number
    bits = number.bit_length()
    return cleaning.text(str(number) if bits <= _MAX_BITS else f"<int of {bits} bits>")


def _clean_real(cleaning: _Cleaning, value: Any, _: int) -> Value:
    try:
        return float(value)
    except OverflowError:
        return cleaning.text(_text_of(value))


_AS_THEY_ARE = frozenset({bool, float, type(None)})
_Converter: TypeAlias = Callable[[_Cleaning, Any, int], Value]


@cache
def _conversions() -> tuple[tuple[Any, _Converter], ...]:
    import numbers  # noqa: PLC0415 - importing otel_ops must be cheap, and most values are of none of these
    from datetime import date, time  # noqa: PLC0415

    return (
        (str, lambda cleaning, value, _: cleaning.text(value)),
        (bool, lambda _, value, __: bool(value)),
        (numbers.Integral, _clean_int),
        (numbers.Real, _clean_real),
        ((bytes, bytearray, memoryview), _Cleaning.bytes),
        (os.PathLike, lambda cleaning, value, _: cleaning.text(os.fsdecode(value))),
        ((date, time), lambda cleaning, value, _: cleaning.text(value.isoformat())),
        (Mapping, _Cleaning.mapping),
        ((Sequence, AbstractSet, ValuesView), _Cleaning.items),
    )


@lru_cache(maxsize=_MAX_TYPES)
def _converter_for(kind: type) -> _Converter:
    """Find what converts values of a type: of its class itself, for an object may say that it is of another."""
    for types, convert in _conversions():
        if issubclass(kind, types):
            return convert
    if hasattr(kind, "shape") and hasattr(kind, "ndim"):
        return _Cleaning.array
    return lambda cleaning, value, _: cleaning.text(_text_of(value))
