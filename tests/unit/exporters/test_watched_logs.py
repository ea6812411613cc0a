"""Somebody's exporter of log records under watch: what it does not take is counted and told."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from opentelemetry.sdk._logs import LoggerProvider, ReadableLogRecord
from opentelemetry.sdk._logs.export import (
    InMemoryLogRecordExporter,
    LogRecordExporter,
    LogRecordExportResult,
    SimpleLogRecordProcessor,
)

from otel_ops.exporters.watched_logs import WatchedLogExporter
from otel_ops.faults import diagnostics


def in_memory() -> InMemoryLogRecordExporter:
    """Make an exporter that keeps what it is given."""
    return InMemoryLogRecordExporter()  # type: ignore[no-untyped-call] # untyped


def records(*bodies: str) -> list[ReadableLogRecord]:
    """Make log records."""
    provider, exporter = LoggerProvider(shutdown_on_exit=False), in_memory()
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    for body in bodies:
        provider.get_logger("lab").emit(body=body)
    return list(exporter.get_finished_logs())


def test_records_are_passed_on() -> None:
    """The other exporter gets them, and its answer comes back."""
    inner = in_memory()
    watched = WatchedLogExporter(inner)

    assert LogRecordExportResult.SUCCESS == watched.export(records("a", "b"))
    assert watched.force_flush()
    assert ["a", "b"] == [read.log_record.body for read in inner.get_finished_logs()]
    assert {} == diagnostics()


def test_what_is_refused_is_counted_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """An exporter that answers FAILURE, as one that was shut down, loses its records."""
    watched = WatchedLogExporter(in_memory())
    watched.shutdown()

    assert LogRecordExportResult.FAILURE == watched.export(records("a", "b"))
    assert LogRecordExportResult.FAILURE == watched.export(records("c"))
    assert {"exporter.refused": 3} == diagnostics()
    (message,) = caplog.messages
    assert message.startswith("InMemoryLogRecordExporter did not take its log records; left out: 2 log record(s)")


class _Raising(LogRecordExporter):
    def export(self, batch: Sequence[ReadableLogRecord]) -> LogRecordExportResult:
        raise ValueError(batch)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        raise ValueError(timeout_millis)

    def shutdown(self) -> None:
        raise SystemExit(3)


@pytest.mark.usefixtures("quiet")
def test_an_exporter_that_raises_or_exits_is_contained() -> None:
    """Its records are left out, and the program goes on."""
    watched = WatchedLogExporter(_Raising())

    assert LogRecordExportResult.FAILURE == watched.export(records("a"))
    assert not watched.force_flush()
    watched.shutdown()
    assert 3 == diagnostics()["exporter.failed"]
