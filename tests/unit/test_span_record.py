"""SpanRecord: what becomes of a span of the SDK."""

import enum
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    TraceState,
    set_span_in_context,
)

from otel_ops.span_record import (
    HAS_IS_REMOTE,
    IS_REMOTE,
    MAX_DEPTH,
    TOO_DEEP,
    EventRecord,
    LinkRecord,
    ResourceRecord,
    ScopeRecord,
    SpanRecord,
    carried_text,
    record_of,
)
from otel_ops.testing import RecordingProvider

SAMPLED = TraceFlags(TraceFlags.SAMPLED)
TRACE = int("0af7651916cd43dd8448eb211c80319c", 16)
FAR = SpanContext(TRACE, 0xB7AD6B7169203331, is_remote=True, trace_flags=SAMPLED, trace_state=TraceState([("a", "1")]))
NEAR = SpanContext(TRACE, 0x1, is_remote=False, trace_flags=SAMPLED)


def ended(provider: TracerProvider | None = None, **arguments: Any) -> ReadableSpan:
    """Start and end a span."""
    tracer = (provider or RecordingProvider()).get_tracer("scope", "1.0", "https://scope.example", {"team": "heat"})
    span = tracer.start_span("fit", **arguments)
    span.end()
    assert isinstance(span, ReadableSpan)
    return span


def attributes_of(**attributes: Any) -> dict[str, Any]:
    """Give attributes to a span and take them from its record."""
    return record_of(ended(attributes=attributes)).attributes


def test_every_field_of_a_span_is_in_its_record() -> None:
    """Nothing that the SDK knows of a span is lost."""
    resource = Resource({"service.name": "lab"}, "https://resource.example")
    tracer = RecordingProvider(resource=resource).get_tracer("scope", "1.0", "https://scope.example", {"team": "heat"})
    span = tracer.start_span(
        "fit",
        context=set_span_in_context(NonRecordingSpan(FAR)),
        kind=SpanKind.CLIENT,
        attributes={"n": 3},
        links=[Link(NEAR, {"why": "retry"})],
        start_time=100,
    )
    span.add_event("step", {"ok": True}, timestamp=150)
    span.set_status(StatusCode.ERROR, "no fit")
    span.end(end_time=250)
    assert isinstance(span, ReadableSpan)
    record = record_of(span)

    assert record == SpanRecord(
        trace_id="0af7651916cd43dd8448eb211c80319c",
        span_id=f"{span.get_span_context().span_id:016x}",
        parent_id="b7ad6b7169203331",
        name="fit",
        kind=3,
        start_ns=100,
        end_ns=250,
        attributes={"n": 3},
        events=(EventRecord("step", 150, {"ok": True}),),
        links=(LinkRecord("0af7651916cd43dd8448eb211c80319c", "0000000000000001", {"why": "retry"}, "", 0x101),),
        status=2,
        status_message="no fit",
        trace_state="a=1",
        flags=0x301,
        scope=ScopeRecord("scope", "1.0", {"team": "heat"}, 0, "https://scope.example"),
        resource=ResourceRecord({"service.name": "lab"}, 0, "https://resource.example"),
    )
    assert 150 == record.duration_ns


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        (SpanKind.INTERNAL, 1),
        (SpanKind.SERVER, 2),
        (SpanKind.CLIENT, 3),
        (SpanKind.PRODUCER, 4),
        (SpanKind.CONSUMER, 5),
    ],
)
def test_kinds_are_the_numbers_of_otlp(kind: SpanKind, number: int) -> None:
    """The SDK counts kinds from 0, OTLP from 1."""
    assert number == record_of(ended(kind=kind)).kind


@pytest.mark.parametrize(
    ("parent", "bits"), [(None, HAS_IS_REMOTE), (NEAR, HAS_IS_REMOTE), (FAR, HAS_IS_REMOTE | IS_REMOTE)]
)
def test_flags_tell_whether_the_parent_is_remote(parent: SpanContext | None, bits: int) -> None:
    """The bits above the trace flags are those that OTLP has for a remote parent."""
    context = set_span_in_context(NonRecordingSpan(parent)) if parent else None

    assert bits == record_of(ended(context=context)).flags & 0xFF00


def test_the_flags_of_a_link_tell_whether_its_span_is_remote() -> None:
    """A link has the trace flags and trace state of the span it points to, and whether that is remote."""
    (link,) = record_of(ended(links=[Link(FAR)])).links

    assert (SAMPLED | HAS_IS_REMOTE | IS_REMOTE, "a=1") == (link.flags, link.trace_state)


def test_a_root_has_no_parent_id() -> None:
    """The parent id of a root is empty."""
    assert "" == record_of(ended()).parent_id


def test_sequences_become_lists() -> None:
    """The tuples that the SDK makes become lists, at every depth."""
    assert {"a": [1, [2, "x"]], "b": {"c": [True]}} == attributes_of(a=(1, (2, "x")), b={"c": (True,)})


def test_types_of_numbers_and_bytes_stay() -> None:
    """True is not 1, and 1 is not 1.0."""
    plain = {"yes": True, "one": 1, "half": 1.0, "raw": b"\x00\xff", "none": None, "least": -(2**63)}

    assert repr(plain) == repr(attributes_of(**plain))


