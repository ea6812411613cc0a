"""Writes the parts of OTLP JSON as text: attribute values, and fields that are left out where they are empty.

A field comes with a comma before it. Most of a span's text is that of many other spans, such as the attributes of its
context, and is kept. Only attributes of plain text are, for of other values equal ones may be written differently,
such as ``1``, ``1.0`` and ``True``, or ``0.0`` and ``-0.0``.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable
from math import isfinite
from typing import Any, TypeVar

import msgspec

MAX_KEPT = 128
"""Most names, most keys of attributes, and most texts of one key that are kept."""

MAX_KEPT_TEXT = 128
"""Longest text, in characters, that is kept."""

_Kept = TypeVar("_Kept")

_encode = msgspec.json.Encoder().encode


class _KeptByText(dict[str, _Kept]):
    """What was made of texts, as long as it is not too much."""

    def __missing__(self, text: str) -> _Kept:
        made = self._make(text)
        if len(self) >= MAX_KEPT:
            self.clear()
        if len(text) <= MAX_KEPT_TEXT:
            self[text] = made
        return made

    def _make(self, text: str) -> _Kept:
        raise NotImplementedError


class _Quoted(_KeptByText[str]):
    """Texts as JSON, with what stands before and after them."""

    def __init__(self, before: str = "", after: str = "") -> None:
        self._before = before
        self._after = after

    def _make(self, text: str) -> str:
        return f"{self._before}{_encode(text).decode()}{self._after}"


class _Keys(_KeptByText[str]):
    """Keys of attributes as JSON, up to their value."""

    def _make(self, text: str) -> str:
        return f'{{"key":{_encode(text).decode()},"value":' if text else '{"value":'


class _TextAttributes(_KeptByText[_Quoted]):
    """Attributes of plain text as JSON, by key and text."""

    def _make(self, text: str) -> _Quoted:
        return _Quoted(f'{_keys[text]}{{"stringValue":', "}}")


_quoted = _Quoted()
_keys = _Keys()
_text_attributes = _TextAttributes()


def message(*fields: str) -> str:
    """Put fields between braces."""
    return f"{{{''.join(fields)[1:]}}}"


def text(name: str, value: str) -> str:
    """Write a field of text."""
    return f',"{name}":{_quoted[value]}' if value else ""


def number(name: str, value: int) -> str:
    """Write a field of a number of 32 bits."""
    return f',"{name}":{value}' if value else ""


def nanoseconds(name: str, value: int) -> str:
    """Write a field of a number of 64 bits, which JSON has as text."""
    return f',"{name}":"{value}"' if value else ""


def messages(name: str, values: Iterable[str]) -> str:
    """Write a field of messages."""
    content = ",".join(values)
    return f',"{name}":[{content}]' if content else ""


def attributes(values: dict[str, Any], name: str = "attributes") -> str:
    """Write a field of ``KeyValue`` messages."""
    if not values:
        return ""
    content = ",".join(
        [
            _text_attributes[key][value] if type(value) is str else f"{_keys[key]}{_WRITERS[type(value)](value)}}}"
            for key, value in values.items()
        ]
    )
    return f',"{name}":[{content}]'


def _any_value(value: Any) -> str:
    return _WRITERS[type(value)](value)


def _double(value: float) -> str:
    json = _encode(value).decode() if isfinite(value) else _NON_FINITE[str(value)]
    return f'{{"doubleValue":{json}}}'


def _list(values: list[Any]) -> str:
    return f'{{"arrayValue":{message(messages("values", map(_any_value, values)))}}}'


def _dict(values: dict[str, Any]) -> str:
    return f'{{"kvlistValue":{message(attributes(values, "values"))}}}'


_NON_FINITE = {"nan": '"NaN"', "inf": '"Infinity"', "-inf": '"-Infinity"'}
_WRITERS: dict[type, Callable[[Any], str]] = {
    str: lambda value: f'{{"stringValue":{_quoted[value]}}}',
    bool: lambda value: '{"boolValue":true}' if value else '{"boolValue":false}',
    int: lambda value: f'{{"intValue":"{value}"}}',
    float: _double,
    bytes: lambda value: f'{{"bytesValue":"{b64encode(value).decode()}"}}',
    list: _list,
    dict: _dict,
    type(None): lambda _: "{}",
}
