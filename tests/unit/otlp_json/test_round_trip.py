"""What is written and read back is the same; what others wrote means the same as its plain JSON says."""

import base64
import binascii
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import StatusCode

from otel_ops.otlp_json import encode_line
from otel_ops.otlp_json.reading import decode
from otel_ops.span_record import (
    EventRecord,
    LinkRecord,
    ResourceRecord,
    ScopeRecord,
    SpanRecord,
    carried_text,
    record_of,
)
from otel_ops.testing import RecordingProvider
from tests.plain_otlp import plain_line

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
CAPTURES = Path(__file__).resolve().parents[4] / "shared" / "data" / "traces"

texts = st.text(st.characters()).map(carried_text)
hexadecimal = st.text("0123456789abcdef", min_size=16, max_size=16).filter(lambda digits: digits.strip("0"))
trace_ids = st.tuples(hexadecimal, hexadecimal).map("".join)
int64 = st.integers(-(2**63), 2**63 - 1)
uint64 = st.integers(0, 2**64 - 1)
uint32 = st.integers(0, 2**32 - 1)
leaves = st.none() | st.booleans() | int64 | st.sampled_from([-(2**63), 2**63 - 1]) | st.floats() | st.binary() | texts
values = st.recursive(leaves, lambda items: st.lists(items) | st.dictionaries(texts, items), max_leaves=6)
attributes = st.dictionaries(texts, values, max_size=4)

spans = st.builds(
    SpanRecord,
    trace_id=trace_ids,
    span_id=hexadecimal,
    parent_id=st.just("") | hexadecimal,
    name=texts,
    kind=st.integers(0, 5),
    start_ns=uint64,
    end_ns=uint64,
    attributes=attributes,
    events=st.lists(st.builds(EventRecord, texts, uint64, attributes, uint32), max_size=2).map(tuple),
    links=st.lists(st.builds(LinkRecord, trace_ids, hexadecimal, attributes, texts, uint32, uint32), max_size=2).map(
        tuple
    ),
    status=st.integers(0, 2),
    status_message=texts,
    trace_state=texts,
    flags=uint32,
    dropped_attributes=uint32,
    dropped_events=uint32,
    dropped_links=uint32,
)
scopes = st.builds(ScopeRecord, texts, texts, attributes, uint32, texts)
resources = st.builds(ResourceRecord, attributes, uint32, texts)


def of_scope(span: SpanRecord, scope: ScopeRecord, resource: ResourceRecord) -> SpanRecord:
    """Give a span its scope and resource."""
    fields = {name: getattr(span, name) for name in span.__struct_fields__}
    return SpanRecord(**{**fields, "scope": scope, "resource": resource})


@given(st.lists(spans, max_size=3), scopes, resources)
@PATIENT
def test_what_is_written_is_read_back(records: list[SpanRecord], scope: ScopeRecord, resource: ResourceRecord) -> None:
    """Records read from the line they were written to are the same, with types, order, NaN and the sign of zero."""
    written = [of_scope(span, scope, resource) for span in records]
    decoded = decode(encode_line(written))

    assert [] == decoded.broken
    assert repr(written) == repr(decoded.spans)


clashing = st.sampled_from([0, False, 0.0, -0.0, "0", 1, True, 1.0, "1", b"1", "", b"", None, [1], [True], [0.0, -0.0]])


@given(st.lists(spans, max_size=3), scopes, resources)
@PATIENT
def test_lines_are_those_of_a_plain_encoder(
    records: list[SpanRecord], scope: ScopeRecord, resource: ResourceRecord
) -> None:
    """Whatever a record holds, the line is byte for byte that of an encoder that keeps nothing."""
    written = [of_scope(span, scope, resource) for span in records]

    assert plain_line(written) == encode_line(written)


@given(st.lists(st.dictionaries(st.sampled_from(["", "a", "b"]), clashing | st.text("ab"), min_size=1), max_size=6))
@PATIENT
def test_equal_values_of_other_types_are_told_apart(each: list[dict[str, Any]]) -> None:
    """Values that Python calls equal are written each as its own, in whatever order they come under one key."""
    for attributes in each:
        records = [SpanRecord("1" * 32, "2" * 16, "fit", 1, 2, attributes=attributes)]

        assert plain_line(records) == encode_line(records)


def test_huge_texts_are_written_whole() -> None:
    """A text of megabytes is written as it is, every time."""
    text = 'é"\\' * 1_000_000
    records = [SpanRecord("1" * 32, "2" * 16, text, 1, 2, attributes={text: text, "list": [text]})]

    assert plain_line(records) == encode_line(records) == encode_line(records)


simple_spans = st.builds(
    SpanRecord, trace_id=trace_ids, span_id=hexadecimal, name=texts, start_ns=uint64, end_ns=uint64
)


@given(
    st.lists(scopes, min_size=1, max_size=2),
    st.lists(resources, min_size=1, max_size=2),
    st.lists(simple_spans, max_size=4),
    st.randoms(),
)
@PATIENT
def test_spans_of_several_scopes_are_read_back(
    of_scopes: list[ScopeRecord], of_resources: list[ResourceRecord], records: list[SpanRecord], random: Random
) -> None:
    """Every span comes back with its own scope and resource, grouped or not."""
    written = [of_scope(span, random.choice(of_scopes), random.choice(of_resources)) for span in records]

    assert sorted(map(repr, written)) == sorted(map(repr, decode(encode_line(written)).spans))


