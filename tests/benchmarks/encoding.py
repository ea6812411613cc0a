"""Spans to OTLP JSON lines against the SDK's protobuf, and back again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from google.protobuf import json_format  # type: ignore[import-untyped]
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData
from opentelemetry.sdk.trace import ReadableSpan

from otel_ops import OperationContext, operation
from otel_ops.otlp_json import encode_line
from otel_ops.otlp_json.reading import decode
from otel_ops.span_record import record_of
from tests.benchmarks.harness import Case, Side, Sides, clocked
from tests.benchmarks.stock import StockSdk, stock_sdk
from tests.benchmarks.values import VALUES

BATCH = 512


def line_of(spans: Sequence[ReadableSpan]) -> bytes:
    """Encode as the trace file is written."""
    return encode_line([record_of(span) for span in spans])


def protobuf_of(spans: Sequence[ReadableSpan]) -> bytes:
    """Encode as the SDK's exporters do."""
    encoded: bytes = encode_spans(spans).SerializeToString()
    return encoded


def fresh_spans(sdk: StockSdk, number: int) -> list[ReadableSpan]:
    """Record spans under a context; nothing is known of them from an earlier round."""

    def record(number: int) -> None:
        for index in range(number):
            with operation("fit series") as fit:
                fit.set(rows=index)

    return sdk.recorded(record, number)


@contextmanager
def writing() -> Iterator[Sides]:
    """Compare the encoders on batches of fresh spans."""
    with stock_sdk() as sdk, OperationContext(**VALUES):

        def encoding(encode: Callable[[Sequence[ReadableSpan]], bytes]) -> Side:
            def side(calls: int) -> float:
                spans = fresh_spans(sdk, calls)
                return clocked(lambda _: encode(spans))(calls)

            return side

        assert_same_content(fresh_spans(sdk, 3))
        yield Sides(encoding(line_of), encoding(protobuf_of))


def assert_same_content(spans: Sequence[ReadableSpan]) -> None:
    """Fail where the two encodings do not tell of the same spans."""
    ours = decode(line_of(spans)).spans
    theirs = decode(json_format.MessageToJson(encode_spans(spans)).encode()).spans
    assert len(spans) == len(theirs)
    assert [(span.name, span.attributes) for span in theirs] == [(span.name, span.attributes) for span in ours]


@contextmanager
def reading() -> Iterator[Sides]:
    """Compare the decoders on a line of many spans."""
    with stock_sdk() as sdk, OperationContext(**VALUES):
        spans = fresh_spans(sdk, BATCH)
    line, message = line_of(spans), json_format.MessageToJson(encode_spans(spans), indent=None)

    def scaled(decode_batch: Callable[[], object]) -> Side:
        return lambda calls: clocked(lambda _: decode_batch())(calls) * calls / BATCH

    yield Sides(scaled(lambda: decode(line)), scaled(lambda: json_format.Parse(message, TracesData())))


CASES = (
    Case(
        "encoding",
        "span to OTLP JSON, against protobuf",
        writing,
        target=0.25,
        calls=BATCH,
        rounds=60,
    ),
)

INFORMATION = (
    Case(
        "decoding",
        "span from OTLP JSON, against protobuf's",
        reading,
        calls=BATCH,
        rounds=30,
    ),
)
