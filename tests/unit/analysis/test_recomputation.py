"""The analysis against a slow and plain recomputation that shares no code with it."""

import base64
import contextlib
import csv
import itertools
import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_ops.analysis import OperationAnalysis, OperationAnalyzer
from otel_ops.span_record import SpanRecord

CAPTURES = Path(__file__).resolve().parents[4] / "shared" / "data" / "traces"
WITHOUT_SPANS = {
    "empty.jsonl",
    "malformed.json",
    "multifile_malformed_traces.jsonl",
    "trace_invalid_base64.json",
    "trace_invalid_kind.json",
    "trace_mixed_encoding.json",
    "traces-1695947455229.json",
    "whitespace.jsonl",
}

Figures = dict[str, Any]


class PlainSpan(NamedTuple):
    """What the recomputation needs of a span."""

    trace: str
    id: str
    parent: str
    name: str
    start: int
    end: int
    error_type: str
    is_operation: bool

    @property
    def duration(self) -> int:
        """Never negative."""
        return max(0, self.end - self.start)


Trace = dict[str, PlainSpan]


def plainly(spans: Iterable[PlainSpan]) -> dict[str, Figures]:
    """Compute the statistics of each operation from stretches of time between starts and ends, and with numpy."""
    traces: defaultdict[str, Trace] = defaultdict(dict)
    for span in sorted(spans, key=lambda span: span.duration):
        traces[span.trace][span.id] = span
    calls: defaultdict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for trace in traces.values():
        operations = [(span, caller(span, trace)) for span in trace.values() if span.is_operation]
        for span, _ in operations:
            children = [other for other, parent in operations if parent is span]
            calls[span.name].append((span.duration, plain_self_time(span, children), span.error_type))
    return {name: figures(of_operation) for name, of_operation in calls.items()}


def plain_self_time(span: PlainSpan, children: list[PlainSpan]) -> int:
    """Add up the stretches in which the span ran and no child did."""
    moments = sorted({moment for one in (span, *children) for moment in (one.start, one.end)})
    return sum(
        end - start
        for start, end in itertools.pairwise(moments)
        if span.start <= start < span.end and not any(child.start <= start < child.end for child in children)
    )


def caller(span: PlainSpan, trace: Trace) -> PlainSpan | None:
    """Climb to the nearest operation; spans in a circle are roots."""
    while span.parent in trace and not in_circle(span, trace):
        span = trace[span.parent]
        if span.is_operation:
            return span
    return None


def in_circle(span: PlainSpan, trace: Trace) -> bool:
    """Climb as often as there are spans and see whether that meets the same span again."""
    ancestor: PlainSpan | None = span
    for _ in trace:
        ancestor = trace.get(ancestor.parent) if ancestor else None
        if ancestor is span or ancestor is None:
            break
    return ancestor is span


def figures(calls: list[tuple[int, int, str]]) -> Figures:
    """Sum up the calls of one operation, each with duration, self time and type of error."""
    durations = [call[0] for call in calls]
    error_types = [call[2] for call in calls if call[2]]
    p50, p95, p99 = np.percentile(durations, [50, 95, 99])
    return {
        "count": len(durations),
        "errors": len(error_types),
        "error_types": dict(Counter(error_types)),
        "total_ns": sum(durations),
        "self_ns": sum(call[1] for call in calls),
        "mean_ns": pytest.approx(np.mean(durations)),
        "min_ns": min(durations),
        "max_ns": max(durations),
        "p50_ns": pytest.approx(p50),
        "p95_ns": pytest.approx(p95),
        "p99_ns": pytest.approx(p99),
    }


def as_plain(analysis: OperationAnalysis) -> dict[str, Figures]:
    """Give the figures of an analysis in the form of `plainly`."""
    names = list(figures([(1, 1, "")]))
    return {operation.name: {name: getattr(operation, name) for name in names} for operation in analysis.operations}


IDS = [f"{number:016x}" for number in range(1, 10)]

records = st.builds(
    SpanRecord,
    trace_id=st.sampled_from(["1" * 32, "2" * 32]),
    span_id=st.sampled_from(IDS[:7]),
    parent_id=st.sampled_from(["", *IDS]),
    name=st.sampled_from(["a", "b", "c"]),
    start_ns=st.integers(0, 30),
    end_ns=st.integers(0, 40),
    status=st.sampled_from([0, 1, 2]),
    attributes=st.sampled_from(
        [{}, {"error.type": "E"}, {"error.type": "F"}, {"ops.kind": "operation"}, {"ops.kind": "context"}]
    ),
)


def plain(record: SpanRecord) -> PlainSpan:
    """Take what the recomputation needs from a record."""
    return PlainSpan(
        record.trace_id,
        record.span_id,
        record.parent_id,
        record.name,
        record.start_ns,
        record.end_ns,
        record.attributes.get("error.type", "_OTHER") if record.status == 2 else "",
        record.attributes.get("ops.kind") != "context",
    )


