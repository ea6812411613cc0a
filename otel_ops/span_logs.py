"""Joins log records with the spans that they were emitted in, as files have them: in any order, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    return [with_logs(span, of_spans.get((span.trace_id, span.span_id), ())) for span in spans]


def with_logs(span: SpanRecord, records: Sequence[LogRecord]) -> SpanRecord:
    """Give a span these log records, by time; without any, it stays as it is."""
    return replace(span, log_records=tuple(sorted(records, key=_time))) if records else span
