"""Errors of one kind, counted where they began."""

from __future__ import annotations

import pytest

from otel_ops import Detail, operation
from otel_ops.analysis import ErrorStatistics, OperationAnalyzer
from otel_ops.fingerprints import fingerprint_of
from otel_ops.span_record import EventRecord, SpanRecord, record_of
from otel_ops.testing import Recorder
from tests.records import ERROR, span


def fail(origin: str, message: str, detail: Detail = Detail.STANDARD) -> None:
    """Have an operation fail inside of another one."""
    with pytest.raises(ValueError, match="row"), operation("series"), operation(origin, detail=detail):
        raise ValueError(message)


def foreign(name: str, time: tuple[int, int], message: str) -> SpanRecord:
    """Make a failed span of another library."""
    event = EventRecord("exception", time[1], {"exception.type": "OSError", "exception.message": message})
    return span(name, kind="foreign", time=time, status=ERROR, events=(event,))


def test_each_counts_once_where_it_began() -> None:
    """Not in the operations that it passed; the most frequent kind stands first, under the handlers' fingerprint."""
    with Recorder() as recorder:
        fail("fit", "row 7")
        fail("load", "row 7")
        fail("load", "row 8")
    errors = OperationAnalyzer.from_spans(recorder.spans).errors()

    assert [("load", 2, "row 7"), ("fit", 1, "row 7")] == [(each.origin, each.count, each.message) for each in errors]
    failures = (recorder.logs[1].suboperations[0].failure, recorder.logs[0].suboperations[0].failure)
    assert [each and each.fingerprint for each in failures] == [each.fingerprint for each in errors]


def test_what_began_in_a_hidden_operation_counts_under_its_name() -> None:
    """The operation around it recorded the exception, and failed itself."""
    with Recorder() as recorder:
        fail("fit", "row 7", Detail.DEBUG)

    assert [("fit", 1)] == [(e.origin, e.count) for e in OperationAnalyzer.from_spans(recorder.spans).errors()]


def test_errors_of_others_and_doubles() -> None:
    """Foreign spans count under their name; one that was delivered twice counts once; times are those of the ends."""
    records = [foreign("get 1", (1, 5), "no 1"), foreign("get 1", (1, 5), "no 1"), span("fine")]

    assert (
        ErrorStatistics(
            fingerprint=fingerprint_of("OSError", "", "no 1", "get 1"),
            type="OSError",
            origin="get 1",
            message="no 1",
            count=1,
            first_ns=5,
            last_ns=5,
        ),
    ) == OperationAnalyzer.from_records(records).errors()
    assert () == OperationAnalyzer.from_records([span("fine")]).errors()


def test_exceptions_as_log_records_count_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fingerprint is that of the stack, however it came."""
    found = []
    for signal in ("", "logs"):
        monkeypatch.setenv("OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", signal)
        with Recorder(faults="counted") as recorder:
            fail("load", "row 7")
        found.append(
            [each.fingerprint for each in OperationAnalyzer.from_records(map(record_of, recorder.spans)).errors()]
        )

    assert found[0] == found[1]
