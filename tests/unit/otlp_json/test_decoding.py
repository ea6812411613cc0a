"""OTLP JSON as it is read: all its dialects, and what becomes of what is broken."""

import json
import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otel_ops.exceptions import UnreadableInputError
from otel_ops.otlp_json.decoding import MAX_REPAIRED
from otel_ops.otlp_json.reading import decode
from otel_ops.span_record import MAX_DEPTH, TOO_DEEP, EventRecord, LinkRecord, ResourceRecord, ScopeRecord, SpanRecord

TRACE_ID = "5b8efff798038103d269b633813fc60c"
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
SPAN_ID = "eee19b7ec3c1b174"
TRACE_BASE64 = "W47/95gDgQPSabYzgT/GDA=="
SPAN_BASE64 = "7uGbfsPBsXQ="


def span(**fields: Any) -> dict[str, Any]:
    """Make a span of OTLP JSON, with the fields that every one has."""
    return {"traceId": TRACE_ID, "spanId": SPAN_ID, "name": "fit", **fields}


def document(*spans: object) -> dict[str, Any]:
    """Make a document of spans without resource and scope."""
    return {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}


def read(*spans: object) -> list[SpanRecord]:
    """Read spans of which none is broken."""
    decoded = decode(json.dumps(document(*spans)))
    assert [] == decoded.broken
    return decoded.spans


def value(any_value: object) -> Any:
    """Read the value of an attribute."""
    (record,) = read(span(attributes=[{"key": "a", "value": any_value}]))
    return record.attributes["a"]


def broken(*spans: object) -> list[str]:
    """Give the messages about broken spans, when there is one good span among them."""
    decoded = decode(json.dumps(document(*spans, span(name="good"))))
    assert ["good"] == [record.name for record in decoded.spans]
    assert all("\n" not in message for message in decoded.broken)
    return decoded.broken


# Dialects.


@pytest.mark.parametrize(
    ("trace_id", "span_id"),
    [
        (TRACE_ID, SPAN_ID),
        (TRACE_ID.upper(), SPAN_ID.upper()),
        (TRACE_BASE64, SPAN_BASE64),
        (TRACE_BASE64.rstrip("="), SPAN_BASE64.rstrip("=")),
        (TRACE_BASE64.replace("/", "_").replace("+", "-"), SPAN_BASE64),
    ],
)
def test_ids_are_hexadecimal_or_base64(trace_id: str, span_id: str) -> None:
    """Ids in either case, and in base64 of either alphabet with padding or without, are the same ids."""
    (record,) = read(span(traceId=trace_id, spanId=span_id, parentSpanId=span_id))

    assert (TRACE_ID, SPAN_ID, SPAN_ID) == (record.trace_id, record.span_id, record.parent_id)


def test_leading_zeros_of_ids_may_be_missing() -> None:
    """Short hexadecimal ids, as the 64-bit trace ids of Jaeger, get their leading zeros."""
    (record,) = read(span(traceId="151e8ea44a5cf41c", spanId="ABC"))

    assert ("0000000000000000151e8ea44a5cf41c", "0000000000000abc") == (record.trace_id, record.span_id)


@pytest.mark.parametrize("parent", [None, "", "0000000000000000", "AAAAAAAAAAA="])
def test_a_root_may_say_so_in_many_ways(parent: str | None) -> None:
    """A parent id that is null, empty or all zeros is none."""
    assert "" == read(span(parentSpanId=parent))[0].parent_id


@pytest.mark.parametrize(
    ("kind", "number"),
    [(None, 0), (0, 0), (3, 3), ("3", 3), (5.0, 5), ("SPAN_KIND_SERVER", 2), ("SPAN_KIND_UNSPECIFIED", 0)],
)
def test_kinds_are_numbers_or_names(kind: object, number: int) -> None:
    """A kind is read from OTLP's number, from its text and from protobuf's name."""
    assert number == read(span(kind=kind))[0].kind


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (None, (0, "")),
        ({}, (0, "")),
        ({"code": None, "message": None}, (0, "")),
        ({"code": 2, "message": "bad"}, (2, "bad")),
        ({"code": "1"}, (1, "")),
        ({"code": "STATUS_CODE_ERROR"}, (2, "")),
    ],
)
def test_status_may_be_missing_or_a_name(status: object, expected: tuple[int, str]) -> None:
    """A status is read from numbers and names; what is missing is unset."""
    (record,) = read(span(status=status))

    assert expected == (record.status, record.status_message)


