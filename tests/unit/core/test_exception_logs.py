"""Exceptions as log records: where OpenTelemetry's variable asks for them, and nothing of them is lost for us."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry._logs import _internal as logs_api
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.util._once import Once

from otel_ops import Detail, diagnostics, operation
from otel_ops.core.exception_logs import SIGNAL, VARIABLE
from otel_ops.errors import ErrorHandler
from otel_ops.log_builder import logs_of
from otel_ops.log_tree import Tree
from otel_ops.otlp_json import encode_line, encode_logs, logs_in
from otel_ops.otlp_json.reading import decode, decode_logs
from otel_ops.span_logs import joined
from otel_ops.span_record import record_of
from otel_ops.testing import Recorder


class Logs:
    """The log records that a provider of the SDK exports."""

    def __init__(self, provider: LoggerProvider) -> None:
        self._exporter = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call] # the SDK's
        provider.add_log_record_processor(SimpleLogRecordProcessor(self._exporter))

    def __iter__(self) -> Iterator[Any]:
        return (each.log_record for each in self._exporter.get_finished_logs())


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Logs:
    """Put a provider of log records in the place of the global one."""
    provider = LoggerProvider(shutdown_on_exit=False)
    monkeypatch.setattr(logs_api, "_LOGGER_PROVIDER", provider)
    monkeypatch.setattr(logs_api, "_LOGGER_PROVIDER_SET_ONCE", Once())
    return Logs(provider)


def recorded(choice: str | None, monkeypatch: pytest.MonkeyPatch, **options: Any) -> Recorder:
    """Record a failure two operations deep, with the variable set or not."""
    monkeypatch.setenv(VARIABLE, choice) if choice is not None else monkeypatch.delenv(VARIABLE, raising=False)
    with Recorder(**options) as recorder, pytest.raises(ValueError, match="no"), operation("load"), operation("parse"):
        raise ValueError("no")
    return recorder


@pytest.mark.parametrize(
    ("choice", "events", "records"),
    [(None, 1, 0), ("", 1, 0), ("logs", 0, 1), ("logs/dup", 1, 1), (" LOGS ", 0, 1)],
)
def test_the_variable_chooses_event_log_record_or_both(
    choice: str | None, events: int, records: int, logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unset, exceptions are span events; `logs` makes them log records, `logs/dup` both."""
    recorder = recorded(choice, monkeypatch)

    assert (events, records) == (len(recorder.spans.exceptions("parse")), len(list(logs)))
    assert 0 == len(recorder.spans.exceptions("load"))


def test_a_log_record_tells_what_an_event_does(logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Type, message, stack and id of the failure; the record is of the span in which the exception came up."""
    recorder = recorded("logs/dup", monkeypatch)
    (record,) = logs
    (event,) = recorder.spans.exceptions("parse")
    context = recorder.spans.named("parse").get_span_context()
    assert context is not None

    told = dict(record.attributes)
    assert told.pop("log.record.uid")
    assert dict(event.attributes or {}) == told
    assert ("exception", "ValueError: no", "ERROR", 17) == (
        record.event_name,
        record.body,
        record.severity_text,
        record.severity_number.value,
    )
    assert (context.trace_id, context.span_id) == (record.trace_id, record.span_id)


def test_trees_tell_the_same_whatever_the_signal(logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Why an operation failed, with its stack, is in the log of the operation; and the record is in it once."""
    trees = [recorded(choice, monkeypatch).tree for choice in (None, "logs", "logs/dup")]
    failures = [tree.suboperations[0].failure for tree in trees]

    told = [failure and (failure.type, failure.message, failure.origin) for failure in failures]
    assert [("ValueError", "no", "parse")] * 3 == told
    assert all(failure and failure.stacktrace.endswith("ValueError: no\n") for failure in failures)
    assert [((), ())] * 3 == [(log.events, log.log_records) for tree in trees for log in tree.suboperations]


def test_what_is_joined_from_files_is_told_once(logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spans and log records that are read side by side give the tree with the exception."""
    recorder = recorded("logs", monkeypatch)
    spans = [record_of(span) for span in recorder.spans]
    found = decode_logs(encode_logs(logs_in(spans)))
    assert found is not None
    (tree,) = logs_of(joined(decode(encode_line(spans)).spans, found.logs))

    assert recorder.tree == tree


def test_hidden_operations_tell_by_log_records_too(logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exception of one that is not recorded is with the operation around it."""
    monkeypatch.setenv(VARIABLE, "logs")
    with Recorder() as recorder, operation("load"):
        with pytest.raises(ValueError, match="no"), operation("parse", detail=Detail.DEBUG):
            raise ValueError("no")
    (span,) = map(record_of, recorder.spans)
    (event,) = recorder.tree.events

    assert Tree(span, None, Detail.DETAILED).may_have_failed
    assert ("exception", "parse") == (event.name, event.attributes["ops.failure.origin"])


def test_a_handler_without_configure_gets_the_stack(logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes from the live exception, where nobody keeps log records."""
    monkeypatch.setenv(VARIABLE, "logs")
    told: list[str] = []

    class Telling(ErrorHandler):
        def handle_operation_error(self, operation_log: Any, exception: BaseException | None) -> None:
            pass

        def handle_suboperation_error(self, suboperation_log: Any, error_data: Any) -> None:
            told.append(error_data.stacktrace)

    provider = TracerProvider(shutdown_on_exit=False)
    trace.set_tracer_provider(provider)
    handler = Telling()
    provider.add_span_processor(handler)
    with pytest.raises(ValueError, match="no"), operation("load"), operation("parse"):
        raise ValueError("no")
    handler.force_flush()
    provider.shutdown()

    (stack,) = told
    assert stack.endswith("ValueError: no\n")


@pytest.mark.usefixtures("quiet")
def test_where_nobody_exports_log_records_that_is_told(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once, with the remedy; our own outputs have the exception all the same."""
    monkeypatch.setenv(VARIABLE, "logs")
    with Recorder(faults="counted") as recorder:
        for _ in range(2):
            with pytest.raises(ValueError, match="no"), operation("load"):
                raise ValueError("no")
        assert 2 == diagnostics()["exception.unsent"]

    assert 1 == caplog.text.count("set OTEL_LOGS_EXPORTER")
    assert all(log.failure and log.failure.stacktrace for log in recorder.logs)


def test_another_value_is_told_and_changes_nothing(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The warning names variable, value and remedy."""
    recorder = recorded("events", monkeypatch)

    assert f"{VARIABLE} = 'events' is unknown" in caplog.text
    assert "use 'logs' or 'logs/dup'" in caplog.text
    assert 1 == len(recorder.spans.exceptions("parse"))


def test_a_provider_of_log_records_that_raises_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    """The operation has its status, and the program its exception."""

    class Broken:
        def get_logger(self, *_: object) -> Any:
            raise RuntimeError("broken")

    monkeypatch.setenv(VARIABLE, "logs")
    with Recorder(faults="counted") as recorder:
        SIGNAL.provider = Broken()  # type: ignore[assignment] # that is what is tested
        with pytest.raises(ValueError, match="no"), operation("load"):
            raise ValueError("no")
        assert 1 == diagnostics()["exception.log.failed"]

    assert recorder.tree.failure is not None
    assert "ValueError" == recorder.tree.failure.type
