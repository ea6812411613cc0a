"""A plain, slow way to write OTLP JSON, which keeps nothing from one span to the next: what the encoder is held to."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from typing import Any

import msgspec

from otel_ops.span_record import EventRecord, LinkRecord, ResourceRecord, ScopeRecord, SpanRecord

Json = dict[str, Any]


def plain_line(records: Sequence[SpanRecord]) -> bytes:
    """Write spans of one resource and scope as a line."""
    if not records:
        return b"{}\n"
    scope, resource = records[0].scope, records[0].resource
    scope_spans = {"scope": _scope(scope), "spans": list(map(_span, records)), "schemaUrl": scope.schema_url}
    resource_spans = {
        "resource": _resource(resource),
        "scopeSpans": [_without_defaults(scope_spans)],
        "schemaUrl": resource.schema_url,
    }
    return msgspec.json.encode({"resourceSpans": [_without_defaults(resource_spans)]}) + b"\n"


def _without_defaults(fields: Json) -> Json:
    """Leave out what is empty, but for messages: those are written."""
    return {name: value for name, value in fields.items() if value or isinstance(value, dict)}


def _resource(record: ResourceRecord) -> Json:
    return _without_defaults(
        {"attributes": _key_values(record.attributes), "droppedAttributesCount": record.dropped_attributes}
    )


def _scope(record: ScopeRecord) -> Json:
    return _without_defaults(
        {
            "name": record.name,
            "version": record.version,
            "attributes": _key_values(record.attributes),
            "droppedAttributesCount": record.dropped_attributes,
        }
    )


def _span(record: SpanRecord) -> Json:
    return _without_defaults(
        {
            "traceId": record.trace_id,
            "spanId": record.span_id,
            "traceState": record.trace_state,
            "parentSpanId": record.parent_id,
            "flags": record.flags,
            "name": record.name,
            "kind": record.kind,
            "startTimeUnixNano": _number(record.start_ns),
            "endTimeUnixNano": _number(record.end_ns),
            "attributes": _key_values(record.attributes),
            "droppedAttributesCount": record.dropped_attributes,
            "events": list(map(_event, record.events)),
            "droppedEventsCount": record.dropped_events,
            "links": list(map(_link, record.links)),
            "droppedLinksCount": record.dropped_links,
            "status": _without_defaults({"message": record.status_message, "code": record.status}),
        }
    )


def _event(record: EventRecord) -> Json:
    return _without_defaults(
        {
            "timeUnixNano": _number(record.time_ns),
            "name": record.name,
            "attributes": _key_values(record.attributes),
            "droppedAttributesCount": record.dropped_attributes,
        }
    )


def _link(record: LinkRecord) -> Json:
    return _without_defaults(
        {
            "traceId": record.trace_id,
            "spanId": record.span_id,
            "traceState": record.trace_state,
            "attributes": _key_values(record.attributes),
            "droppedAttributesCount": record.dropped_attributes,
            "flags": record.flags,
        }
    )


def _number(value: int) -> str:
    return str(value) if value else ""


def _key_values(attributes: Json) -> list[Json]:
    return [_without_defaults({"key": key, "value": _any_value(value)}) for key, value in attributes.items()]


def _any_value(value: Any) -> Json:
    match value:
        case None:
            field: Json = {}
        case bool():
            field = {"boolValue": value}
        case int():
            field = {"intValue": str(value)}
        case float():
            field = {"doubleValue": value if math.isfinite(value) else _NON_FINITE[str(value)]}
        case bytes():
            field = {"bytesValue": base64.b64encode(value).decode()}
        case list():
            field = {"arrayValue": _without_defaults({"values": list(map(_any_value, value))})}
        case dict():
            field = {"kvlistValue": _without_defaults({"values": _key_values(value)})}
        case _:
            field = {"stringValue": value}
    return field


_NON_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