@pytest.mark.parametrize("time", ["1544712660000000001", 1544712660000000001])
def test_times_are_text_or_numbers(time: object) -> None:
    """Times keep every nanosecond, as text and as number."""
    (record,) = read(span(startTimeUnixNano=time, endTimeUnixNano=time, events=[{"timeUnixNano": time}]))

    assert [1544712660000000001] * 3 == [record.start_ns, record.end_ns, record.events[0].time_ns]


@pytest.mark.parametrize(
    ("any_value", "expected"),
    [
        ({"stringValue": ""}, ""),
        ({"stringValue": "null"}, "null"),
        ({"boolValue": False}, False),
        ({"boolValue": "true"}, True),
        ({"intValue": "-5"}, -5),
        ({"intValue": 7}, 7),
        ({"intValue": 7.0}, 7),
        ({"intValue": str(2**63)}, "9223372036854775808"),
        ({"doubleValue": 1}, 1.0),
        ({"doubleValue": "2.5"}, 2.5),
        ({"doubleValue": "Infinity"}, math.inf),
        ({"doubleValue": "-Infinity"}, -math.inf),
        ({"bytesValue": "AAAwOQ=="}, b"\x00\x0009"),
        ({"bytesValue": "_-8"}, b"\xff\xef"),
        ({"arrayValue": {}}, []),
        ({"arrayValue": {"values": [{"intValue": "1"}, {}, None]}}, [1, None, None]),
        ({"kvlistValue": {"values": None}}, {}),
        ({"kvlistValue": {"values": [{"key": "b", "value": {"intValue": 1}}]}}, {"b": 1}),
        ({"stringValue": None}, None),
        ({"unknownValue": 1}, None),
        ({}, None),
        (None, None),
    ],
)
def test_values_of_every_type(any_value: object, expected: object) -> None:
    """Each type of value is read, numbers from text as well, with its own Python type."""
    assert repr(expected) == repr(value(any_value))


def test_nan_is_a_number() -> None:
    """The text NaN stands for the number, and so does Python's own way to write it, which is no JSON."""
    assert math.isnan(value({"doubleValue": "NaN"}))
    assert math.isnan(value({"doubleValue": math.nan}))


def test_null_stands_for_what_is_missing() -> None:
    """A span in which everything but its ids is null is the same as one without all that."""
    fields = [
        *("traceState", "parentSpanId", "flags", "name", "kind", "startTimeUnixNano", "endTimeUnixNano", "attributes"),
        *("droppedAttributesCount", "events", "droppedEventsCount", "links", "droppedLinksCount", "status"),
    ]
    (empty,) = read({"traceId": TRACE_ID, "spanId": SPAN_ID, **dict.fromkeys(fields)})

    assert SpanRecord(trace_id=TRACE_ID, span_id=SPAN_ID, name="", start_ns=0, end_ns=0) == empty


def test_null_stands_for_missing_lists_and_resources() -> None:
    """Null in place of lists, resources and scopes is nothing, or the empty one."""
    nothing = [{"resourceSpans": None}, {"batches": None}, {"resourceSpans": [{"scopeSpans": None}]}]
    spans = [{"resource": None, "scopeSpans": [{"scope": None, "spans": [span()], "schemaUrl": None}]}]
    ((record,), messages) = decode(json.dumps({"resourceSpans": spans}))

    assert [([], [])] * 3 == [decode(json.dumps(empty)) for empty in nothing]
    assert (ScopeRecord(), ResourceRecord(), []) == (record.scope, record.resource, messages)


def test_resource_scope_events_and_links() -> None:
    """Everything around a span is read with it."""
    attributes = [{"key": "k", "value": {"stringValue": "v"}}]
    event = {"name": "step", "timeUnixNano": "5", "attributes": attributes, "droppedAttributesCount": 1}
    link = {"traceId": TRACE_ID, "spanId": SPAN_ID, "traceState": "a=b", "attributes": attributes, "flags": 3}
    scope = {"name": "n", "version": "v", "attributes": attributes, "droppedAttributesCount": 2}
    spans = [span(events=[event], links=[link])]
    groups = {
        "resource": {"attributes": attributes, "droppedAttributesCount": 3},
        "schemaUrl": "u",
        "scopeSpans": [{"scope": scope, "schemaUrl": "w", "spans": spans}],
    }
    ((record,), _) = decode(json.dumps({"resourceSpans": [groups]}))

    assert (EventRecord("step", 5, {"k": "v"}, 1),) == record.events
    assert (LinkRecord(TRACE_ID, SPAN_ID, {"k": "v"}, "a=b", 3),) == record.links
    assert ScopeRecord("n", "v", {"k": "v"}, 2, "w") == record.scope
    assert ResourceRecord({"k": "v"}, 3, "u") == record.resource


