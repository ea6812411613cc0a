"""From an operation log to plain data, in the current version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import msgspec
from msgspec.structs import replace

from otel_ops.operation_log import OperationLog
from otel_ops.schema.node import INSIDE, DetailName, Node
from otel_ops.schema.unknown import add_unknown
from otel_ops.schema.versions import SCHEMA, VERSION, Plain
from otel_ops.span_record import EventRecord, LinkRecord, LogRecord, ResourceRecord, ScopeRecord

Items = Callable[[dict[str, Any]], dict[str, Any]]
"""What a text makes of attributes, for values that it has no form for."""

_WithAttributes = TypeVar("_WithAttributes", EventRecord, LinkRecord, LogRecord, ScopeRecord, ResourceRecord)


def document_of(root: OperationLog, items: Items) -> Plain:
    """Give the document of a log, its tree made from the leaves up."""
    around = {id(child): log for log in root.walk() for child in log.suboperations}
    document: Plain = {"schema": SCHEMA, "version": VERSION}
    nodes: dict[int, Plain] = {}
    for log in reversed(list(root.walk())):
        node = _plain(_node(log, around.get(id(log)), items))
        if log.unknown:
            add_unknown(node, document if log is root else None, items(log.unknown))
        if log.suboperations:
            node[INSIDE] = [nodes.pop(id(child)) for child in log.suboperations]
        nodes[id(log)] = node
    document["operation"] = nodes[id(root)]
    return document


def _plain(node: Node) -> Plain:
    plain: Plain = msgspec.to_builtins(node, builtin_types=(bytes,))
    return plain


def _node(log: OperationLog, around: OperationLog | None, items: Items) -> Node:
    return Node(
        name=log.name,
        kind=log.kind,
        detail=cast("DetailName", log.detail.name),
        outcome=log.outcome,
        trace_id=log.trace_id if around is None or log.trace_id != around.trace_id else None,
        span_id=log.span_id,
        parent_id=log.parent_id,
        start_ns=log.start_ns,
        end_ns=log.end_ns,
        duration_ns=log.duration_ns,
        self_ns=log.self_ns,
        status_message=log.status_message,
        process_root=log.process_root,
        partial=log.partial,
        late_of=log.late_of,
        lost=log.lost,
        context=items(log.context) if around is None or not _same(log.context, around.context) else None,
        attributes=items(log.attributes),
        failure=log.failure,
        events=[_encoded(event, items) for event in log.events],
        links=[_encoded(link, items) for link in log.links],
        log_records=[_encoded(record, items) for record in log.log_records],
        dropped_log_records=log.dropped_log_records,
        scope=_encoded(log.scope, items) if _is_told("scope", log, around) else None,
        resource=_encoded(log.resource, items) if _is_told("resource", log, around) else None,
    )


def _encoded(record: _WithAttributes, items: Items) -> _WithAttributes:
    return replace(record, attributes=items(record.attributes)) if record.attributes else record


def _is_told(field: str, log: OperationLog, around: OperationLog | None) -> bool:
    """Tell whether a record must stand in the document: it differs from that around, or has unknown fields."""
    if around is None or not _same(getattr(log, field), getattr(around, field)):
        return True
    return any(pointer.startswith(f"/{field}/") for pointer in log.unknown)


def _same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same, also by type: 1 is not True."""
    return one is other or (one == other and repr(one) == repr(other))
