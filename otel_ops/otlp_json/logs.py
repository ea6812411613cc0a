"""Writes log records as OTLP JSON: lines of their own beside those of the spans that they were emitted in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from otel_ops.otlp_json.encoding import Head, head_of_resource
from otel_ops.otlp_json.json_text import QUOTED, attributes, message, nanoseconds, number, text
from otel_ops.span_record import LogRecord, ResourceRecord, SpanRecord


class SpanLog(NamedTuple):
    """A log record with the ids, in hexadecimal digits, of the span that it was emitted in, and its resource."""

    trace_id: str
    span_id: str
    record: LogRecord
    resource: ResourceRecord


def logs_in(spans: Iterable[SpanRecord]) -> Iterator[SpanLog]:
    """Give what was logged in spans."""
    return (
        SpanLog(span.trace_id, span.span_id, record, span.resource) for span in spans for record in span.log_records
    )


def encode_logs(logs: Iterable[SpanLog]) -> bytes:
    """Write log records as one ``LogsData``, grouped by resource and logger.

    Returns:
        JSON without line breaks, and a line break at its end; empty where there are none.
    """
    groups: dict[Head, dict[str, list[str]]] = {}
    for log in logs:
        loggers = groups.setdefault(head_of_resource(log.resource), {})
        loggers.setdefault(log.record.logger, []).append(_encoded(log))
    if not groups:
        return b""
    content = ",".join(_resource_logs(head, loggers) for head, loggers in groups.items())
    return f'{{"resourceLogs":[{content}]}}\n'.encode()


def _resource_logs(head: Head, loggers: dict[str, list[str]]) -> str:
    json, schema_url = head
    scope_logs = ",".join(
        f'{{"scope":{message(text("name", name))},"logRecords":[{",".join(records)}]}}'
        for name, records in loggers.items()
    )
    return f'{{"resource":{json},"scopeLogs":[{scope_logs}]{schema_url}}}'


def _encoded(log: SpanLog) -> str:
    record = log.record
    return message(
        nanoseconds("timeUnixNano", record.time_ns),
        number("severityNumber", record.severity_number),
        text("severityText", record.severity_text),
        f',"body":{{"stringValue":{QUOTED[record.body]}}}',
        attributes(record.attributes),
        number("droppedAttributesCount", record.dropped_attributes),
        text("traceId", log.trace_id),
        text("spanId", log.span_id),
    )
