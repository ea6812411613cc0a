"""What Kibana's saved objects look for, and what stands in documents."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from otel_ops.collector.folder import configuration_folder

IN_JSON = {"fieldFormatMap", "optionsJSON", "panelsJSON", "searchSourceJSON"}
"""Members of saved objects that are JSON in a text."""

_COUNT_OF_DOCUMENTS = "___records___"


def saved_objects() -> list[dict[str, Any]]:
    """Give those that are shipped."""
    text = (configuration_folder() / "kibana" / "otel_ops.ndjson").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def members(value: Any) -> Iterator[tuple[str, Any]]:
    """Give the members of objects at any depth, those of JSON in texts among them."""
    if isinstance(value, list):
        for each in value:
            yield from members(each)
    elif isinstance(value, dict):
        for key, held in value.items():
            yield key, held
            yield from members(json.loads(held) if key in IN_JSON else held)


def fields_shown() -> set[str]:
    """Give the fields that saved objects show, count or look for."""
    found: set[str] = set()
    for key, value in members([each["attributes"] for each in saved_objects()]):
        if key == "sourceField":
            found.add(value)
        elif key == "columns" and isinstance(value, list):
            found.update(each for each in value if isinstance(each, str))
        elif key == "query" and isinstance(value, str):
            found.update(re.findall(r"([\w.]+):", value))
    return found - {_COUNT_OF_DOCUMENTS}


def fields_of(document: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Give the names of a document's fields, with those of what they are in."""
    for key, value in document.items():
        if isinstance(value, dict):
            yield from fields_of(value, f"{prefix}{key}.")
        else:
            yield prefix + key