class Colour(str, enum.Enum):
    """Text of a class of its own."""

    RED = "red"


class Level(enum.IntEnum):
    """Numbers of a class of their own."""

    HIGH = 3


def test_subclasses_become_plain() -> None:
    """Values of classes that derive from text or numbers become plain text and numbers."""
    attributes = attributes_of(colour=Colour.RED, level=Level.HIGH, nested=[Colour.RED])

    assert {"colour": "red", "level": 3, "nested": ["red"]} == attributes
    assert (str, int) == (type(attributes["colour"]), type(attributes["level"]))


def test_integers_beyond_64_bits_become_text() -> None:
    """OTLP has 64 bits for an integer; longer ones are told as text, the longest that fit stay numbers."""
    assert {"a": 2**63 - 1, "b": "9223372036854775808", "c": str(-(2**80))} == attributes_of(
        a=2**63 - 1, b=2**63, c=-(2**80)
    )


def test_long_text_is_not_cut() -> None:
    """What the SDK let through is kept whole."""
    text = "é" * 100_000

    assert {"text": text} == attributes_of(text=text)


def test_lone_surrogates_are_escaped_everywhere() -> None:
    """A lone surrogate in a name, key, value, event or status is told as an escape."""
    broken, told = "x\ud800", "x\\ud800"
    span = (
        RecordingProvider().get_tracer(broken, broken).start_span(broken, attributes={broken: broken, "list": [broken]})
    )
    span.add_event(broken, {broken: broken})
    span.set_status(StatusCode.ERROR, broken)
    span.end()
    assert isinstance(span, ReadableSpan)
    record = record_of(span)

    assert (told, told, {told: told, "list": [told]}) == (record.name, record.status_message, record.attributes)
    assert (told, {told: told}) == (record.events[0].name, record.events[0].attributes)
    assert (told, told) == (record.scope.name, record.scope.version)


class Frozen(Mapping[str, int]):
    """The least that a mapping is."""

    def __getitem__(self, key: str) -> int:
        return {"n": 1}[key]

    def __iter__(self) -> Iterator[str]:
        return iter(["n"])

    def __len__(self) -> int:
        return 1


def test_attributes_may_be_any_mapping() -> None:
    """A span made by hand may have attributes of a class of its own."""
    assert {"n": 1} == record_of(ReadableSpan("bare", NEAR, resource=Resource({}), attributes=Frozen())).attributes


def nested(depth: int) -> list[Any]:
    """Make a list in a list in a list."""
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def test_nesting_is_bounded() -> None:
    """Values nested deeper than OTLP can carry are cut there, and not above."""
    innermost: Any = attributes_of(deep=nested(100))["deep"]
    for _ in range(MAX_DEPTH):
        (innermost,) = innermost

    assert TOO_DEEP == innermost
    assert {"deep": nested(MAX_DEPTH - 1)} == attributes_of(deep=nested(MAX_DEPTH - 1))


def test_what_the_sdk_dropped_is_counted() -> None:
    """The record has the SDK's counts of dropped attributes, events and links."""
    limits = SpanLimits(max_span_attributes=1, max_events=1, max_links=1, max_event_attributes=1, max_link_attributes=1)
    tracer = RecordingProvider(span_limits=limits).get_tracer("scope")
    two = {"a": 1, "b": 2}
    span = tracer.start_span("fit", attributes=two, links=[Link(NEAR), Link(FAR), Link(FAR, two)])
    for _ in range(4):
        span.add_event("step", two)
    span.end()
    assert isinstance(span, ReadableSpan)
    record = record_of(span)

    assert (1, 3, 2) == (record.dropped_attributes, record.dropped_events, record.dropped_links)
    assert 1 == record.events[0].dropped_attributes


def test_spans_share_the_record_of_their_resource_and_scope() -> None:
    """Resource and scope are made once for all spans of a tracer."""
    provider = RecordingProvider()
    first, second = record_of(ended(provider)), record_of(ended(provider))

    assert first.resource is second.resource
    assert {"team": "heat"} == first.scope.attributes


def test_many_resources_are_told_apart() -> None:
    """However many resources there are, each span has its own, also when their objects are long gone."""
    names = [f"service {number}" for number in range(1_000)]
    told = [
        record_of(ReadableSpan("fit", NEAR, resource=Resource({"service.name": name}))).resource.attributes
        for name in names
    ]

    assert [{"service.name": name} for name in names] == told


def test_a_span_made_by_hand_without_anything_has_a_record() -> None:
    """A span with neither context nor times nor scope gives zeros and empty text."""
    record = record_of(ReadableSpan("bare", resource=Resource({})))

    assert (
        SpanRecord(trace_id="0" * 32, span_id="0" * 16, name="bare", kind=1, start_ns=0, end_ns=0, flags=HAS_IS_REMOTE)
        == record
    )


@given(st.text(st.characters()))
def test_text_can_be_carried_and_loses_nothing(text: str) -> None:
    """Any text becomes valid UTF-8 and is the same where it was already."""
    carried = carried_text(text)

    assert carried.encode().decode() == carried
    assert carried == text or any("\ud800" <= character <= "\udfff" for character in text)
