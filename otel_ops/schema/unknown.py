"""Fields that have no meaning in this version: found on reading, put back on writing.

Each is kept under its JSON pointer (RFC 6901) below its operation; what stands beside the operation, under ``../name``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from otel_ops.schema.node import KNOWN
from otel_ops.schema.versions import Plain

BESIDE = ".."
"""Where the fields of the document itself stand, as seen from its operation."""

_OF_DOCUMENT = frozenset({"schema", "version", "operation"})


def take_unknown(node: Plain, document: Plain | None) -> dict[str, Any]:
    """Take the fields that are not known out of a node and its records, and give them by pointer.

    Args:
        node: An operation.
        document: The document that it is the root of, or None.
    """
    return {
        pointer_to(place, name): record.pop(name)
        for place, record, known in _records(node, document)
        for name in [name for name in record if name not in known]
    }


def add_unknown(node: Plain, document: Plain | None, unknown: Mapping[str, Any]) -> None:
    """Put fields back where they stood; those of a record that is gone go with it, and known fields stay."""
    records = {place: (record, known) for place, record, known in _records(node, document)}
    for pointer, value in unknown.items():
        place, _, token = pointer.rpartition("/")
        name = token.replace("~1", "/").replace("~0", "~")
        if place in records and name not in records[place][1]:
            records[place][0][name] = value


def pointer_to(place: str, name: str) -> str:
    """Give the pointer to a field of the record at some place."""
    return f"{place}/{name.replace('~', '~0').replace('/', '~1')}"


def _records(node: Plain, document: Plain | None) -> Iterator[tuple[str, Plain, frozenset[str]]]:
    yield "", node, KNOWN["operation"]
    if document is not None:
        yield BESIDE, document, _OF_DOCUMENT
    for field in ("failure", "scope", "resource"):
        if isinstance(record := node.get(field), dict):
            yield f"/{field}", record, KNOWN[field]
    for field in ("events", "links", "log_records"):
        for index, record in enumerate(node.get(field) or ()):
            if isinstance(record, dict):
                yield f"/{field}/{index}", record, KNOWN[field]
