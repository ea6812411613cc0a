"""What a program recorded, held in memory, and the provider that recorded it, put in the place of the global one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.util._once import Once

from otel_ops import semconv
from otel_ops.tracers import forget_tracers


class Spans(InMemorySpanExporter):
    """The spans that have ended, found by their names."""

    @property
    def names(self) -> list[str]:
        """The names of the spans, in the order in which they ended."""
        return [span.name for span in self.get_finished_spans()]

    def named(self, name: str) -> ReadableSpan:
        """Give the one span of this name."""
        (span,) = (span for span in self.get_finished_spans() if span.name == name)
        return span

    def attributes(self, name: str) -> dict[str, Any]:
        """Give what the one span of this name is told to have."""
        return dict(self.named(name).attributes or {})

    @property
    def parents(self) -> dict[str, str | None]:
        """The name of each span's parent by its own name; ``""`` for a parent that is not among them."""
        names = {span.context.span_id: span.name for span in self.get_finished_spans() if span.context}
        return {
            span.name: None if span.parent is None else names.get(span.parent.span_id, "")
            for span in self.get_finished_spans()
        }

    @property
    def kinds(self) -> dict[str, str]:
        """What each span is, by its name: a context, an operation or a suboperation."""
        return {span.name: str((span.attributes or {}).get(semconv.KIND)) for span in self.get_finished_spans()}

    def exceptions(self, name: str) -> list[Event]:
        """Give the exceptions that the one span of this name has recorded."""
        return [event for event in self.named(name).events if event.name == semconv.EXCEPTION_EVENT]

    def failure(self, name: str) -> tuple[str | None, str | None]:
        """Give the outcome and the origin that the one span of this name has been stamped with."""
        attributes = self.attributes(name)
        return attributes.get(semconv.OUTCOME), attributes.get(semconv.FAILURE_ORIGIN)


@contextmanager
def put_in_place(provider: trace.TracerProvider | None) -> Iterator[None]:
    """Make a provider the global one, and put back what was there: the API has no way back of its own."""
    before = trace._TRACER_PROVIDER, trace._TRACER_PROVIDER_SET_ONCE
    trace._TRACER_PROVIDER, trace._TRACER_PROVIDER_SET_ONCE = None, Once()
    if provider is not None:
        trace.set_tracer_provider(provider)
    forget_tracers()
    try:
        yield
    finally:
        trace._TRACER_PROVIDER, trace._TRACER_PROVIDER_SET_ONCE = before
        forget_tracers()


@contextmanager
def recorded(**options: Any) -> Iterator[Spans]:
    """Give the spans of a provider of this block's own, made with `options`."""
    provider, spans = TracerProvider(shutdown_on_exit=False, **options), Spans()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    with put_in_place(provider):
        yield spans
    provider.shutdown()
