"""The form as JSON; its schema is ``operation_log_v1.schema.json``."""

from __future__ import annotations

from typing import Any

import msgspec

from otel_ops.operation_log import OperationLog
from otel_ops.schema.escapes import escaped_for_json, unescaped, with_texts
from otel_ops.schema.from_plain import Reader
from otel_ops.schema.tags import tagged_items, untagged_items
from otel_ops.schema.to_plain import document_of

_LOOKS_ESCAPED = rb"\\u"
_object = msgspec.json.Decoder(dict[str, Any])


def to_json(operation_log: OperationLog) -> bytes:
    """Write a log as one line, without its line break."""
    document = document_of(operation_log, tagged_items)
    try:
        text = msgspec.json.encode(document)
    except UnicodeEncodeError:
        text = _LOOKS_ESCAPED
    return text if _LOOKS_ESCAPED not in text else msgspec.json.encode(with_texts(escaped_for_json, document))


def from_json(text: bytes, *, lenient: bool = False) -> OperationLog:
    """Read what `to_json` wrote.

    Raises:
        UnreadableInputError: It is no operation log, or one of a version that is not known here.
        ValueError: Something in it cannot be read; so do KeyError, TypeError, AttributeError and RecursionError.
    """
    document = _object.decode(text)
    if _LOOKS_ESCAPED in text:
        document = with_texts(unescaped, document)
    return Reader(untagged_items, strict=True, lenient=lenient).log_of(document)
