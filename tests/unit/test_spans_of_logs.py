"""From a log to the records of its spans: reading them gives the log again."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from opentelemetry import trace

from otel_ops import OperationContext, operation
from otel_ops.detail import Detail
from otel_ops.log_builder import logs_of
from otel_ops.operation_log import OperationFailure, OperationLog
from otel_ops.otlp_json import encode_line
from otel_ops.otlp_json.reading import decode
from otel_ops.span_record import EventRecord, LinkRecord, ScopeRecord, SpanRecord, record_of
from otel_ops.spans_of_logs import records_of
from otel_ops.testing import Spans, make_log
from tests.logs import odd_logs
from tests.records import outline, traces, trees

FAILURE = OperationFailure("kiln.BadRowError", "row 7", "00ff00ff00ff00ff", "load", "Traceback …\n")
OTHER_EXCEPTION = EventRecord("exception", 5, {"exception.type": "KeyError", "exception.message": "'a'"})


def again(*logs: OperationLog) -> list[OperationLog]:
    """Give what is read of the logs' spans, by way of OTLP JSON."""
    decoded = decode(encode_line([record for log in logs for record in records_of(log)]))
    assert [] == decoded.broken
    return logs_of(decoded.spans)


@given(trees())
def test_any_tree_is_built_again(spans: list[SpanRecord]) -> None:
    """The log of a tree of contexts, operations and spans of others."""
    logs = logs_of(spans)
    assert logs == again(*logs)


@given(traces())
def test_any_trace_is_built_again(spans: list[SpanRecord]) -> None:
    """Trees of orphans, circles and spans that came twice have the same shape again."""
    logs = logs_of(spans)
    assert sorted(map(repr, outline(logs))) == sorted(map(repr, outline(again(*logs))))


def test_operations_that_ran(spans: Spans) -> None:
    """What a program recorded gives equal spans, but for the time of the exception and the flags."""
    with OperationContext("night run", user="ada", batch=7), operation("report", detail=Detail.MINIMAL) as report:
        report.set(rows=3)
        with trace.get_tracer("http.client").start_as_current_span("GET /limits"):
            pass
        with pytest.raises(ValueError, match="row"), operation("outer"), operation("inner"):
            raise ValueError("row 7")
        with operation("told") as told:
            told.fail("no rows")
    recorded = list(map(record_of, spans))
    (log,) = logs_of(recorded)
    assert [log] == again(log)
    made = {record.span_id: record for record in records_of(log)}
    for record in recorded:
        like = made[record.span_id]
        for field in ("name", "parent_id", "kind", "attributes", "status", "status_message", "scope", "resource"):
            assert getattr(record, field) == getattr(like, field), field


@pytest.mark.parametrize(
    "fields",
    [
        {"outcome": "error", "failure": FAILURE},
        {"outcome": "timed_out", "failure": dataclasses.replace(FAILURE, stacktrace="")},
        {"outcome": "error", "failure": OperationFailure("_OTHER", origin="work")},
        {"outcome": "error", "failure": OperationFailure("ValueError", "ValueError", "", "work", "…")},
        {"outcome": "error", "failure": OperationFailure("ValueError", "ValueError: no", "", "work")},
        {"outcome": "error", "failure": dataclasses.replace(FAILURE, id=""), "events": (OTHER_EXCEPTION,)},
        {"outcome": "error", "failure": FAILURE, "events": (OTHER_EXCEPTION,)},
        {"outcome": "cancelled", "events": (OTHER_EXCEPTION,), "status_message": "why"},
        {"outcome": "an outcome of tomorrow"},
        {"process_root": True},
        {"attributes": {"error.type": "KeyError", "a": [1, None, {"b": b"\x00"}]}, "context": {"ops.meta.n": 1}},
        {"links": (LinkRecord("0a" * 16, "0b" * 8, {"a": 1}, "a=1", 1, 2),)},
    ],
)
def test_logs_made_by_hand(fields: dict[str, Any]) -> None:
    """Outcomes, failures with and without their exception, and whatever else a log has."""
    ours = ScopeRecord("otel_ops.debug", "1", {"a": 1}, 2, "https://a")
    for kind, level, scope in (
        ("suboperation", Detail.DEBUG, ours),
        ("foreign", Detail.DETAILED, ScopeRecord("http.client")),
    ):
        log = make_log("work", 1, 2, kind=kind, detail=level, scope=scope, parent_id="0b" * 8, **fields)
        assert [log] == again(log)


def test_an_operation_without_a_scope_keeps_its_level() -> None:
    """Its span gets the scope of its level, which is all that tells it."""
    (log,) = again(make_log("work", 0, 1, detail=Detail.MINIMAL))
    assert (Detail.MINIMAL, ScopeRecord("otel_ops.minimal")) == (log.detail, log.scope)


def test_suboperations_of_what_was_pruned_hang_on_the_operation_around() -> None:
    """A parent that is not in the log is replaced by the operation that they stand under."""
    inner = make_log("inner", 1, 2, parent_id="cafecafecafecafe")
    (log,) = again(make_log("outer", 0, 3, inner, parent_id="fafafafafafafafa"))
    assert ("fafafafafafafafa", log.span_id) == (log.parent_id, log.suboperations[0].parent_id)


def test_times_that_otlp_lacks_are_the_nearest_ones() -> None:
    """A time before 1970, or one of more than 64 bits, breaks no line."""
    (log,) = again(make_log("old", 0, 0, start_ns=-5, end_ns=2**70))
    assert (0, 2**64 - 1) == (log.start_ns, log.end_ns)


@given(odd_logs)
def test_any_log_becomes_spans_that_can_be_read(root: OperationLog) -> None:
    """Lone surrogates, numbers beyond 64 bits and deep values are carried as OTLP can."""
    records = list(records_of(root))
    decoded = decode(encode_line(records))
    without_id = [record for record in records if int(record.trace_id, 16) == 0 or int(record.span_id, 16) == 0]
    assert len(without_id) == len(decoded.broken)
    assert len(records) - len(without_id) == len(decoded.spans)
