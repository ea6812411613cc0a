"""Lines of OTLP JSON as they are written: those of the collector's file exporter, and what protobuf reads of them."""

import base64
import json
import math
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf import json_format  # type: ignore[import-untyped]
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import Link, SpanKind, StatusCode

from otel_ops.otlp_json import encode_line, json_text
from otel_ops.otlp_json.json_text import MAX_KEPT, MAX_KEPT_TEXT
from otel_ops.otlp_json.reading import decode
from otel_ops.span_record import EventRecord, LinkRecord, ResourceRecord, ScopeRecord, SpanRecord, record_of
from otel_ops.testing import Recorder

EVERY_VALUE = {
    "text": 'é "\\\n\u2028<&>',
    "empty": "",
    "yes": True,
    "no": False,
    "int": -(2**63),
    "double": 0.5,
    "nan": math.nan,
    "infinity": math.inf,
    "-infinity": -math.inf,
    "bytes": b"\x00\x0009",
    "no bytes": b"",
    "none": None,
    "list": [1, None, ["x"]],
    "no list": [],
    "map": {"a": {"b": 1.5}},
    "no map": {},
}

FULL = SpanRecord(
    trace_id="5b8efff798038103d269b633813fc60c",
    span_id="eee19b7ec3c1b174",
    parent_id="eee19b7ec3c1b173",
    name="fit",
    kind=2,
    start_ns=1544712660000000000,
    end_ns=2**64 - 1,
    attributes=EVERY_VALUE,
    events=(EventRecord("step", 5, {"k": True}, 4), EventRecord("", 0)),
    links=(LinkRecord("5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b175", {"k": 1}, "x=y", 3, 4),),
    status=2,
    status_message="bad",
    trace_state="a=b",
    flags=769,
    dropped_attributes=1,
    dropped_events=2,
    dropped_links=3,
    scope=ScopeRecord("n", "v", {"k": True}, 2, "w"),
    resource=ResourceRecord({"service.name": "lab"}, 3, "u"),
)

FULL_AS_THE_COLLECTOR_WRITES_IT = (
    '{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"lab"}}],'
    '"droppedAttributesCount":3},"scopeSpans":[{"scope":{"name":"n","version":"v","attributes":[{"key":"k","value":'
    '{"boolValue":true}}],"droppedAttributesCount":2},"spans":[{"traceId":"5b8efff798038103d269b633813fc60c",'
    '"spanId":"eee19b7ec3c1b174","traceState":"a=b","parentSpanId":"eee19b7ec3c1b173","flags":769,"name":"fit","kind":2'
    ',"startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"18446744073709551615","attributes":['
    '{"key":"text","value":{"stringValue":"é \\"\\\\\\n\u2028<&>"}},{"key":"empty","value":{"stringValue":""}},'
    '{"key":"yes","value":{"boolValue":true}},{"key":"no","value":{"boolValue":false}},'
    '{"key":"int","value":{"intValue":"-9223372036854775808"}},{"key":"double","value":{"doubleValue":0.5}},'
    '{"key":"nan","value":{"doubleValue":"NaN"}},{"key":"infinity","value":{"doubleValue":"Infinity"}},'
    '{"key":"-infinity","value":{"doubleValue":"-Infinity"}},{"key":"bytes","value":{"bytesValue":"AAAwOQ=="}},'
    '{"key":"no bytes","value":{"bytesValue":""}},{"key":"none","value":{}},'
    '{"key":"list","value":{"arrayValue":{"values":[{"intValue":"1"},{},{"arrayValue":{"values":[{"stringValue":"x"}'
    ']}}]}}},{"key":"no list","value":{"arrayValue":{}}},'
    '{"key":"map","value":{"kvlistValue":{"values":[{"key":"a","value":{"kvlistValue":{"values":[{"key":"b","value":'
    '{"doubleValue":1.5}}]}}}]}}},{"key":"no map","value":{"kvlistValue":{}}}],"droppedAttributesCount":1,'
    '"events":[{"timeUnixNano":"5","name":"step","attributes":[{"key":"k","value":{"boolValue":true}}],'
    '"droppedAttributesCount":4},{}],"droppedEventsCount":2,"links":[{"traceId":"5b8efff798038103d269b633813fc60c",'
    '"spanId":"eee19b7ec3c1b175","traceState":"x=y","attributes":[{"key":"k","value":{"intValue":"1"}}],'
    '"droppedAttributesCount":4,"flags":3}],"droppedLinksCount":3,"status":{"message":"bad","code":2}}],'
    '"schemaUrl":"w"}],"schemaUrl":"u"}]}\n'
)
"""What ``ptrace.JSONMarshaler`` of the collector's pdata 1.71 made of the same span."""

