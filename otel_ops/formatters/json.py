"""JSON: the versioned form of an operation log, which reads back as an equal one.

The schema is ``otel_ops/schema/operation_log_v1.schema.json``.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable
from typing import Any, Literal, TypeVar, cast

import msgspec
from msgspec.structs import replace

from otel_ops.detail import Detail
from otel_ops.exceptions import UnreadableInputError
from otel_ops.formatters.base import OutputFormatter
from otel_ops.operation_log import OperationFailure, OperationLog
from otel_ops.span_record import EventRecord, LinkRecord, ResourceRecord, ScopeRecord, carried_text

SCHEMA = "otel_ops.operation_log"
"""What a document says it is."""

VERSION = 1
"""Version of the documents that are written."""

_DetailName = Literal["MINIMAL", "STANDARD", "DETAILED", "DEBUG"]
_WithAttributes = TypeVar("_WithAttributes", EventRecord, LinkRecord, ScopeRecord, ResourceRecord)


class _Node(msgspec.Struct, omit_defaults=True, kw_only=True):
    """One operation; what is None is as in the operation around. The times and sums of readers are not read back."""

    name: str
    kind: str
    detail: _DetailName = "STANDARD"
    outcome: str = "ok"
    trace_id: str | None = None
    span_id: str
    parent_id: str = ""
    start_ns: int
    end_ns: int
    duration_ns: int = 0
    self_ns: int = 0
    context: dict[str, Any] | None = None
    attributes: dict[str, Any] = {}
    failure: OperationFailure | None = None
    status_message: str = ""
    process_root: bool = False
    partial: bool = False
    late_of: str = ""
    lost: int = 0
    events: list[EventRecord] = []
    links: list[LinkRecord] = []
    scope: ScopeRecord | None = None
    resource: ResourceRecord | None = None
    suboperations: list[_Node] = []


class _Document(msgspec.Struct):
    schema: str
    version: int
    operation: _Node


class _Header(msgspec.Struct):
    schema: str = ""
    version: int = 0


class JSONFormatter(OutputFormatter):
    """Gives a log as one JSON document.

    Args:
        indent: Spaces for each level; None puts the document on one line.
    """

    def __init__(self, *, indent: int | None = None) -> None:
        self._indent = indent

    @property
    def is_document(self) -> bool:
        """Whether it is laid out on several lines; on one line, documents may stand one below the other."""
        return self._indent is not None

    def format_operation_log(self, operation_log: OperationLog) -> str:
        """Give the document, with a line break at its end."""
        text = msgspec.json.encode(_Document(SCHEMA, VERSION, _node_of(operation_log)))
        if self._indent is not None:
            text = msgspec.json.format(text, indent=self._indent)
        return text.decode("utf-8") + "\n"


def read_operation_log(text: str | bytes) -> OperationLog:
    """Read what `JSONFormatter` wrote.

    Raises:
        UnreadableInputError: the text is no such document, or one of a version that is not known here.
    """
    try:
        header = msgspec.json.decode(text, type=_Header)
        if header.schema != SCHEMA or header.version != VERSION:
            msg = f"schema={header.schema!r}, version={header.version}: can be read are version 1 of {SCHEMA!r}"
            raise UnreadableInputError(msg)
        return _log_of(msgspec.json.decode(text, type=_Document).operation)
    except (msgspec.MsgspecError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        if isinstance(error, UnreadableInputError):
            raise
        msg = f"no operation log in JSON: {error}; pass what JSONFormatter gave"
        raise UnreadableInputError(msg) from None


def _node_of(root: OperationLog) -> _Node:
    """Convert a tree, from its leaves up."""
    around = {id(child): log for log in root.walk() for child in log.suboperations}
    nodes: dict[int, _Node] = {}
    for log in reversed(list(root.walk())):
        below = [nodes.pop(id(child)) for child in log.suboperations]
        nodes[id(log)] = _node(log, around.get(id(log)), below)
    return nodes[id(root)]


def _same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same, also by type: 1 is not True."""
    return one is other or (one == other and repr(one) == repr(other))


