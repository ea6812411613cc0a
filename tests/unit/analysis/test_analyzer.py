"""OperationAnalyzer against a plain recomputation."""

import gzip
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode, set_span_in_context

from otel_ops.analysis import OperationAnalysis, OperationAnalyzer, OperationStatistics
from otel_ops.exceptions import UnreadableInputError
from otel_ops.exporters.file import OTLPFileSpanExporter
from otel_ops.otlp_json import encode_line
from otel_ops.span_record import SpanRecord

Interval = tuple[int, int]

TRACE_IDS = ["1" * 32, "2" * 32]
PARENTS = ["", *(f"{number:016x}" for number in range(1, 10))]


def record(number: int, parent: int = 0, start: int = 0, end: int = 10, **fields: Any) -> SpanRecord:
    """Make a span, by default one that went well; parent 0 is none."""
    given = {"trace_id": TRACE_IDS[0], "span_id": f"{number:016x}", "parent_id": PARENTS[parent], "name": f"op {number}"}
    return SpanRecord(start_ns=start, end_ns=end, **(given | fields))


records = st.builds(
    SpanRecord,
    trace_id=st.sampled_from(TRACE_IDS),
    span_id=st.sampled_from(PARENTS[1:7]),
    parent_id=st.sampled_from(PARENTS),
    name=st.sampled_from(["a", "b", "c"]),
    start_ns=st.integers(0, 30),
    end_ns=st.integers(0, 40),
    status=st.sampled_from([0, 1, 2]),
    attributes=st.sampled_from([{}, {"error.type": "E"}, {"error.type": "F"}, {"ops.kind": "context"}]),
)


def duration(span: SpanRecord) -> int:
    """Give the duration, never negative."""
    return max(0, span.end_ns - span.start_ns)


many_records = st.lists(records, max_size=20, unique_by=lambda span: (span.trace_id, span.span_id, duration(span)))


def plainly(spans: list[SpanRecord]) -> dict[str, dict[str, Any]]:
    """Compute the statistics of each operation the slow, plain way: sets of nanoseconds, and numpy."""
    calls: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for trace_id in {span.trace_id for span in spans}:
        trace = {
            span.span_id: span for span in sorted(spans, key=duration) if span.trace_id == trace_id
        }
        for span in trace.values():
            if is_operation(span):
                own = set(range(span.start_ns, span.end_ns))
                for other in trace.values():
                    if is_operation(other) and caller(other, trace) is span:
                        own -= set(range(other.start_ns, other.end_ns))
                calls[span.name].append((duration(span), len(own), error_type(span)))
    return {name: figures(*zip(*of_operation, strict=True)) for name, of_operation in calls.items()}


def is_operation(span: SpanRecord) -> bool:
    """Tell operations from contexts."""
    return "context" != span.attributes.get("ops.kind")


def error_type(span: SpanRecord) -> str:
    """Give the type of the error, or nothing."""
    return str(span.attributes.get("error.type", "_OTHER")) if 2 == span.status else ""


def caller(span: SpanRecord, trace: dict[str, SpanRecord]) -> SpanRecord | None:
    """Climb to the nearest operation, treating spans in a circle as roots."""
    while not in_circle(span, trace) and span.parent_id in trace:
        span = trace[span.parent_id]
        if is_operation(span):
            return span
    return None


def in_circle(span: SpanRecord, trace: dict[str, SpanRecord]) -> bool:
    """Climb as often as there are spans and see whether that meets the same span again."""
    ancestor: SpanRecord | None = span
    for _ in trace:
        ancestor = trace.get(ancestor.parent_id) if ancestor else None
        if ancestor is span:
            return True
    return False


def figures(durations: list[int], self_ns: list[int], error_types: list[str]) -> dict[str, Any]:
    """Sum up the calls of one operation."""
    p50, p95, p99 = np.percentile(durations, [50, 95, 99])
    return {
        "count": len(durations),
        "errors": sum(map(bool, error_types)),
        "error_types": dict(Counter(filter(None, error_types))),
        "total_ns": sum(durations),
        "self_ns": sum(self_ns),
        "mean_ns": pytest.approx(np.mean(durations)),
        "min_ns": min(durations),
        "max_ns": max(durations),
        "p50_ns": pytest.approx(p50),
        "p95_ns": pytest.approx(p95),
        "p99_ns": pytest.approx(p99),
    }


def as_plain(operations: tuple[OperationStatistics, ...]) -> dict[str, dict[str, Any]]:
    """Give the figures in the form of `plainly`."""
    names = [*figures([1], [1], [""])]
    return {operation.name: {name: getattr(operation, name) for name in names} for operation in operations}