@pytest.mark.parametrize(
    "wrapped",
    [
        document(span()),
        {"batches": document(span())["resourceSpans"]},
        {"trace": document(span())},
        {"result": document(span())},
        [document(span())],
        {"resourceSpans": [{"instrumentationLibrarySpans": [{"spans": [span()]}]}]},
        {**document(span()), "unknown": {"key": 1}},
    ],
)
def test_spans_are_found_in_every_wrapping(wrapped: object) -> None:
    """Tempo's batches and trace, Jaeger's result, a list of documents and the old name of scopes hold the same span."""
    for text in (json.dumps(wrapped), json.dumps(wrapped, indent=2).encode(), "\ufeff" + json.dumps(wrapped)):
        assert (read(span()), []) == decode(text)


def test_the_old_name_of_a_scope() -> None:
    """An instrumentation library is a scope."""
    groups = [{"instrumentationLibrarySpans": [{"instrumentationLibrary": {"name": "n"}, "spans": [span()]}]}]

    assert "n" == decode(json.dumps({"resourceSpans": groups})).spans[0].scope.name


@pytest.mark.parametrize("empty", ["{}", " { } ", "[]", '{"resourceSpans":[]}'])
def test_a_document_may_be_empty(empty: str) -> None:
    """What the collector writes for no spans is no error."""
    assert ([], []) == decode(empty)


def test_lone_surrogates_are_escaped() -> None:
    """A lone surrogate, which Python writes and most parsers refuse, is told as an escape, as in a live span."""
    (record,) = read(span(name="x\ud800", attributes=[{"key": "\udfff", "value": {"stringValue": "\ud83d\ude00"}}]))

    assert ("x\\ud800", {"\\udfff": "😀"}) == (record.name, record.attributes)
    assert "x\\ud800" == decode(json.dumps(document(span(name="x\ud800")), ensure_ascii=False)).spans[0].name


def test_bytes_that_are_no_utf8_are_escaped() -> None:
    """Text in another encoding costs its letters, not the span."""
    text = json.dumps(document(span(name="caf?"))).encode().replace(b"caf?", b"caf\xe9")

    assert ["caf\\udce9"] == [record.name for record in decode(text).spans]


# What is broken.


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"traceId": ""}, "span 'fit': traceId is missing"),
        ({"traceId": None}, "span 'fit': traceId is missing"),
        ({"traceId": "0" * 32}, "span 'fit': traceId is missing"),
        ({"spanId": ""}, "span 'fit': spanId is missing"),
        (
            {"traceId": "xyz!"},
            "span 'fit': traceId = 'xyz!' is no id: it needs 32 hexadecimal digits, or base64 of 16 bytes",
        ),
        (
            {"spanId": TRACE_ID},
            f"span 'fit': spanId = '{TRACE_ID}' is no id: it needs 16 hexadecimal digits, or base64 of 8 bytes",
        ),
        (
            {"parentSpanId": "??"},
            "span 'fit': parentSpanId = '??' is no id: it needs 16 hexadecimal digits, or base64 of 8 bytes",
        ),
        (
            {"links": [{"traceId": "??"}]},
            "span 'fit': link's traceId = '??' is no id: it needs 32 hexadecimal digits, or base64 of 16 bytes",
        ),
        (
            {"kind": "SPAN_KIND_SEVER"},
            "span 'fit': kind = 'SPAN_KIND_SEVER' is unknown; did you mean 'SPAN_KIND_SERVER'?",
        ),
        (
            {"status": {"code": 9}},
            "span 'fit': status.code = '9' is unknown; known are STATUS_CODE_UNSET, STATUS_CODE_OK, STATUS_CODE_ERROR",
        ),
        ({"startTimeUnixNano": "noon"}, "span 'fit': startTimeUnixNano = 'noon' is no number"),
        (
            {"endTimeUnixNano": -1},
            "span 'fit': endTimeUnixNano = -1 is no time: it needs nanoseconds since the epoch, in 64 bits",
        ),
        ({"events": [{"timeUnixNano": "noon"}]}, "span 'fit': timeUnixNano = 'noon' is no number"),
        (
            {"attributes": [{"key": "a", "value": {"intValue": "many"}}]},
            "span 'fit': intValue = 'many' is no number",
        ),
        (
            {"attributes": [{"key": "a", "value": {"bytesValue": "!"}}]},
            "span 'fit': bytesValue = '!' is no base64",
        ),
        ({"startTimeUnixNano": []}, "a span: Expected `int | str | null`, got `array` - at `$.startTimeUnixNano`"),
        ({"name": 5}, "a span: Expected `str | null`, got `int` - at `$.name`"),
        ({"flags": -1}, "a span: Expected `int` >= 0 - at `$.flags`"),
    ],
)
def test_a_broken_span_costs_only_itself(fields: dict[str, Any], message: str) -> None:
    """What cannot be read is told with key and value, and the other spans are read."""
    assert [message] == broken(span(**fields))


