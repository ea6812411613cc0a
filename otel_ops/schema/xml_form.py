"""The form as XML; its schema is ``operation_log_v1.xsd``.

Texts and numbers of a record are attributes of its element; records, lists and values are elements inside it. What
would break a line is a character reference, so that a document stands on one line unless it is indented.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from math import isfinite
from typing import Any

from otel_ops.operation_log import OperationLog
from otel_ops.schema.escapes import LOOKS_ESCAPED, NOT_IN_XML, escape_of
from otel_ops.schema.node import INSIDE, KNOWN
from otel_ops.schema.to_plain import document_of
from otel_ops.schema.versions import Plain

ROOT = "operation_log"
"""Element of a document."""

VALUES = frozenset({"attributes", "context"})
"""Fields whose elements hold values by name."""

LISTS = frozenset({INSIDE, "events", "links", "log_records", "children"})
"""Fields whose elements hold records, as elements of any name; ``children`` is of version 0."""

RECORDS = frozenset({"operation", "failure", "scope", "resource"})
"""Fields whose elements are records."""

MORE = "more"
"""Element of the unknown fields that are no attributes."""

_ELEMENTS = frozenset({*VALUES, *LISTS, *RECORDS, MORE})
_OF_DOCUMENT = frozenset({"version", "operation"})
_SPECIAL = re.compile(f'[&<>"\t\n\r{NOT_IN_XML}]|{LOOKS_ESCAPED}')
_REFERENCES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
_NAME = re.compile("(?!xml)[a-z_][a-z0-9_.-]*", re.IGNORECASE | re.ASCII)


def to_xml(operation_log: OperationLog, *, indent: int | None = None) -> str:
    """Write a log.

    Args:
        operation_log: The log.
        indent: Spaces for each level; None puts the document on one line.

    Returns:
        The element, without an XML declaration and without a line break at its end.
    """
    document = document_of(operation_log, dict)
    del document["schema"]
    step, margin = ("", "") if indent is None else (" " * indent, "\n")
    return _Writer(step).record(ROOT, document, _OF_DOCUMENT, margin).lstrip("\n")


def escaped_for_xml(text: str) -> str:
    """Escape a text, for an attribute or between tags."""
    return _SPECIAL.sub(_escape, text) if _SPECIAL.search(text) else text


def _escape(found: re.Match[str]) -> str:
    return _REFERENCES.get(found[0]) or escape_of(found[0])


class _Writer:
    """Writes elements; each comes after its margin, a line break with the spaces of its level, or nothing.

    Args:
        step: What each level adds to the margin.
    """

    def __init__(self, step: str) -> None:
        self._step = step

    def record(self, tag: str, record: Plain, known: frozenset[str], margin: str) -> str:
        """Write a record."""
        attributes, inside, unknown = "", "", {}
        deeper = margin + self._step
        for name, value in record.items():
            kind = type(value)
            if name not in known:
                unknown[name] = value
            elif kind in _ATTRIBUTES:
                attributes += f' {name}="{_ATTRIBUTES[kind](value)}"'
            else:
                inside += self._field(name, value, deeper)
        if unknown:
            attributes += _unknown_attributes(unknown)
            inside += self._unknown_elements(unknown, deeper)
        return _element(tag, attributes, inside, margin)

    def _unknown_elements(self, unknown: Plain, margin: str) -> str:
        elements = [margin + value for name, value in unknown.items() if _is_element(name, value)]
        more = {
            name: value
            for name, value in unknown.items()
            if not _is_attribute(name, value) and not _is_element(name, value)
        }
        return "".join(elements) + (self._values(MORE, more, margin) if more else "")

    def _field(self, name: str, value: Any, margin: str) -> str:
        if name in VALUES:
            return self._values(name, value, margin)
        if name not in _ITEMS:
            return self.record(name, value, KNOWN[name], margin)
        item, known = _ITEMS[name]
        deeper = margin + self._step
        return _element(name, "", "".join([self.record(item, each, known, deeper) for each in value]), margin)

    def _values(self, tag: str, values: dict[str, Any], margin: str, attributes: str = "") -> str:
        deeper = margin + self._step
        inside = [self._value(value, deeper, f' name="{escaped_for_xml(name)}"') for name, value in values.items()]
        return _element(tag, attributes, "".join(inside), margin)

    def _value(self, value: Any, margin: str, name: str = "") -> str:
        kind = type(value)
        if kind is str:
            return f"{margin}<text{name}>{escaped_for_xml(value)}</text>"
        if kind in _SCALARS:
            tag, text_of = _SCALARS[kind]
            return f"{margin}<{tag}{name}>{text_of(value)}</{tag}>"
        if kind is dict:
            return self._values("map", value, margin, name)
        deeper = margin + self._step
        return _element("list", name, "".join([self._value(item, deeper) for item in value]), margin)


def _element(tag: str, attributes: str, inside: str, margin: str) -> str:
    return f"{margin}<{tag}{attributes}>{inside}{margin}</{tag}>" if inside else f"{margin}<{tag}{attributes}/>"


def _unknown_attributes(unknown: Plain) -> str:
    texts = {name: value for name, value in unknown.items() if _is_attribute(name, value)}
    return "".join([f' {name}="{escaped_for_xml(value)}"' for name, value in texts.items()])


def _is_attribute(name: str, value: Any) -> bool:
    return type(value) is str and _NAME.fullmatch(name) is not None


def _is_element(name: str, value: Any) -> bool:
    if not name.startswith("<") or name[1:-1] in _ELEMENTS:
        return False
    from otel_ops.schema.verbatim import is_verbatim  # noqa: PLC0415 - programs that write logs need no XML parser

    return is_verbatim(name, value)


def _bool_text(value: bool) -> str:
    return "true" if value else "false"


def _float_text(value: float) -> str:
    return repr(value) if isfinite(value) else _NOT_FINITE[str(value)]


_NOT_FINITE = {"nan": "NaN", "inf": "INF", "-inf": "-INF"}
_ITEMS = {
    INSIDE: ("operation", KNOWN["operation"]),
    "events": ("event", KNOWN["events"]),
    "links": ("link", KNOWN["links"]),
    "log_records": ("log_record", KNOWN["log_records"]),
}
_ATTRIBUTES: dict[type, Callable[[Any], str]] = {str: escaped_for_xml, int: str, bool: _bool_text}
_SCALARS: dict[type, tuple[str, Callable[[Any], str]]] = {
    bool: ("bool", _bool_text),
    int: ("int", str),
    float: ("float", _float_text),
    bytes: ("bytes", lambda value: b64encode(value).decode("ascii")),
    type(None): ("null", lambda _: ""),
}
