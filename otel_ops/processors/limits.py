"""Tells of what OpenTelemetry's limits have dropped from spans."""

from __future__ import annotations

from opentelemetry.sdk.environment_variables import (
    OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT,
    OTEL_SPAN_EVENT_COUNT_LIMIT,
    OTEL_SPAN_LINK_COUNT_LIMIT,
)

from otel_ops import faults
from otel_ops.span_record import SpanRecord


def tell_of_dropped(record: SpanRecord) -> None:
    """Count the attributes, events and links that a span has lost; the first of each kind is told."""
    if record.dropped_attributes:
        _tell(record, "attribute", record.dropped_attributes, OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT)
    if record.dropped_events:
        _tell(record, "event", record.dropped_events, OTEL_SPAN_EVENT_COUNT_LIMIT)
    if record.dropped_links:
        _tell(record, "link", record.dropped_links, OTEL_SPAN_LINK_COUNT_LIMIT)


def _tell(record: SpanRecord, what: str, number: int, variable: str) -> None:
    message = (
        f"span {record.name!r} has more than OpenTelemetry's limit of {what}s; left out: {number}; raise {variable}"
    )
    faults.warn(f"{what}.dropped", message, number)
