"""What is kept of a span."""

from typing import Any

import pytest

from otel_ops.analysis.span_table import SpanTable, StoredSpan
from otel_ops.span_record import EventRecord, SpanRecord

TRACE = "0af7651916cd43dd8448eb211c80319c"


def record(**fields: Any) -> SpanRecord:
    """Make a span; the fields that are not given are those of a short one that went well."""
    given: dict[str, Any] = {
        "trace_id": TRACE,
        "span_id": "00000000000000a1",
        "name": "op",
        "start_ns": 10,
        "end_ns": 15,
    }
    return SpanRecord(**(given | fields))


def stored(span: SpanRecord) -> StoredSpan:
    """Give what a table keeps of one span."""
    ((kept,),) = SpanTable([span]).traces()
    return kept


def exception(type_: str) -> EventRecord:
    """Make the event that records an exception."""
    return EventRecord(name="exception", time_ns=12, attributes={"exception.type": type_})


def test_a_span_comes_back() -> None:
    """Ids, times and name come back as they went in."""
    kept = stored(record(parent_id="00000000000000b2", start_ns=2**63, end_ns=2**64 - 1, name="héé"))

    assert bytes.fromhex("00000000000000a1") == kept.id
    assert bytes.fromhex("00000000000000b2") == kept.parent
    assert (2**63, 2**64 - 1) == (kept.start_ns, kept.end_ns)
    assert "héé" == kept.name


def test_spans_stand_by_trace() -> None:
    """Spans whose traces alternate are given trace by trace."""
    other = "f" * 32
    spans = [
        record(name="a"),
        record(name="b", trace_id=other),
        record(name="c", span_id="00000000000000a2"),
    ]

    assert [["a", "c"], ["b"]] == [[span.name for span in trace] for trace in SpanTable(spans).traces()]


def test_a_clock_that_ran_backwards_gives_no_duration() -> None:
    """A span that ends before its start has a duration of 0."""
    assert 0 == stored(record(start_ns=15, end_ns=10)).duration_ns


@pytest.mark.parametrize(
    ("kind", "is_context"),
    [("context", True), ("operation", False), ("suboperation", False), (7, False), (None, False)],
)
def test_only_the_kind_makes_a_context(kind: object, is_context: bool) -> None:
    """Only a span whose ops.kind is context is one."""
    assert is_context is stored(record(attributes={"ops.kind": kind})).is_context


@pytest.mark.parametrize(
    ("error_type", "fields"),
    [
        ("app.Broken", {"attributes": {"error.type": "app.Broken"}, "events": (exception("ValueError"),)}),
        ("ValueError", {"events": (exception("KeyError"), exception("ValueError"))}),
        ("ValueError", {"attributes": {"error.type": ""}, "events": (exception("ValueError"),)}),
        ("500", {"attributes": {"error.type": 500}}),
        ("_OTHER", {"status_message": "no route to host"}),
        ("_OTHER", {"events": (EventRecord(name="exception", time_ns=1), EventRecord(name="retry", time_ns=2))}),
    ],
)
def test_the_type_of_an_error(error_type: str, fields: dict[str, Any]) -> None:
    """It is error.type, else the type of the last exception event, else _OTHER."""
    assert error_type == stored(record(status=2, **fields)).error_type


@pytest.mark.parametrize("status", [0, 1])
def test_an_exception_alone_is_no_error(status: int) -> None:
    """A span whose status is not error did not fail, whatever it recorded."""
    span = record(status=status, attributes={"error.type": "ValueError"}, events=(exception("ValueError"),))

    assert "" == stored(span).error_type
