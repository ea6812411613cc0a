"""Elements of XML that are not known: kept under ``<their name>``, as they are written, on one line."""

from __future__ import annotations

import copy
from typing import Any
from xml.etree.ElementTree import Element, ParseError, XMLParser, tostring

_LINE_BREAKS = {ord("\n"): "&#10;", ord("\r"): "&#13;"}


def name_of(element: Element) -> str:
    """Give the name under which an element is kept."""
    return f"<{element.tag}>"


def text_of(element: Element) -> str:
    """Write an element."""
    alone = copy.copy(element)
    alone.tail = None
    return tostring(alone, "unicode").translate(_LINE_BREAKS)


def is_verbatim(name: str, value: Any) -> bool:
    """Tell whether a value is what `text_of` gives, for one or more elements of this name, so that it reads back."""
    if not isinstance(value, str) or "<!" in value or "<?" in value:
        return False
    parser = XMLParser(encoding="utf-8")
    try:
        parser.feed(f"<around>{value}</around>".encode())
        around = parser.close()
    except (ParseError, ValueError, RecursionError):
        return False
    return {name} == set(map(name_of, around)) and value == "".join(map(text_of, around))
