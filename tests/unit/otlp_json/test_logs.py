"""Log records as OTLP JSON: lines that read back as they were, and those of other writers."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.instrumentation.log_utils import std_to_otel

from otel_ops.otlp_json import SpanLog, encode_logs
from otel_ops.otlp_json.reading import decode, decode_logs
from otel_ops.span_record import LogRecord, ResourceRecord, severity_number
from tests.logs import attributes, texts

TRACE, SPAN = "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174"
_hex = st.text("0123456789abcdef", min_size=16, max_size=16).filter(lambda digits: digits.strip("0"))
_records = st.builds(
    LogRecord,
    body=texts,
    time_ns=st.integers(0, 2**64 - 1),
    severity_number=st.integers(0, 24),
    severity_text=texts,
    logger=texts,
    attributes=attributes,
    dropped_attributes=st.integers(0, 2**32 - 1),
)
_logs = st.builds(
    SpanLog,
    st.tuples(_hex, _hex).map("".join),
    _hex,
    _records,
    st.builds(ResourceRecord, attributes=attributes, schema_url=texts),
)


@given(st.lists(_logs, min_size=1, max_size=6))
def test_what_is_written_reads_back(logs: list[SpanLog]) -> None:
    """Grouped by resource and logger, every record is there once, as it was, on one line."""
    line = encode_logs(logs)
    decoded = decode_logs(line)

    assert decoded is not None
    assert [] == decoded.broken
    assert (1, sorted(map(repr, logs))) == (line.count(b"\n"), sorted(map(repr, decoded.logs)))


def test_where_nothing_was_logged_nothing_is_written() -> None:
    """There is no empty line."""
    assert b"" == encode_logs([])


def test_it_is_what_collectors_write() -> None:
    """The names are those of the protocol: the logger is the scope, and the ids stand on each record."""
    record = LogRecord("row 7", 5, 13, "WARNING", "lab", {"thread.name": "reader"})
    assert {
        "resourceLogs": [
            {
                "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "lab"}}]},
                "scopeLogs": [
                    {
                        "scope": {"name": "lab"},
                        "logRecords": [
                            {
                                "timeUnixNano": "5",
                                "severityNumber": 13,
                                "severityText": "WARNING",
                                "body": {"stringValue": "row 7"},
                                "attributes": [{"key": "thread.name", "value": {"stringValue": "reader"}}],
                                "traceId": TRACE,
                                "spanId": SPAN,
                            }
                        ],
                    }
                ],
            }
        ]
    } == json.loads(encode_logs([SpanLog(TRACE, SPAN, record, ResourceRecord({"service.name": "lab"}))]))


def _document(*records: object) -> bytes:
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": list(records)}]}]}).encode()


def test_forms_of_others_are_read() -> None:
    """Names of severities, bodies that are no text, an observed time only; records of no span are left out."""
    decoded = decode_logs(
        _document(
            {
                "traceId": TRACE,
                "spanId": SPAN,
                "observedTimeUnixNano": 7,
                "severityNumber": "SEVERITY_NUMBER_ERROR2",
                "body": {"kvlistValue": {"values": [{"key": "a", "value": {"intValue": "1"}}]}},
            },
            {"body": {"stringValue": "of no span"}},
            {"traceId": TRACE, "spanId": SPAN},
        )
    )
    assert decoded is not None
    assert [LogRecord("{'a': 1}", 7, 18), LogRecord("", 0)] == [log.record for log in decoded.logs]


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ({"spanId": "no id"}, "spanId = 'no id'"),
        ({"timeUnixNano": "late"}, "timeUnixNano = 'late'"),
        ({"severityNumber": "LOUD"}, "severityNumber = 'LOUD'"),
        ({"attributes": 7}, "attributes"),
        (7, "a log record"),
    ],
)
def test_a_broken_record_costs_only_itself(record: object, told: str) -> None:
    """The message names key and value."""
    good = {"traceId": TRACE, "spanId": SPAN, "body": {"stringValue": "good"}}
    decoded = decode_logs(
        _document({"traceId": TRACE, "spanId": SPAN, **record} if isinstance(record, dict) else record, good)
    )

    assert decoded is not None
    assert ["good"] == [log.record.body for log in decoded.logs]
    assert 1 == len(decoded.broken)
    assert told in decoded.broken[0]


@pytest.mark.parametrize(
    "document", [b"", b"{}", b"[]", b'"resourceLogs"', b'{"resourceLogs"', b'{"a":"resourceLogs"}']
)
def test_what_is_no_logs_is_left_to_others(document: bytes) -> None:
    """Spans whose attributes have the key in them are read as spans."""
    assert None is decode_logs(document)
    spans = {
        "resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": TRACE, "spanId": SPAN, "name": '"resourceLogs"'}]}]}]
    }
    assert None is decode_logs(json.dumps(spans).encode())
    assert 1 == len(decode(json.dumps(spans)).spans)


def test_severities_are_those_of_opentelemetry() -> None:
    """For every level of logging, the number is the one that OpenTelemetry's own instrumentation gives."""
    assert [std_to_otel(level).value for level in range(200)] == [severity_number(level) for level in range(200)]