@given(st.dictionaries(st.text(st.characters(), min_size=1), leaves | st.text(st.characters()) | st.integers()))
@PATIENT
def test_a_record_of_a_live_span_equals_the_one_read_from_its_line(given_attributes: dict[str, Any]) -> None:
    """Whatever attributes a live span has, its record is the same before it was written and after it was read."""
    span = RecordingProvider().get_tracer("scope").start_span("fit", attributes=given_attributes)
    span.add_event("step", given_attributes)
    span.set_status(StatusCode.ERROR, "x\ud800")
    span.end()
    assert isinstance(span, ReadableSpan)
    record = record_of(span)

    assert repr([record]) == repr(decode(encode_line([record])).spans)


# Real captures, against a plain reading with the json module.

VALID = [
    *sorted((CAPTURES / "jaeger").rglob("*.json")),
    *(CAPTURES / "otelq").glob("*.jsonl"),
    *(CAPTURES / "otel_proto").glob("*.json"),
    *(CAPTURES / "kiali").glob("*.json"),
    *(CAPTURES / "otlp2parquet" / name for name in ("trace.json", "traces.jsonl")),
    *sorted((CAPTURES / "duckdb_otlp").glob("*traces_[!m]*.jsonl")),
    *(CAPTURES / "duckdb_otlp" / name for name in ("single_trace.jsonl", "multifile_valid_traces.jsonl")),
]
KINDS = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"]


def documents(path: Path) -> Iterator[str]:
    """Give the whole file where it is one document, else its lines."""
    text = path.read_text()
    try:
        json.loads(text)
    except ValueError:
        yield from text.splitlines()
    else:
        yield text


def plain_spans(text: str) -> list[tuple[Any, ...]]:
    """Read what matters of the spans of a document, with the json module and nothing of ours."""
    parsed = json.loads(text)
    return [
        (
            plain_id(span["traceId"], 32),
            plain_id(span["spanId"], 16),
            plain_id(span.get("parentSpanId") or "", 16).strip("0"),
            span.get("name", ""),
            plain_kind(span.get("kind", 0)),
            int(span.get("startTimeUnixNano", 0)),
            int(span.get("endTimeUnixNano", 0)),
            plain_attributes(span),
            [(int(event["timeUnixNano"]), plain_attributes(event)) for event in span.get("events", [])],
            [(link["spanId"], plain_attributes(link)) for link in span.get("links", [])],
            {"STATUS_CODE_ERROR": 2}.get(code := (span.get("status") or {}).get("code", 0), code),
            scope.get("scope", {}).get("name", ""),
            plain_attributes(scope.get("scope", {})),
            plain_attributes(group.get("resource", {})),
        )
        for group in parsed.get("resourceSpans", parsed.get("batches"))
        for scope in group["scopeSpans"]
        for span in scope["spans"]
    ]


def plain_id(text: str, digits: int) -> str:
    """Read an id the slow way."""
    try:
        return binascii.hexlify(binascii.unhexlify(text)).decode().zfill(digits)
    except ValueError:
        return base64.b64decode(text).hex()


def plain_kind(kind: int | str) -> int:
    """Read a kind the slow way."""
    return kind if isinstance(kind, int) else KINDS.index(kind.removeprefix("SPAN_KIND_"))


def plain_attributes(of: dict[str, Any]) -> dict[str, Any]:
    """Read attributes the slow way."""
    return {attribute["key"]: plain_value(attribute["value"]) for attribute in of.get("attributes") or []}


def plain_value(value: dict[str, Any]) -> Any:
    """Read a value the slow way."""
    ((name, content),) = value.items()
    if name == "arrayValue":
        return [plain_value(item) for item in content["values"]]
    readers: dict[str, Callable[[Any], Any]] = {"intValue": int, "doubleValue": float, "bytesValue": base64.b64decode}
    return readers[name](content) if name in readers else content


def essence(record: SpanRecord) -> tuple[Any, ...]:
    """Give the same of a record as `plain_spans` gives."""
    return (
        record.trace_id,
        record.span_id,
        record.parent_id.strip("0"),
        record.name,
        record.kind,
        record.start_ns,
        record.end_ns,
        record.attributes,
        [(event.time_ns, event.attributes) for event in record.events],
        [(link.span_id, link.attributes) for link in record.links],
        record.status,
        record.scope.name,
        record.scope.attributes,
        record.resource.attributes,
    )


@pytest.mark.skipif(not CAPTURES.is_dir(), reason="the captures are not there")
@pytest.mark.parametrize("path", VALID, ids=lambda path: path.name)
def test_real_captures_mean_what_their_json_says(path: Path) -> None:
    """Each span of a capture has the values that a plain reading of its JSON gives, and survives being rewritten."""
    for text in documents(path):
        spans_read, messages = decode(text)

        assert [] == messages
        assert plain_spans(text) == list(map(essence, spans_read))
        assert repr(sorted(spans_read, key=repr)) == repr(sorted(decode(encode_line(spans_read)).spans, key=repr))
