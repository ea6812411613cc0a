"""Reads log records of OTLP JSON."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from otel_ops.otlp_json import wire
from otel_ops.otlp_json.byte_text import id_of
from otel_ops.otlp_json.decoding import part_of, read_message, resource_record, told_in_a_line
from otel_ops.otlp_json.logs import SpanLog
from otel_ops.otlp_json.spans import NO_SPAN, SEVERITY_NUMBERS, any_value, attributes_of, number_of, time_of
from otel_ops.span_record import LogRecord, ResourceRecord

_KEY = b'"resourceLogs"'
_SHOWN = 80


class DecodedLogs(NamedTuple):
    """What a document held.

    Attributes:
        logs: The log records of spans, in the order of the document; those of none are left out.
        broken: For each other one a message that names key and value.
    """

    logs: list[SpanLog]
    broken: list[str]


class _ScopeLogs(Struct, rename="camel"):
    scope: Raw | UnsetType = UNSET
    log_records: list[Raw] | None = None


class _ResourceLogs(Struct, rename="camel"):
    resource: Raw | UnsetType = UNSET
    schema_url: wire.Text = ""
    scope_logs: list[_ScopeLogs] | None = None


class _Document(Struct, rename="camel"):
    resource_logs: list[_ResourceLogs] | UnsetType | None = UNSET


_documents = msgspec.json.Decoder(_Document | list[_Document])
_scope = msgspec.json.Decoder(wire.Scope | None, strict=False)
_log_record = msgspec.json.Decoder(wire.LogRecord, strict=False)


def decode_logs(document: bytes) -> DecodedLogs | None:
    """Read a document of OTLP JSON logs; None where it is none."""
    if _KEY not in document:
        return None
    try:
        parsed = read_message(_documents, document)
    except (ValueError, RecursionError):
        return None
    groups = [part.resource_logs for part in (parsed if isinstance(parsed, list) else [parsed])]
    found = [group for group in groups if group is not UNSET]
    if len(found) < len(groups) or not groups:
        return None
    decoded = DecodedLogs([], [])
    for groups in found:
        for group in groups or ():
            _add_group(decoded, group)
    return decoded


def _add_group(decoded: DecodedLogs, group: _ResourceLogs) -> None:
    resource = part_of(resource_record, group.resource, group.schema_url, decoded.broken)
    for scope_logs in group.scope_logs or ():
        logger = _logger(scope_logs.scope)
        for raw in scope_logs.log_records or ():
            try:
                log = _span_log(read_message(_log_record, raw), logger, resource)
            except (ValueError, RecursionError) as error:
                decoded.broken.append(f"a log record of {logger[:_SHOWN]!r}: {told_in_a_line(error)}")
                continue
            if log.span_id != NO_SPAN:
                decoded.logs.append(log)


def _logger(raw: Raw | UnsetType) -> str:
    """Give the name of the scope; empty where it is broken."""
    try:
        scope = None if raw is UNSET else read_message(_scope, raw)
    except (ValueError, RecursionError):
        return ""
    return (scope and scope.name) or ""


def _span_log(log: wire.LogRecord, logger: str, resource: ResourceRecord) -> SpanLog:
    body = any_value(log.body)
    record = LogRecord(
        body=body if isinstance(body, str) else "" if body is None else str(body),
        time_ns=time_of("timeUnixNano", log.time_unix_nano or log.observed_time_unix_nano),
        severity_number=number_of("severityNumber", log.severity_number, SEVERITY_NUMBERS),
        severity_text=log.severity_text or "",
        logger=logger,
        attributes=attributes_of(log.attributes),
        dropped_attributes=log.dropped_attributes_count or 0,
    )
    trace_id, span_id = id_of("traceId", log.trace_id or "", 32), id_of("spanId", log.span_id or "", 16)
    return SpanLog(trace_id, span_id, record, resource)
