"""A tracer provider whose spans take their times from a clock, and that knows which operations are open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, Tracer, TracerProvider
from opentelemetry.sdk.trace.sampling import DEFAULT_ON
from opentelemetry.util.types import Attributes

from otel_ops import semconv
from otel_ops.semconv import SCOPE_PREFIX, Kind
from otel_ops.testing.deterministic import CountingIdGenerator

if TYPE_CHECKING:
    from opentelemetry.context import Context

Read = Callable[[], int]
"""Gives the time, in nanoseconds since the epoch."""


WATCHERS: list[SpanProcessor] = []
"""What learns of the spans of every recording provider that is made, beside the test that makes it."""


class RecordingProvider(TracerProvider):
    """A provider of the SDK for one test: ids that count; it records all, whatever the environment says.

    Args:
        clock: Where the spans' times come from; None means the SDK's own clock.
        **options: What `opentelemetry.sdk.trace.TracerProvider` takes.
    """

    def __init__(self, clock: Read | None = None, **options: Any) -> None:
        defaults = {
            "id_generator": CountingIdGenerator(),
            "resource": Resource({"service.name": "test"}),
            "sampler": DEFAULT_ON,
            "shutdown_on_exit": False,
        }
        super().__init__(**{**defaults, **options})
        self._disabled = False
        self._clock = clock
        self._open = _OpenSpans()
        self.add_span_processor(self._open)
        if clock is not None:
            self.add_span_processor(_Clocking(clock))
        for watcher in WATCHERS:
            self.add_span_processor(watcher)

    def get_tracer(
        self,
        instrumenting_module_name: str,
        instrumenting_library_version: str | None = None,
        schema_url: str | None = None,
        attributes: Attributes = None,
    ) -> trace.Tracer:
        """Give a tracer of the SDK that takes the start of its spans from the clock.

        Where there is none, the core gets exactly what it gets in a program.
        """
        tracer = super().get_tracer(instrumenting_module_name, instrumenting_library_version, schema_url, attributes)
        is_ours = instrumenting_module_name.startswith(SCOPE_PREFIX)
        if isinstance(tracer, Tracer) and not (is_ours and self._clock is None):
            _RecordingTracer.take_over(tracer, self._clock, is_ours)
        return tracer

    def open_operations(self) -> list[str]:
        """Name the operations and contexts whose spans have not ended."""
        return self._open.names()


class _RecordingTracer(Tracer):
    """A tracer of the SDK whose spans start by the clock.

    It counts as false: so a tracer that a module has from `opentelemetry.trace.get_tracer` before there was a provider
    does not keep it, but asks again, and the spans of the next test go to the next test.
    """

    clock: Read | None
    is_ours: bool

    @classmethod
    def take_over(cls, tracer: Tracer, clock: Read | None, is_ours: bool) -> None:
        """Make a tracer of the SDK one of these."""
        tracer.__class__ = cls
        vars(tracer).update(clock=clock, is_ours=is_ours)

    def __bool__(self) -> bool:
        return False

    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: trace.SpanKind = trace.SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[trace.Link] | None = (),
        start_time: int | None = None,
        *more: Any,
        **options: Any,
    ) -> trace.Span:
        """Start a span; the core gives a start of its own, by the real clock, where it tells of a failure late."""
        if self.clock is not None and (start_time is None or self.is_ours):
            start_time = self.clock()
        return super().start_span(name, context, kind, attributes, links, start_time, *more, **options)


class _ClockedSpan(Span):
    """A span of the SDK whose end and events have the time of the clock."""

    clock: Read

    def end(self, end_time: int | None = None) -> None:
        super().end(self.clock() if end_time is None else end_time)

    def add_event(self, name: str, attributes: Attributes = None, timestamp: int | None = None) -> None:
        super().add_event(name, attributes, self.clock() if timestamp is None else timestamp)


class _Clocking(SpanProcessor):
    """Hands the clock to each span that starts, before other processors see it."""

    def __init__(self, clock: Read) -> None:
        self._clock = clock

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        span.__class__ = _ClockedSpan
        vars(span)["clock"] = self._clock


class _OpenSpans(SpanProcessor):
    """Keeps the spans of ours that have not ended."""

    def __init__(self) -> None:
        self._open: dict[int, Span] = {}

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        if semconv.KIND in (span.attributes or {}):
            self._open[span.get_span_context().span_id] = span

    def on_end(self, span: ReadableSpan) -> None:
        if span.context is not None:
            self._open.pop(span.context.span_id, None)

    def names(self) -> list[str]:
        return [f"{_kind(span)} {span.name!r}" for span in list(self._open.values())]


def _kind(span: ReadableSpan) -> str:
    kind = (span.attributes or {})[semconv.KIND]
    return Kind.CONTEXT if kind == Kind.CONTEXT else Kind.OPERATION