BARE = SpanRecord(trace_id="1" * 32, span_id="2" * 16, name="", start_ns=0, end_ns=0)


def test_the_line_is_byte_for_byte_that_of_the_collector() -> None:
    """A span with everything set is written as the collector's file exporter writes it."""
    assert FULL_AS_THE_COLLECTOR_WRITES_IT == encode_line([FULL]).decode()


def test_what_is_empty_is_left_out_as_the_collector_does() -> None:
    """Of a bare span only its ids stay, with the objects that the collector writes even where they are empty."""
    line = (
        '{"resourceSpans":[{"resource":{},"scopeSpans":[{"scope":{},"spans":[{"traceId":"11111111111111111111111111111111"'
        ',"spanId":"2222222222222222","status":{}}]}]}]}\n'
    )

    assert line == encode_line([BARE]).decode()


def test_no_spans_are_an_empty_object() -> None:
    """Without spans the line is that which the collector writes, and it reads as no spans."""
    assert b"{}\n" == encode_line([])
    assert ([], []) == decode(encode_line([]))


def test_a_line_has_no_line_break_inside() -> None:
    """Line breaks in text are escaped, so that a document stays on its line."""
    line = encode_line([SpanRecord(trace_id="1" * 32, span_id="2" * 16, name="a\nb\rc", start_ns=0, end_ns=0)])

    assert 1 == line.count(b"\n")
    assert b"\r" not in line


def test_spans_are_grouped_by_resource_and_scope() -> None:
    """Equal resources and scopes are written once, in the order of their first span, whichever objects they are."""

    def span(number: int, service: str, scope: str) -> SpanRecord:
        resource = ResourceRecord({"service.name": service})
        return SpanRecord(
            trace_id="1" * 32,
            span_id=f"{number:016x}",
            name=f"{service} {scope}",
            start_ns=0,
            end_ns=0,
            scope=ScopeRecord(scope),
            resource=resource,
        )

    places = [("b", "x"), ("a", "x"), ("b", "y"), ("a", "x"), ("b", "x")]
    written = json.loads(encode_line([span(number, *place) for number, place in enumerate(places, 1)]))
    groups = [
        [[entry["spanId"][-1] for entry in scope["spans"]] for scope in resource["scopeSpans"]]
        for resource in written["resourceSpans"]
    ]

    assert [[["1", "5"], ["3"]], [["2", "4"]]] == groups


def test_groups_differ_by_type_and_schema() -> None:
    """Resources whose values are equal only for Python, or whose schemas differ, stay apart."""
    resources = [
        ResourceRecord({"n": 1}),
        ResourceRecord({"n": True}),
        ResourceRecord({"n": 1.0}),
        ResourceRecord({"n": 1}, schema_url="s"),
    ]
    records = [
        SpanRecord(trace_id="1" * 32, span_id="2" * 16, name="", start_ns=0, end_ns=0, resource=resource)
        for resource in resources
    ]

    assert 4 == len(json.loads(encode_line(records))["resourceSpans"])
    assert repr(resources) == repr([span.resource for span in decode(encode_line(records)).spans])


def test_what_is_kept_is_bounded() -> None:
    """However many names, keys and texts there are, the encoder keeps a bounded number of short ones."""
    for number in range(3 * MAX_KEPT):
        attributes = {f"key {number}": "text", "key": f"text {number}", "long": "x" * 1_000 + str(number)}
        encode_line([SpanRecord("1" * 32, "2" * 16, f"name {number}", 0, 0, attributes=attributes)])
    kept: list[dict[str, Any]] = [json_text._text_attributes, json_text._keys, json_text.QUOTED]
    kept.extend(json_text._text_attributes.values())

    assert MAX_KEPT >= max(map(len, kept))
    assert MAX_KEPT_TEXT >= max(len(text) for texts in kept for text in texts)


def test_text_that_utf_8_cannot_carry_is_refused_each_time() -> None:
    """A record made by hand with a lone surrogate is refused, and leaves nothing behind that would let it through."""
    records = [SpanRecord("1" * 32, "2" * 16, "fit", 0, 0, attributes={"text": "\ud800"})]
    for _ in range(2):
        with pytest.raises(ValueError):
            encode_line(records)


# What protobuf makes of it.


