"""Log records join the spans that they were emitted in."""

from otel_ops.otlp_json import SpanLog
from otel_ops.span_logs import joined
from otel_ops.span_record import LogRecord, ResourceRecord
from tests.records import TRACE, span, span_id


def _log(name: str, time_ns: int, trace: str = TRACE) -> SpanLog:
    return SpanLog(trace, span_id(name), LogRecord(f"{name} {time_ns}", time_ns), ResourceRecord())


def test_each_span_gets_its_own_by_time() -> None:
    """In whatever order they come; those of other traces and of spans that are not there are left out."""
    logs = [_log("a", 3), _log("b", 1), _log("a", 2), _log("gone", 1), _log("a", 1, "0f" * 16)]
    assert {"a": ["a 2", "a 3"], "b": ["b 1"], "c": []} == {
        record.name: [logged.body for logged in record.log_records]
        for record in joined([span("a"), span("b"), span("c")], logs)
    }