def identity(record: SpanRecord) -> tuple[str, str, int]:
    """Give what makes a record differ from those that it may stand beside: no two duplicates are equally long."""
    return record.trace_id, record.span_id, plain(record).duration


many_records = st.lists(records, max_size=20, unique_by=identity)


@given(many_records)
def test_figures_of_any_spans_equal_the_recomputation(spans: list[SpanRecord]) -> None:
    """Orphans, circles, duplicates, contexts, overlaps and skewed clocks give the figures of the recomputation."""
    assert plainly(map(plain, spans)) == as_plain(OperationAnalyzer.from_records(spans).analyze())


@given(st.lists(records, max_size=20), st.randoms(use_true_random=False))
def test_the_order_of_the_spans_does_not_matter(spans: list[SpanRecord], chance: random.Random) -> None:
    """Shuffled spans, also duplicates of equal length, give the same analysis."""
    shuffled = list(spans)
    chance.shuffle(shuffled)

    assert OperationAnalyzer.from_records(spans).analyze() == OperationAnalyzer.from_records(shuffled).analyze()


@given(many_records)
def test_self_time_is_a_part_of_the_total(spans: list[SpanRecord]) -> None:
    """Self time is never negative and never more than the total."""
    for operation in OperationAnalyzer.from_records(spans).operations():
        assert 0 <= operation.self_ns <= operation.total_ns


def captures() -> Iterator[Path]:
    """Give the files with spans that can be read as OTLP JSON."""
    return (path for path in sorted(CAPTURES.rglob("*.json*")) if path.name not in WITHOUT_SPANS)


def plain_spans(path: Path) -> Iterator[PlainSpan]:
    """Read the spans of a file with the json module; what is broken is left out."""
    for document in documents(path.read_text()):
        for resource in document.get("resourceSpans") or document.get("batches") or []:
            for scope in resource["scopeSpans"]:
                yield from map(plain_span, scope["spans"])


def documents(text: str) -> Iterator[dict[str, Any]]:
    """Read one document, or one on each line; lines that are broken are left out."""
    for part in (text, *text.splitlines()):
        with contextlib.suppress(json.JSONDecodeError):
            yield json.loads(part)
            if part is text:
                return


def plain_span(span: dict[str, Any]) -> PlainSpan:
    """Take what the recomputation needs from a span in OTLP JSON."""
    return PlainSpan(
        plain_id(span["traceId"]),
        plain_id(span["spanId"]),
        plain_id(span.get("parentSpanId") or ""),
        span["name"],
        int(span.get("startTimeUnixNano") or 0),
        int(span.get("endTimeUnixNano") or 0),
        plain_error_type(span),
        is_operation=True,
    )


def plain_id(text: str) -> str:
    """Give an id in hexadecimal digits, also one that is base64."""
    return base64.b64decode(text).hex() if text.endswith("=") else text.lower()


def plain_error_type(span: dict[str, Any]) -> str:
    """Give the type of the error, or nothing."""
    if (span.get("status") or {}).get("code") not in {2, "STATUS_CODE_ERROR"}:
        return ""
    declared = texts(span).get("error.type")
    told = [texts(event).get("exception.type") for event in span.get("events", []) if event.get("name") == "exception"]
    return declared or next(filter(None, reversed(told)), "_OTHER")


def texts(of: dict[str, Any]) -> dict[str, str]:
    """Give the attributes that are texts."""
    return {item["key"]: item["value"].get("stringValue", "") for item in of.get("attributes", [])}


def plain_rows(path: Path) -> Iterator[PlainSpan]:
    """Read a table of spans that tells neither errors nor kinds."""
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            times = int(row["StartTimeUnixNano"]), int(row["EndTimeUnixNano"])
            yield PlainSpan(row["TraceID"], row["SpanID"], row["ParentID"], row["OperationName"], *times, "", True)


@pytest.mark.parametrize("path", sorted(CAPTURES.rglob("nezha/*.csv")), ids=lambda path: path.name)
def test_figures_of_services_under_load_equal_the_recomputation(path: Path) -> None:
    """Thousands of real spans, some of which outlive their parents, give the figures of the recomputation."""
    spans = list(plain_rows(path))
    found = OperationAnalyzer.from_records(
        SpanRecord(
            trace_id=span.trace,
            span_id=span.id,
            parent_id=span.parent.removeprefix("root"),
            name=span.name,
            start_ns=span.start,
            end_ns=span.end,
        )
        for span in spans
    )

    assert plainly(spans) == as_plain(found.analyze())


@pytest.mark.parametrize("path", list(captures()), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_figures_of_a_real_capture_equal_the_recomputation(path: Path) -> None:
    """A file that another project published gives the figures of the recomputation, and has some."""
    analysis = OperationAnalyzer.from_files([path]).analyze()

    assert plainly(plain_spans(path)) == as_plain(analysis)
    assert analysis.operations