def with_base64_ids(node: Any) -> Any:
    """Write ids as protobuf's own JSON has them: the one place where OTLP departs from it."""
    if isinstance(node, list):
        return [with_base64_ids(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: base64.b64encode(bytes.fromhex(value)).decode()
        if key in {"traceId", "spanId", "parentSpanId"}
        else with_base64_ids(value)
        for key, value in node.items()
    }


def parsed_by_protobuf(line: bytes) -> TracesData:
    """Read a line with protobuf's own parser, which refuses unknown fields and wrong types."""
    data = TracesData()
    json_format.ParseDict(with_base64_ids(json.loads(line)), data)
    return data


def plain(value: AnyValue) -> Any:
    """Make a plain value of protobuf's message."""
    field = value.WhichOneof("value")
    if field == "array_value":
        return [plain(item) for item in value.array_value.values]
    if field == "kvlist_value":
        return as_dict(value.kvlist_value.values)
    return getattr(value, field) if field else None


def as_dict(attributes: Any) -> dict[str, Any]:
    """Make a dict of protobuf's list."""
    pairs: Iterator[KeyValue] = iter(attributes)
    return {pair.key: plain(pair.value) for pair in pairs}


def test_protobuf_reads_the_same_values() -> None:
    """Protobuf's parser takes the line and finds every value of the span in it."""
    (resource_spans,) = parsed_by_protobuf(encode_line([FULL])).resource_spans
    (scope_spans,) = resource_spans.scope_spans
    (span,) = scope_spans.spans

    assert repr(EVERY_VALUE) == repr(as_dict(span.attributes))
    assert (FULL.trace_id, FULL.span_id, FULL.parent_id) == (
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
    )
    assert (FULL.name, FULL.kind, FULL.flags, FULL.trace_state) == (span.name, span.kind, span.flags, span.trace_state)
    assert (FULL.start_ns, FULL.end_ns) == (span.start_time_unix_nano, span.end_time_unix_nano)
    assert (FULL.status, FULL.status_message) == (span.status.code, span.status.message)
    assert (1, 2, 3) == (span.dropped_attributes_count, span.dropped_events_count, span.dropped_links_count)
    assert [("step", 5, {"k": True}, 4), ("", 0, {}, 0)] == [
        (event.name, event.time_unix_nano, as_dict(event.attributes), event.dropped_attributes_count)
        for event in span.events
    ]
    assert [("eee19b7ec3c1b175", {"k": 1}, "x=y", 3, 4)] == [
        (link.span_id.hex(), as_dict(link.attributes), link.trace_state, link.flags, link.dropped_attributes_count)
        for link in span.links
    ]
    assert ("n", "v", {"k": True}, 2, "w") == (
        scope_spans.scope.name,
        scope_spans.scope.version,
        as_dict(scope_spans.scope.attributes),
        scope_spans.scope.dropped_attributes_count,
        scope_spans.schema_url,
    )
    assert ({"service.name": "lab"}, 3, "u") == (
        as_dict(resource_spans.resource.attributes),
        resource_spans.resource.dropped_attributes_count,
        resource_spans.schema_url,
    )


@pytest.fixture
def spans(recorder: Recorder) -> tuple[ReadableSpan, ...]:
    """Real spans of the SDK, of two scopes."""
    provider = recorder.provider
    tracer = provider.get_tracer("one", "1.0", "https://schema.example", {"team": "heat"})
    with tracer.start_as_current_span("outer", kind=SpanKind.SERVER, attributes={"sizes": (1, 2), "x": 0.5}) as outer:
        outer.add_event("step", {"n": 1})
        links = [Link(outer.get_span_context(), {"why": "retry"})]
        with provider.get_tracer("two").start_as_current_span("inner", links=links) as inner:
            inner.set_status(StatusCode.ERROR, "bad")
    return recorder.spans.get_finished_spans()


def test_lines_equal_what_the_stock_exporter_sends(spans: tuple[ReadableSpan, ...]) -> None:
    """The messages are those of the stock OTLP exporter, but for the trace flags and links' flags it leaves out."""
    ours = parsed_by_protobuf(encode_line(map(record_of, spans)))
    stock = encode_spans(spans)
    for resource_spans in ours.resource_spans:
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                assert span.flags & 0x01
                span.flags &= ~0xFF
                for link in span.links:
                    link.flags &= ~0xFF

    assert list(stock.resource_spans) == list(ours.resource_spans)
    assert 2 == len(ours.resource_spans[0].scope_spans)


def test_a_program_that_writes_loads_nothing_that_reads() -> None:
    """Nor what only wrong names need: a program must start fast."""
    program = "import sys, otel_ops; otel_ops.configure; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "otel_ops.otlp_json.encoding" in loaded
    assert set() == loaded & {"otel_ops.otlp_json.decoding", "otel_ops.otlp_json.wire", "difflib"}
