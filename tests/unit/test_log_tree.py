"""What spans are told to be, also where limits of the SDK have cut or dropped what was stamped on them."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import SpanLimits

from otel_ops import OperationContext, operation, semconv
from otel_ops.detail import Detail
from otel_ops.log_builder import LogBuilder, logs_of
from otel_ops.log_tree import kind_of
from otel_ops.operation_log import FOREIGN, OperationLog
from otel_ops.semconv import Kind, Outcome
from otel_ops.span_record import ScopeRecord, SpanRecord, record_of
from tests.records import outline, span
from tests.spans import recorded

LIMITS: list[dict[str, Any]] = [
    *({"max_span_attributes": number} for number in (0, 1, 5)),
    *({"max_span_attribute_length": length} for length in (0, 1, 5)),
    {"max_attributes": 0, "max_attribute_length": 0, "max_events": 0, "max_links": 0},
]


def work() -> None:
    """Run an operation with more attributes than some limits allow, in it one with a foreign span, and a failure."""
    with operation("a", attributes={f"key {number}": "long text" for number in range(8)}) as op:
        op.set(**{f"more {number}": number for number in range(8)})
        with operation("b"), trace.get_tracer("http.client").start_as_current_span("GET"):
            pass
        with pytest.raises(ValueError), operation("c"):
            raise ValueError("no")


def records_within(limits: dict[str, Any], context: str | None) -> list[SpanRecord]:
    """Give the spans that `work` leaves under limits of the SDK."""
    with recorded(span_limits=SpanLimits(**limits)) as spans, OperationContext(context, user="ada", series="10 K/min"):
        work()
    return list(map(record_of, spans.get_finished_spans()))


def live(records: list[SpanRecord]) -> list[OperationLog]:
    """Give the logs that a running program has of spans."""
    builder = LogBuilder()
    return [log for record in records for log in builder.add(record)]


@pytest.mark.parametrize("limits", LIMITS, ids=str)
def test_an_operation_is_one_whatever_limits_leave_of_it(limits: dict[str, Any]) -> None:
    """However few and short attributes may be, the operation's log is complete when it ends."""
    records = records_within(limits, context=None)

    assert [("a", ("b", "GET"), "c")] == outline(live(records)) == outline(logs_of(records))
    assert [Kind.OPERATION, Kind.SUBOPERATION, FOREIGN, Kind.SUBOPERATION] == [
        log.kind for log in live(records)[0].walk()
    ]
    assert Outcome.ERROR == live(records)[0].suboperations[1].outcome


@pytest.mark.parametrize("limits", LIMITS, ids=str)
def test_a_trace_is_one_tree_whatever_limits_leave_of_it(limits: dict[str, Any]) -> None:
    """Read from a file, everything in a context stands where it belongs."""
    records = records_within(limits, context="ctx")

    assert [("ctx", ("a", ("b", "GET"), "c"))] == outline(logs_of(records))


@pytest.mark.parametrize("kind", [Kind.CONTEXT, Kind.OPERATION, Kind.SUBOPERATION])
@pytest.mark.parametrize("length", [1, 3, 8])
def test_a_kind_that_was_cut_is_told_by_its_beginning(kind: str, length: int) -> None:
    """The first letter is enough, in our own scopes; what others call so is theirs."""
    cut = span("a", "parent", attributes={semconv.KIND: kind[:length]})
    theirs = span("a", "parent", kind=FOREIGN, attributes={semconv.KIND: kind[:length]})

    assert (kind, FOREIGN) == (kind_of(cut), kind_of(theirs) if kind[:length] != kind else FOREIGN)


@pytest.mark.parametrize(
    ("parent", "remote", "kind"),
    [("", False, Kind.OPERATION), ("far", True, Kind.OPERATION), ("near", False, Kind.SUBOPERATION)],
)
@pytest.mark.parametrize("attributes", [{}, {semconv.KIND: ""}])
def test_without_a_kind_the_place_tells(parent: str, remote: bool, kind: str, attributes: dict[str, Any]) -> None:
    """What has no parent, or one elsewhere, is an operation; what has one here is a suboperation."""
    scope = ScopeRecord(Detail.STANDARD.scope_name)
    record = span("a", parent, kind=FOREIGN, remote=remote, attributes=attributes)
    ours = SpanRecord(**{**{name: getattr(record, name) for name in record.__struct_fields__}, "scope": scope})

    assert (FOREIGN, kind) == (kind_of(record), kind_of(ours))


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        ("e", "error"),
        ("t", "timed_out"),
        ("canc", "cancelled"),
        ("i", "interrupted"),
        ("a", "abandoned"),
        ("recov", "recovered"),
        ("", "ok"),
        ("postponed", "postponed"),
    ],
)
def test_an_outcome_that_was_cut_is_told_by_its_beginning(told: str, outcome: str) -> None:
    """The first letter is enough; one that this version does not know stays as it is."""
    (log,) = logs_of([span("a", attributes={semconv.OUTCOME: told})])

    assert outcome == log.outcome
