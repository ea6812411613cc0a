"""Writes spans as lines of OTLP JSON.

The text is put together without structures in between, which would cost more than all the rest. A field with its
default is left out, and fields stand in the order of the collector's file exporter.
"""

from __future__ import annotations

from collections.abc import Iterable

from otel_ops.otlp_json.json_text import QUOTED, attributes, message, messages, nanoseconds, number, text
from otel_ops.span_record import (
    EventRecord,
    LinkRecord,
    ResourceRecord,
    ScopeRecord,
    SpanRecord,
    by_identity,
)

Head = tuple[str, str]
"""A resource or scope as JSON, and the URL of its schema as JSON: what spans are grouped by."""

Groups = dict[Head, dict[Head, list[str]]]
"""Spans as JSON, by resource and scope."""


def encode_line(records: Iterable[SpanRecord]) -> bytes:
    """Write spans as one ``TracesData``, grouped by resource and scope in the order of their first span.

    Returns:
        JSON without spaces or line breaks, and a line break at its end; double numbers that JSON has no form for are
        the texts ``NaN``, ``Infinity`` and ``-Infinity``.
    """
    groups: Groups = {}
    scope, resource, spans = None, None, []
    for record in records:
        if record.scope is not scope or record.resource is not resource:
            scope, resource = record.scope, record.resource
            spans = groups.setdefault(head_of_resource(resource), {}).setdefault(_head_of_scope(scope), [])
        spans.append(_span(record))
    return f"{_document(groups)}\n".encode()


def _document(groups: Groups) -> str:
    if not groups:
        return "{}"
    return f'{{"resourceSpans":[{",".join([_resource_spans(head, scopes) for head, scopes in groups.items()])}]}}'


def _resource_spans(head: Head, scopes: dict[Head, list[str]]) -> str:
    json, schema_url = head
    scope_spans = ",".join([_scope_spans(scope, spans) for scope, spans in scopes.items()])
    return f'{{"resource":{json},"scopeSpans":[{scope_spans}]{schema_url}}}'


def _scope_spans(head: Head, spans: list[str]) -> str:
    json, schema_url = head
    return f'{{"scope":{json},"spans":[{",".join(spans)}]{schema_url}}}'


def _resource(record: ResourceRecord) -> Head:
    json = message(attributes(record.attributes), number("droppedAttributesCount", record.dropped_attributes))
    return json, text("schemaUrl", record.schema_url)


def _scope(record: ScopeRecord) -> Head:
    json = message(
        text("name", record.name),
        text("version", record.version),
        attributes(record.attributes),
        number("droppedAttributesCount", record.dropped_attributes),
    )
    return json, text("schemaUrl", record.schema_url)


head_of_resource = by_identity(_resource)
_head_of_scope = by_identity(_scope)


def _span(record: SpanRecord) -> str:
    """Write a span; what few spans have is asked for before it is called for."""
    state = text("traceState", record.trace_state) if record.trace_state else ""
    parent = f',"parentSpanId":"{record.parent_id}"' if record.parent_id else ""
    flags = f',"flags":{record.flags}' if record.flags else ""
    name = f',"name":{QUOTED[record.name]}' if record.name else ""
    kind = f',"kind":{record.kind}' if record.kind else ""
    start = f',"startTimeUnixNano":"{record.start_ns}"' if record.start_ns else ""
    end = f',"endTimeUnixNano":"{record.end_ns}"' if record.end_ns else ""
    values = attributes(record.attributes)
    dropped = record.dropped_attributes or record.dropped_events or record.dropped_links
    more = _more(record) if dropped or record.events or record.links else ""
    status = _status(record) if record.status or record.status_message else ""
    return (
        f'{{"traceId":"{record.trace_id}","spanId":"{record.span_id}"{state}{parent}{flags}{name}{kind}{start}{end}'
        f'{values}{more},"status":{{{status}}}}}'
    )


def _more(record: SpanRecord) -> str:
    return "".join(
        (
            number("droppedAttributesCount", record.dropped_attributes),
            messages("events", map(_event, record.events)),
            number("droppedEventsCount", record.dropped_events),
            messages("links", map(_link, record.links)),
            number("droppedLinksCount", record.dropped_links),
        )
    )


def _status(record: SpanRecord) -> str:
    return (text("message", record.status_message) + number("code", record.status))[1:]


def _event(record: EventRecord) -> str:
    return message(
        nanoseconds("timeUnixNano", record.time_ns),
        text("name", record.name),
        attributes(record.attributes),
        number("droppedAttributesCount", record.dropped_attributes),
    )


def _link(record: LinkRecord) -> str:
    return message(
        text("traceId", record.trace_id),
        text("spanId", record.span_id),
        text("traceState", record.trace_state),
        attributes(record.attributes),
        number("droppedAttributesCount", record.dropped_attributes),
        number("flags", record.flags),
    )
