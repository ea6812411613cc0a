"""What it costs to write spans as OTLP JSON and to read them, beside the stock encoder and protobuf's JSON.

Usage: ``python tests/benchmarks/bench_otlp_json.py``. All ways are measured in turns, in one run, on the same spans of
the SDK with six attributes each; what counts is the ratio to the way of the stock classes.
"""

from __future__ import annotations

import json
import tempfile
import timeit
from collections.abc import Callable
from pathlib import Path

from google.protobuf import json_format  # type: ignore[import-untyped]
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider

from otel_ops.analysis.sources import SpanSource
from otel_ops.exporters import OTLPFileSpanExporter
from otel_ops.otlp_json import decode, encode_line
from otel_ops.span_record import record_of

SPANS = 512
CALLS = 5
ROUNDS = 7
FILE_LINES = 200

Ways = dict[str, Callable[[], object]]


def made_up_spans() -> list[ReadableSpan]:
    """Make spans as an operation in a context leaves them."""
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("otel_ops.standard")
    attributes = {"user.id": "ada", "session.id": "s-0042", "file.path": "run1.csv", "ops.kind": "operation"}
    spans = [tracer.start_span("fit series", attributes={**attributes, "n": n, "x": n / 7}) for n in range(SPANS)]
    for span in spans:
        span.end()
    return [span for span in spans if isinstance(span, ReadableSpan)]


def writing(spans: list[ReadableSpan]) -> Ways:
    """Give the ways from spans of the SDK to bytes; the first is the measure."""
    return {
        "stock encoder, protobuf's MessageToJson": lambda: json_format.MessageToJson(encode_spans(spans), indent=None),
        "stock encoder, protobuf bytes (no JSON)": lambda: encode_spans(spans).SerializeToString(),
        "record_of and encode_line": lambda: encode_line(map(record_of, spans)),
    }


def parts(spans: list[ReadableSpan], line: bytes, folder: Path) -> Ways:
    """Give the parts of our way."""
    records = [record_of(span) for span in spans]
    exporter = OTLPFileSpanExporter(folder / "written.jsonl")
    return {
        "record_of": lambda: [record_of(span) for span in spans],
        "encode_line": lambda: encode_line(records),
        "decode": lambda: decode(line),
        "OTLPFileSpanExporter.export": lambda: exporter.export(spans),
    }


def reading(line: bytes, for_protobuf: str) -> Ways:
    """Give the ways from bytes to objects; the first is the measure."""
    return {
        "protobuf's Parse": lambda: json_format.Parse(for_protobuf, TracesData()),
        "json.loads (dicts only, nothing checked)": lambda: json.loads(line),
        "decode": lambda: decode(line),
    }


def microseconds(way: Callable[[], object]) -> float:
    """Measure the shortest time a span takes."""
    return min(timeit.repeat(way, number=CALLS, repeat=ROUNDS)) / CALLS / SPANS * 1e6


def tell(title: str, ways: Ways, size: int) -> None:
    """Print microseconds a span, megabytes a second and the ratio to the first way."""
    print(title)
    costs = {name: microseconds(way) for name, way in ways.items()}
    measure = next(iter(costs.values()))
    for name, cost in costs.items():
        print(f"  {name:42} {cost:8.2f} µs/span  {size / cost:7.1f} MB/s  x {cost / measure:.3f}")


def read_file(line: bytes, folder: Path) -> None:
    """Read a file of lines with one span and of lines with many, as a command does."""
    one = encode_line(decode(line).spans[:1])
    for name, content, spans in (("512 spans a line", line, SPANS), ("1 span a line", one, 1)):
        path = folder / "read.jsonl"
        lines = FILE_LINES * SPANS // spans // 4
        path.write_bytes(content * lines)
        source = SpanSource([path])
        seconds = timeit.timeit(lambda: sum(1 for _ in source), number=1)  # noqa: B023 - called at once
        rate = f"{lines / seconds:9.0f} lines/s  {path.stat().st_size / seconds / 1e6:7.1f} MB/s"
        print(f"  SpanSource, {name:30} {seconds / source.spans * 1e6:8.2f} µs/span  {rate}")


def main() -> None:
    """Measure and print."""
    spans = made_up_spans()
    line = encode_line(map(record_of, spans))
    size = len(line) // SPANS
    print(f"{SPANS} spans, {size} bytes each as OTLP JSON")
    with tempfile.TemporaryDirectory() as folder:
        tell("writing", writing(spans), size)
        tell("reading", reading(line, json_format.MessageToJson(encode_spans(spans), indent=None)), size)
        tell("parts of it, beside record_of", parts(spans, line, Path(folder)), size)
        read_file(line, Path(folder))


if __name__ == "__main__":
    main()