def test_every_broken_span_has_its_message() -> None:
    """Spans that are no objects at all are counted like the others."""
    assert 3 == len(broken(5, None, span(traceId="?")))


def test_long_values_are_not_repeated_in_messages() -> None:
    """A message stays short, whatever the value."""
    (message,) = broken(span(name="n" * 10_000, traceId="x" * 10_000))

    assert 400 > len(message)


def test_a_broken_resource_keeps_its_spans() -> None:
    """Spans whose resource and scope cannot be read are there, without them; it is told once for each."""
    groups = [{"resource": {"attributes": 5}, "scopeSpans": [{"scope": [], "spans": [span()] * 3}]}]
    spans, messages = decode(json.dumps({"resourceSpans": groups}))

    assert [(ResourceRecord(), ScopeRecord())] * 3 == [(record.resource, record.scope) for record in spans]
    assert [
        "a resource or scope: Expected `array | null`, got `int` - at `$.attributes`",
        "a resource or scope: Expected `object | null`, got `array`",
    ] == messages


def test_a_part_of_a_list_that_is_something_else_is_told() -> None:
    """In a list of documents, one that is no OTLP is told and the others are read."""
    spans, messages = decode(json.dumps([document(span()), {"resourceLogs": []}]))

    assert (1, ["part 2 of the list is no OTLP trace document"]) == (len(spans), messages)


def test_values_nested_too_deeply_are_cut() -> None:
    """Values are cut where a record of a live span cuts them; nesting beyond all measure costs the span."""
    deep: dict[str, Any] = {"intValue": 1}
    for _ in range(100):
        deep = {"arrayValue": {"values": [deep]}}
    read_value = value(deep)
    for _ in range(MAX_DEPTH):
        (read_value,) = read_value

    assert TOO_DEEP == read_value


def test_nesting_beyond_all_measure_is_an_error() -> None:
    """A document that no parser can follow is an error like others."""
    with pytest.raises(UnreadableInputError, match=r"^is no whole JSON document: .*recursion"):
        decode('{"resourceSpans":[{"resource":' + "[" * 100_000 + "]" * 100_000 + "}]}")


