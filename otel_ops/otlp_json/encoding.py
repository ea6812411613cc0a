"""Writes spans as lines of OTLP JSON."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable
from math import isfinite
from typing import Any

import msgspec
from msgspec import Raw

from otel_ops.otlp_json import wire
from otel_ops.span_record import (
    ByIdentity,
    EventRecord,
    LinkRecord,
    ResourceRecord,
    ScopeRecord,
    SpanRecord,
)

_encode = msgspec.json.Encoder().encode

Head = tuple[bytes, str]
"""A resource or scope as JSON, and the URL of its schema: what spans are grouped by."""


def encode_line(records: Iterable[SpanRecord]) -> bytes:
    """Write spans as one ``TracesData``, grouped by resource and scope in the order of their first span.

    Returns:
        JSON without spaces or line breaks, and a line break at its end; double numbers that JSON has no form for are
        the texts ``NaN``, ``Infinity`` and ``-Infinity``.
    """
    groups: dict[Head, dict[Head, list[wire.Span]]] = {}
    for record in records:
        scopes = groups.setdefault(_head_of_resource(record.resource), {})
        scopes.setdefault(_head_of_scope(record.scope), []).append(_span(record))
    if not groups:
        return b"{}\n"
    return _encode({"resourceSpans": [_resource_spans(head, scopes) for head, scopes in groups.items()]}) + b"\n"


def _resource_spans(head: Head, scopes: dict[Head, list[wire.Span]]) -> dict[str, object]:
    scope_spans = [_group(scope, "scope", "spans", spans) for scope, spans in scopes.items()]
    return _group(head, "resource", "scopeSpans", scope_spans)


def _group(head: Head, name: str, content_name: str, content: object) -> dict[str, object]:
    json, schema_url = head
    group = {name: Raw(json), content_name: content}
    return {**group, "schemaUrl": schema_url} if schema_url else group


def _resource(record: ResourceRecord) -> Head:
    return _encode(wire.Resource(_key_values(record.attributes), record.dropped_attributes)), record.schema_url


def _scope(record: ScopeRecord) -> Head:
    attributes = _key_values(record.attributes)
    return _encode(wire.Scope(record.name, record.version, attributes, record.dropped_attributes)), record.schema_url


_head_of_resource = ByIdentity(_resource)
_head_of_scope = ByIdentity(_scope)


def _span(record: SpanRecord) -> wire.Span:
    return wire.Span(
        trace_id=record.trace_id,
        span_id=record.span_id,
        trace_state=record.trace_state,
        parent_span_id=record.parent_id,
        flags=record.flags,
        name=record.name,
        kind=record.kind,
        start_time_unix_nano=_nanoseconds(record.start_ns),
        end_time_unix_nano=_nanoseconds(record.end_ns),
        attributes=_key_values(record.attributes),
        dropped_attributes_count=record.dropped_attributes,
        events=[_event(event) for event in record.events] or None,
        dropped_events_count=record.dropped_events,
        links=[_link(link) for link in record.links] or None,
        dropped_links_count=record.dropped_links,
        status=wire.Status(record.status_message, record.status),
    )


def _event(record: EventRecord) -> wire.Event:
    return wire.Event(
        time_unix_nano=_nanoseconds(record.time_ns),
        name=record.name,
        attributes=_key_values(record.attributes),
        dropped_attributes_count=record.dropped_attributes,
    )


def _link(record: LinkRecord) -> wire.Link:
    return wire.Link(
        trace_id=record.trace_id,
        span_id=record.span_id,
        trace_state=record.trace_state,
        attributes=_key_values(record.attributes),
        dropped_attributes_count=record.dropped_attributes,
        flags=record.flags,
    )


def _nanoseconds(time: int) -> str | None:
    return str(time) if time else None


def _key_values(attributes: dict[str, Any]) -> wire.KeyValues:
    return [wire.KeyValue(key, _any_value(value)) for key, value in attributes.items()] or None


def _any_value(value: Any) -> wire.AnyValue:
    return _WRITERS[type(value)](value)


def _double(value: float) -> wire.AnyValue:
    return wire.AnyValue(double_value=value if isfinite(value) else _NON_FINITE[str(value)])


def _array(values: list[Any]) -> wire.AnyValue:
    return wire.AnyValue(array_value=wire.ArrayValue([_any_value(value) for value in values] or None))


_NON_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
_WRITERS: dict[type, Callable[[Any], wire.AnyValue]] = {
    str: wire.AnyValue,
    bool: lambda value: wire.AnyValue(bool_value=value),
    int: lambda value: wire.AnyValue(int_value=str(value)),
    float: _double,
    bytes: lambda value: wire.AnyValue(bytes_value=b64encode(value).decode()),
    list: _array,
    dict: lambda value: wire.AnyValue(kvlist_value=wire.KeyValueList(_key_values(value))),
    type(None): lambda _: wire.AnyValue(),
}
