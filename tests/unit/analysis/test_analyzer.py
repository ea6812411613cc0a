"""OperationAnalyzer on files, records and live spans."""

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import Status, StatusCode, Tracer

from otel_ops.analysis import OperationAnalysis, OperationAnalyzer
from otel_ops.exceptions import UnreadableInputError
from otel_ops.otlp_json import encode_line
from otel_ops.span_record import SpanRecord, record_of
from otel_ops.testing import Recorder


def record(number: int, parent: int = 0, start: int = 0, end: int = 10, **fields: Any) -> SpanRecord:
    """Make a span, by default one that went well; parent 0 is none."""
    given: dict[str, Any] = {
        "trace_id": "1" * 32,
        "span_id": f"{number:016x}",
        "parent_id": f"{parent:016x}" if parent else "",
        "name": f"op {number}",
        "start_ns": start,
        "end_ns": end,
    }
    return SpanRecord(**(given | fields))


def analyze(*records: SpanRecord) -> OperationAnalysis:
    """Give the analysis of records."""
    return OperationAnalyzer.from_records(records).analyze()


@pytest.fixture
def tracer(recorder: Recorder) -> Tracer:
    """Makes real spans."""
    return recorder.provider.get_tracer("otel_ops.standard")


def run(tracer: Tracer) -> None:
    """Run a small program: a context, an operation that fails below one that does not, and a foreign span."""
    with (
        tracer.start_as_current_span("session", attributes={"ops.kind": "context"}),
        tracer.start_as_current_span("load", attributes={"ops.kind": "operation"}),
    ):
        for number in range(3):
            with tracer.start_as_current_span("parse", attributes={"ops.kind": "suboperation"}) as span:
                span.set_status(Status(StatusCode.ERROR) if number else Status(StatusCode.OK))
        with tracer.start_as_current_span("SELECT") as span:
            span.record_exception(KeyError("table"))
            span.set_status(StatusCode.ERROR)


def write(path: Path, spans: Sequence[ReadableSpan]) -> Path:
    """Write spans to a file, one line for each."""
    path.write_bytes(b"".join(encode_line([record_of(span)]) for span in spans))
    return path


def test_live_spans_and_their_file_give_the_same_analysis(tracer: Tracer, recorder: Recorder, tmp_path: Path) -> None:
    """What a program's spans give while they are in memory, their file gives too."""
    run(tracer)
    spans = recorder.spans.get_finished_spans()
    live = OperationAnalyzer.from_spans(spans).analyze()

    assert live == OperationAnalyzer.from_files([write(tmp_path / "run.jsonl", spans)]).analyze()
    assert {"load", "parse", "SELECT"} == {operation.name for operation in live.operations}
    assert {"parse": {"_OTHER": 2}, "SELECT": {"KeyError": 1}, "load": {}} == {
        operation.name: operation.error_types for operation in live.operations
    }
    assert (6, 1) == (live.spans, live.traces)


def test_a_span_that_otlp_cannot_carry_is_counted(tracer: Tracer, recorder: Recorder) -> None:
    """A live span with a time before the epoch is left out and counted; the others are kept."""
    tracer.start_span("before the epoch", start_time=-5).end()
    tracer.start_span("good").end()
    analysis = OperationAnalyzer.from_spans(recorder.spans.get_finished_spans()).analyze()

    assert ["good"] == [operation.name for operation in analysis.operations]
    assert (1, 1, 1) == (analysis.spans, analysis.traces, analysis.broken)


def test_operations_are_ranked_by_self_time() -> None:
    """The operation with the most self time stands first; equal ones stand by name."""
    spans = [
        record(1, start=0, end=100, name="outer"),
        record(2, 1, start=0, end=95, name="inner"),
        record(3, 1, start=300, end=305, name="b"),
        record(4, 1, start=300, end=305, name="a"),
    ]

    assert ["inner", "a", "b", "outer"] == [
        operation.name for operation in OperationAnalyzer.from_records(spans).operations()
    ]
    assert [95, 5, 5, 5] == [operation.self_ns for operation in analyze(*spans).operations]


def test_a_span_that_was_delivered_twice_counts_once() -> None:
    """Of spans with the same ids the longest counts, and the others are counted as duplicates."""
    analysis = analyze(record(1, end=10), record(1, end=30), record(1, end=20))

    assert (1, 2) == (analysis.spans, analysis.duplicates)
    assert [(1, 30)] == [(operation.count, operation.total_ns) for operation in analysis.operations]


def test_the_same_span_id_in_another_trace_is_another_span() -> None:
    """Span ids are compared within a trace only, also those of parents."""
    analysis = analyze(record(1, end=10), record(1, end=20, trace_id="2" * 32), record(2, 1, end=5))

    assert (3, 2, 0) == (analysis.spans, analysis.traces, analysis.duplicates)
    assert {"op 1": 25, "op 2": 5} == {operation.name: operation.self_ns for operation in analysis.operations}


def test_contexts_are_spans_but_no_operations() -> None:
    """The span of a context is counted among the spans that were read and has no statistics."""
    analysis = analyze(record(1, attributes={"ops.kind": "context"}), record(2, 1, end=4))

    assert (2, 1) == (analysis.spans, len(analysis.operations))


def test_nothing_gives_nothing() -> None:
    """No spans give an empty analysis."""
    assert OperationAnalysis() == analyze()


def test_several_files_are_one_input(tmp_path: Path) -> None:
    """A trace whose spans lie in two files, one of them compressed, is one trace."""
    plain, packed = tmp_path / "a.jsonl", tmp_path / "b.jsonl.gz"
    plain.write_bytes(encode_line([record(1, end=10)]))
    packed.write_bytes(gzip.compress(encode_line([record(2, 1, end=4)])))

    assert analyze(record(1, end=10), record(2, 1, end=4)) == OperationAnalyzer.from_files([plain, packed]).analyze()


def test_broken_lines_are_counted_and_told(tmp_path: Path) -> None:
    """A broken line costs no other; how many there were and where is told."""
    path = tmp_path / "cut.jsonl"
    path.write_bytes(encode_line([record(1)]) + b"{oops}\n" + encode_line([record(2)])[:-20])
    analysis = OperationAnalyzer.from_files([path]).analyze()

    assert ["op 1"] == [operation.name for operation in analysis.operations]
    assert 2 == analysis.broken
    assert [f"{path}:2:", f"{path}:3:"] == [message[: len(f"{path}:2:")] for message in analysis.messages]


def test_progress_is_told(tmp_path: Path) -> None:
    """Reading tells how far it is, in bytes, and ends with all of them."""
    path = tmp_path / "run.jsonl"
    path.write_bytes(encode_line([record(1)]))
    told: list[tuple[int, int]] = []
    OperationAnalyzer.from_files([path], progress=lambda done, total: told.append((done, total)))

    assert (path.stat().st_size, path.stat().st_size) == told[-1]


def test_a_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    """A file that cannot be read at all raises the error of the sources."""
    with pytest.raises(UnreadableInputError):
        OperationAnalyzer.from_files([tmp_path / "nowhere.jsonl"])
