"""Reads the form as XML: into plain data first, whatever its version, and that as JSON is read.

Nothing outside of the document is looked at: a document type declaration, and with it every entity, is refused.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element, XMLParser

from otel_ops.operation_log import OperationLog
from otel_ops.schema.escapes import escaped_for_json, unescaped, with_texts
from otel_ops.schema.from_plain import Reader
from otel_ops.schema.verbatim import name_of, text_of
from otel_ops.schema.versions import SCHEMA, Plain
from otel_ops.schema.xml_form import LISTS, MORE, RECORDS, ROOT, VALUES

_ESCAPE = b"\\u"


def from_xml(text: bytes, *, lenient: bool = False) -> OperationLog:
    """Read what `to_xml` wrote.

    Args:
        text: One document in UTF-8.
        lenient: Read what is understood, whatever the version.

    Raises:
        UnreadableInputError: It is of a version that is not known here.
        ValueError: Something in it cannot be read; so do ParseError, KeyError, TypeError, AttributeError and
            RecursionError.
    """
    document = _document(_parsed(text), lenient=lenient)
    if _ESCAPE in text:
        document = with_texts(unescaped, document)
    return Reader(dict, strict=False, lenient=lenient).log_of(document)


def _parsed(text: bytes) -> Element:
    if b"<!DOCTYPE" in text:
        msg = "it has a document type declaration, which is not read; leave it out"
        raise ValueError(msg)
    parser = XMLParser(encoding="utf-8")
    parser.feed(text)
    root: Element = parser.close()
    if root.tag != ROOT:
        msg = f"the element is <{root.tag}>, not <{ROOT}>"
        raise ValueError(msg)
    return root


def _document(root: Element, *, lenient: bool) -> Plain:
    document: Plain = {**root.attrib, "schema": SCHEMA, "version": int(root.attrib["version"])}
    waiting = [(root, document)]
    for element, record in waiting:
        _refuse_text(element)
        for child in element:
            _refuse_twice(child.tag, element, record)
            if child.tag in LISTS:
                record[child.tag] = [dict(each.attrib) for each in child]
                waiting.extend(zip(child, record[child.tag], strict=True))
            elif child.tag in RECORDS:
                record[child.tag] = dict(child.attrib)
                waiting.append((child, record[child.tag]))
            elif child.tag in VALUES:
                record[child.tag] = _items(child, lenient=lenient)
            elif child.tag == MORE:
                record.update(_items(child, lenient=lenient))
            else:
                name = name_of(child)
                record[name] = record.get(name, "") + escaped_for_json(text_of(child))
    return document


def _refuse_text(element: Element) -> None:
    """Refuse text where there are only elements, so that nothing is lost."""
    for text in (element.text, *(child.tail for child in element)):
        if text and not text.isspace():
            msg = f"text {text.strip()[:80]!r} stands in <{element.tag}>, where no text belongs"
            raise ValueError(msg)


def _refuse_twice(tag: str, element: Element, record: Plain) -> None:
    if tag in record:
        msg = f"{tag!r} stands twice in <{element.tag}>"
        raise ValueError(msg)


def _items(element: Element, *, lenient: bool) -> dict[str, Any]:
    _refuse_text(element)
    return {child.attrib["name"]: _value(child, lenient=lenient) for child in element}


def _value(element: Element, *, lenient: bool) -> Any:
    tag = element.tag
    if tag == "map":
        return _items(element, lenient=lenient)
    if tag == "list":
        _refuse_text(element)
        return [_value(child, lenient=lenient) for child in element]
    if tag in _SCALARS and not len(element):
        return _SCALARS[tag](element.text or "")
    if lenient:
        return escaped_for_json(text_of(element))
    msg = f"<{tag}> is no value that is known here; known are {', '.join(_SCALARS)}, list and map"
    raise ValueError(msg)


def _bool(text: str) -> bool:
    return {"true": True, "1": True, "false": False, "0": False}[text.strip()]


_SCALARS: dict[str, Callable[[str], Any]] = {
    "text": str,
    "bool": _bool,
    "int": int,
    "float": float,
    "bytes": lambda text: b64decode("".join(text.split()), validate=True),
    "null": lambda _: None,
}
