"""Batch processors count what they drop, to the last one."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence

import pytest
from opentelemetry.sdk._logs import LoggerProvider, ReadableLogRecord
from opentelemetry.sdk._logs.export import LogRecordExporter, LogRecordExportResult
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from otel_ops.exporters.watched import WatchedSpanExporter
from otel_ops.exporters.watched_logs import WatchedLogExporter
from otel_ops.faults import diagnostics
from otel_ops.processors.batch import QuietBatchSpanProcessor
from otel_ops.processors.batch_of_logs import CountingBatchLogRecordProcessor

QUEUE, BATCH = 100, 10


class _Slow:
    """Takes nothing until it may, and counts what it has taken."""

    def __init__(self) -> None:
        self.number = 0
        self.may = threading.Event()
        self.has_begun = threading.Event()

    def take(self, number: int) -> None:
        self.has_begun.set()
        assert self.may.wait(30)
        self.number += number


class _SlowSpans(_Slow, SpanExporter):
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.take(len(spans))
        return SpanExportResult.SUCCESS


class _SlowLogs(_Slow, LogRecordExporter):
    def export(self, batch: Sequence[ReadableLogRecord]) -> LogRecordExportResult:
        self.take(len(batch))
        return LogRecordExportResult.SUCCESS

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return True

    def shutdown(self) -> None:
        pass


@pytest.fixture(autouse=True)
def _small_queues(monkeypatch: pytest.MonkeyPatch) -> None:
    for signal in ("BSP", "BLRP"):
        monkeypatch.setenv(f"OTEL_{signal}_MAX_QUEUE_SIZE", str(QUEUE))
        monkeypatch.setenv(f"OTEL_{signal}_MAX_EXPORT_BATCH_SIZE", str(BATCH))


def spans_to(exporter: SpanExporter) -> tuple[Callable[[], None], QuietBatchSpanProcessor]:
    """Give what ends a span of a provider with a processor, and the processor."""
    processor = QuietBatchSpanProcessor(WatchedSpanExporter(exporter))
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(processor)
    tracer = provider.get_tracer("test")
    return lambda: tracer.start_span("item").end(), processor


def test_all_goes_well_and_nothing_is_counted() -> None:
    """Where the queue holds everything, everything arrives."""
    slow = _SlowSpans()
    slow.may.set()
    end_span, processor = spans_to(slow)
    for _ in range(QUEUE):
        end_span()
    processor.shutdown()
    assert (QUEUE, {}) == (slow.number, diagnostics())


def test_spans_that_do_not_fit_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    """What came is what arrived and what is counted, told once; threads that come and go at once change nothing."""
    slow = _SlowSpans()
    end_span, processor = spans_to(slow)
    for _ in range(3 * QUEUE):
        end_span()
    threads = [threading.Thread(target=lambda: [end_span() for _ in range(1_000)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    slow.may.set()
    for thread in threads:
        thread.join()
    processor.shutdown()
    assert {"exporter.dropped": 3 * QUEUE + 4_000 - slow.number} == diagnostics()
    (told,) = [record.getMessage() for record in caplog.records if record.name == "otel_ops"]
    assert told.startswith(
        "the queue of _SlowSpans is full; left out: the oldest spans in it. Raise OTEL_BSP_MAX_QUEUE"
    )


def test_drops_are_counted_while_the_program_runs() -> None:
    """They are known when the next batch goes, not at the end only."""
    slow = _SlowSpans()
    end_span, processor = spans_to(slow)
    for _ in range(BATCH):
        end_span()
    assert slow.has_begun.wait(30)
    for _ in range(QUEUE + 7):
        end_span()
    slow.may.set()
    processor.force_flush()
    assert {"exporter.dropped": 7} == diagnostics()
    processor.shutdown()
    assert {"exporter.dropped": 7} == diagnostics()


def test_what_is_given_up_is_counted_once(caplog: pytest.LogCaptureFixture) -> None:
    """Where the exporter takes nothing until the end, what waits is told, and what is under way is not counted."""
    slow = _SlowSpans()
    end_span, processor = spans_to(slow)
    for _ in range(BATCH):
        end_span()
    assert slow.has_begun.wait(30)
    for _ in range(7):
        end_span()
    processor.give_up()
    processor.give_up()
    assert {"exporter.unsent": 7} == diagnostics()
    assert "_SlowSpans was not given the time to send 7 spans; they are left out" in caplog.text
    slow.may.set()
    processor.shutdown()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_counts_its_own() -> None:
    """What waited in the parent is not taken for dropped in the child, whose queue is emptied."""
    slow = _SlowSpans()
    end_span, processor = spans_to(slow)
    for _ in range(QUEUE // 2):
        end_span()
    assert slow.has_begun.wait(30)
    pid = os.fork()
    if not pid:
        os._exit(0 if is_one_counted(slow, end_span, processor) else 1)
    assert (pid, 0) == os.waitpid(pid, 0)
    slow.may.set()
    processor.shutdown()
    assert (QUEUE // 2, {}) == (slow.number, diagnostics())


def is_one_counted(slow: _Slow, end_span: Callable[[], None], processor: QuietBatchSpanProcessor) -> bool:
    """End a span in a child; tell whether it arrived, and nothing else is told."""
    try:
        slow.may.set()
        end_span()
        processor.shutdown()
    except BaseException:
        return False
    return (1, {}) == (slow.number, diagnostics())


def test_log_records_that_do_not_fit_are_counted() -> None:
    """As with spans."""
    slow = _SlowLogs()
    provider = LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(CountingBatchLogRecordProcessor(WatchedLogExporter(slow)))
    logger = provider.get_logger("test")
    for _ in range(QUEUE * 3):
        logger.emit(body="item")
    assert slow.has_begun.wait(30)
    slow.may.set()
    provider.shutdown()
    assert {"exporter.dropped": 3 * QUEUE - slow.number} == diagnostics()
