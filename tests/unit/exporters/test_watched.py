"""Somebody's exporter under watch: what it does not take is counted, and it is shut down by its last user only."""

from __future__ import annotations

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from otel_ops.exporters.watched import WatchedSpanExporter
from otel_ops.faults import diagnostics


def spans(*names: str) -> list[ReadableSpan]:
    """Make ended spans."""
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("test")
    ended = [tracer.start_span(name) for name in names]
    for span in ended:
        span.end()
    return [span for span in ended if isinstance(span, ReadableSpan)]


def test_spans_are_passed_on() -> None:
    """The other exporter gets the spans, and its answer comes back."""
    inner = InMemorySpanExporter()

    assert SpanExportResult.SUCCESS == WatchedSpanExporter(inner).export(spans("a", "b"))
    assert ["a", "b"] == [span.name for span in inner.get_finished_spans()]
    assert {} == diagnostics()


def test_what_is_refused_is_counted_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """An exporter that answers FAILURE, as one that was shut down, loses its spans: the warning names them."""
    inner = InMemorySpanExporter()
    inner.shutdown()
    watched = WatchedSpanExporter(inner)

    assert SpanExportResult.FAILURE == watched.export(spans("a", "b"))
    assert SpanExportResult.FAILURE == watched.export(spans("c"))
    assert {"exporter.refused": 3} == diagnostics()
    (message,) = caplog.messages
    assert message.startswith("InMemorySpanExporter did not take its spans; left out: 2 span(s), the first of them 'a'")


def test_an_exporter_that_is_kept_stays_open() -> None:
    """Shutting the watched one down shuts the other down, unless somebody goes on with it."""
    kept, ended = InMemorySpanExporter(), InMemorySpanExporter()
    watched = WatchedSpanExporter(kept)
    watched.keep()
    watched.shutdown()
    WatchedSpanExporter(ended).shutdown()

    assert SpanExportResult.SUCCESS == kept.export(spans("a"))
    assert SpanExportResult.FAILURE == ended.export(spans("a"))


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("raised", [ValueError(), SystemExit(3), GeneratorExit()])
def test_an_exporter_that_raises_or_exits_at_its_end_is_contained(
    raised: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither its flush nor its shutdown reaches the others; the one warning names it."""

    class Leaving(InMemorySpanExporter):
        def shutdown(self) -> None:
            raise raised

        def force_flush(self, timeout_millis: int = 30_000) -> bool:
            raise raised

    watched = WatchedSpanExporter(Leaving())

    assert not watched.force_flush()
    watched.shutdown()
    assert {"exporter.failed": 2} == diagnostics()
    (message,) = caplog.messages
    assert message.startswith("exporter Leaving failed with")