JAEGER = (
    "seems to be Jaeger UI JSON; get the traces as OTLP JSON instead, from Jaeger's /api/v3/traces"
    " or the collector's file exporter"
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"resourceLogs":[]}', "seems to be OTLP logs; give a file of traces"),
        ('{"resourceMetrics":[]}', "seems to be OTLP metrics; give a file of traces"),
        (
            '{"data":[{"traceID":"1","spans":[]}]}',
            JAEGER,
        ),
        ('{"traces":[]}', "seems to be a list of found traces; get the traces themselves as OTLP JSON"),
        (
            '[{"traceId":"1","id":"2"}]',
            "is JSON, but no OTLP trace document: it needs the key 'resourceSpans'; its keys are 'traceId', 'id'",
        ),
        ("5", "is no OTLP JSON; export the spans as OTLP JSON"),
        ("1,2,3", "seems to be CSV; export the spans as OTLP JSON"),
        (
            '{"resourceSpans":5}',
            "is JSON, but no OTLP trace document: Expected `array | null`, got `int` - at `$.resourceSpans`",
        ),
        ('{"resourceSpans":[{"re', "is no whole JSON document: Input data was truncated"),
        ("a,b\n1,2", "seems to be CSV; export the spans as OTLP JSON"),
        ("<html>", "seems to be XML or HTML; export the spans as OTLP JSON"),
        ("", "is no OTLP JSON; export the spans as OTLP JSON"),
        (b"PAR1\x00", "seems to be a Parquet file; export the spans as OTLP JSON"),
        (b"\x28\xb5\x2f\xfd\x04", "seems to be compressed with zstd; unpack it first: zstd -d"),
        (b"\n\x1a\x00", "seems to be OTLP protobuf; export the spans as OTLP JSON"),
        (b"\x12\xc8\x15", "seems to be binary data; export the spans as OTLP JSON"),
        ("{}".encode("utf-16"), "seems to be UTF-16 text; convert it to UTF-8"),
    ],
)
def test_what_is_no_otlp_is_told_by_what_it_seems_to_be(text: bytes | str, message: str) -> None:
    """A document that is something else is an error that says in one line what it is and what to do."""
    with pytest.raises(UnreadableInputError) as caught:
        decode(text)

    assert message == str(caught.value)


def test_a_huge_malformed_document_is_not_read_twice() -> None:
    """The slow and tolerant parser is spared documents that would take it too much memory."""
    text = '{"resourceSpans":[],"a":NaN,"b":"' + "x" * MAX_REPAIRED + '"}'
    with pytest.raises(UnreadableInputError, match="is no whole JSON document"):
        decode(text)


# Anything at all.

leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.just(TRACE_ID)
anything = st.recursive(leaves, lambda items: st.lists(items) | st.dictionaries(st.text(), items), max_leaves=4)
types = ["stringValue", "boolValue", "intValue", "doubleValue", "bytesValue", "arrayValue", "kvlistValue"]
any_values = st.fixed_dictionaries({}, optional=dict.fromkeys(types, anything))
key_values = st.lists(st.fixed_dictionaries({}, optional={"key": anything, "value": any_values | anything}))
any_spans = st.fixed_dictionaries(
    {"traceId": st.just(TRACE_ID) | anything, "spanId": st.just(SPAN_ID) | anything},
    optional={
        "name": anything,
        "kind": anything,
        "startTimeUnixNano": anything,
        "status": st.fixed_dictionaries({}, optional={"code": anything, "message": anything}) | anything,
        "attributes": key_values | anything,
        "events": st.lists(st.fixed_dictionaries({}, optional={"timeUnixNano": anything, "attributes": key_values})),
        "links": st.lists(st.fixed_dictionaries({}, optional={"traceId": anything, "flags": anything})),
    },
)


@given(st.lists(any_spans | anything, max_size=3))
@PATIENT
def test_every_span_is_read_or_told(spans: list[object]) -> None:
    """Whatever stands in a list of spans, each of them is either read or told, and nothing is raised."""
    decoded = decode(json.dumps(document(*spans)))

    assert len(spans) == len(decoded.spans) + len(decoded.broken)
    assert all(len(message.splitlines()) == 1 for message in decoded.broken)


def or_message(data: bytes | str) -> str:
    """Read a document and give the message of the only error that may be raised."""
    try:
        decode(data)
    except UnreadableInputError as error:
        return str(error)
    return "none"


@PATIENT
@given(st.binary() | st.text(st.characters()) | anything.map(json.dumps))
def test_nothing_else_is_raised_whatever_is_read(data: bytes | str) -> None:
    """Any bytes and any JSON are read or refused in one line."""
    assert 1 == len(or_message(data).splitlines())


@PATIENT
@given(st.data())
def test_nothing_else_is_raised_where_a_document_is_damaged(data: st.DataObject) -> None:
    """A document with a piece cut out or replaced is read or refused in one line."""
    whole = json.dumps(document(span(attributes=[{"key": "é", "value": {"doubleValue": 0.5}}], kind=2))).encode()
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(whole))] * 2)))
    damaged = whole[:start] + data.draw(st.binary(max_size=4)) + whole[end:]

    assert 1 == len(or_message(damaged).splitlines())