def _node(log: OperationLog, around: OperationLog | None, below: list[_Node]) -> _Node:
    return _Node(
        name=carried_text(log.name),
        kind=log.kind,
        detail=cast("_DetailName", log.detail.name),
        outcome=log.outcome,
        trace_id=log.trace_id if around is None or log.trace_id != around.trace_id else None,
        span_id=log.span_id,
        parent_id=log.parent_id,
        start_ns=log.start_ns,
        end_ns=log.end_ns,
        duration_ns=log.duration_ns,
        self_ns=log.self_ns,
        context=_encoded_items(log.context) if around is None or not _same(log.context, around.context) else None,
        attributes=_encoded_items(log.attributes),
        failure=log.failure,
        status_message=log.status_message,
        process_root=log.process_root,
        partial=log.partial,
        late_of=log.late_of,
        lost=log.lost,
        events=[_encoded_record(event) for event in log.events],
        links=[_encoded_record(link) for link in log.links],
        scope=_encoded_record(log.scope) if around is None or not _same(log.scope, around.scope) else None,
        resource=_encoded_record(log.resource) if around is None or not _same(log.resource, around.resource) else None,
        suboperations=below,
    )


def _encoded_record(record: _WithAttributes) -> _WithAttributes:
    return replace(record, attributes=_encoded_items(record.attributes)) if record.attributes else record


def _encoded_items(items: dict[str, Any]) -> dict[str, Any]:
    return {carried_text(key): _encoded(value) for key, value in items.items()}


def _encoded(value: Any) -> Any:
    """Put a tag on what JSON lacks, and on what looks like a tag."""
    if isinstance(value, str):
        return carried_text(value)
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode("ascii")}
    if isinstance(value, float) and not math.isfinite(value):
        return {"$number": {"inf": "Infinity", "-inf": "-Infinity"}.get(str(value), "NaN")}
    if isinstance(value, list | tuple):
        return [_encoded(item) for item in value]
    if isinstance(value, dict):
        items = _encoded_items(value)
        return {"$object": items} if any(key.startswith("$") for key in items) else items
    return value


def _log_of(root: _Node) -> OperationLog:
    outside = _Node(name="", kind="", span_id="", start_ns=0, end_ns=0)
    order = [(root, outside)]
    for node, _ in order:
        order.extend((child, node) for child in node.suboperations)
    for node, around in order:
        _inherit(node, around)
    logs: dict[int, OperationLog] = {}
    for node, _ in reversed(order):
        logs[id(node)] = _log(node, tuple(logs.pop(id(child)) for child in node.suboperations))
    return logs[id(root)]


def _inherit(node: _Node, around: _Node) -> None:
    """Fill in what is as in the operation around, and take the tags off the rest."""
    node.context = around.context if node.context is None else _decoded_items(node.context)
    node.scope = around.scope if node.scope is None else _decoded_record(node.scope)
    node.resource = around.resource if node.resource is None else _decoded_record(node.resource)
    node.trace_id = node.trace_id or around.trace_id


def _log(node: _Node, below: tuple[OperationLog, ...]) -> OperationLog:
    return OperationLog(
        name=node.name,
        kind=node.kind,
        detail=Detail[node.detail],
        outcome=node.outcome,
        trace_id=node.trace_id or "",
        span_id=node.span_id,
        parent_id=node.parent_id,
        start_ns=node.start_ns,
        end_ns=node.end_ns,
        attributes=_decoded_items(node.attributes),
        context=dict(node.context or {}),
        failure=node.failure,
        events=tuple(_decoded_record(event) for event in node.events),
        links=tuple(_decoded_record(link) for link in node.links),
        suboperations=below,
        status_message=node.status_message,
        process_root=node.process_root,
        partial=node.partial,
        late_of=node.late_of,
        lost=node.lost,
        scope=node.scope or ScopeRecord(),
        resource=node.resource or ResourceRecord(),
    )


def _decoded_record(record: _WithAttributes) -> _WithAttributes:
    return replace(record, attributes=_decoded_items(record.attributes)) if record.attributes else record


def _decoded_items(items: dict[str, Any]) -> dict[str, Any]:
    return {key: _decoded(value) for key, value in items.items()}


def _decoded(value: Any) -> Any:
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((tag, content),) = value.items()
        if tag in _DECODERS:
            return _DECODERS[tag](content)
    return _decoded_items(value)


_DECODERS: dict[str, Callable[[Any], Any]] = {
    "$bytes": lambda content: base64.b64decode(content, validate=True),
    "$number": lambda content: {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}[content],
    "$object": _decoded_items,
}
