"""Joins log records with the spans that they were emitted in, as files have them: in any order, side by side."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter

from msgspec.structs import replace

from otel_ops.otlp_json import SpanLog
from otel_ops.span_record import LogRecord, SpanRecord

_time = attrgetter("time_ns")


def joined(spans: Iterable[SpanRecord], logs: Iterable[SpanLog]) -> list[SpanRecord]:
    """Give the spans, each with its log records by time; records of spans that are not there are left out."""
    of_spans: dict[tuple[str, str], list[LogRecord]] = {}
    for log in logs:
        of_spans.setdefault((log.trace_id, log.span_id), []).append(log.record)
    return [_with(span, of_spans.get((span.trace_id, span.span_id))) for span in spans]


def _with(span: SpanRecord, records: list[LogRecord] | None) -> SpanRecord:
    return span if records is None else replace(span, log_records=tuple(sorted(records, key=_time)))
