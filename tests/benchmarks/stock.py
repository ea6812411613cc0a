"""The measure: a stock provider with the stock batch processor, and an exporter that does nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from tests.benchmarks.harness import Loop, Sides, clocked

CHECKED_CALLS = 3


class Told(NamedTuple):
    """What both ways must say alike of a span."""

    name: str
    parent: str | None
    attributes: dict[str, object]


class Nowhere(SpanExporter):
    """Does nothing, unless somebody looks."""

    def __init__(self) -> None:
        self.seen: list[ReadableSpan] | None = None

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Drop the spans."""
        if self.seen is not None:
            self.seen.extend(spans)
        return SpanExportResult.SUCCESS


class StockSdk:
    """A provider as the documentation of OpenTelemetry sets it up."""

    def __init__(self) -> None:
        self.provider = TracerProvider(shutdown_on_exit=False)
        self._exporter = Nowhere()
        self.provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self.tracer = self.provider.get_tracer("benchmark")

    def compared(self, ours: Loop, theirs: Loop, *, beside: Collection[str] = ()) -> Sides:
        """Give both ways, once they are seen to leave the same spans.

        Args:
            ours: Our way.
            theirs: The way of the SDK.
            beside: Attributes that ours sets beyond those that are compared.
        """
        assert_same(self.told(theirs), self.told(ours), beside)
        return self.sides(ours, theirs)

    def compared_to_nothing(self, ours: Loop, theirs: Loop) -> Sides:
        """Give both ways, once ours is seen to leave no span, and theirs one for each call."""
        assert ([], CHECKED_CALLS) == (self.told(ours), len(self.told(theirs)))
        return self.sides(ours, theirs)

    def sides(self, ours: Loop, theirs: Loop) -> Sides:
        """Give both ways; the queue is emptied between the rounds, so that no span is dropped."""
        return Sides(clocked(ours), clocked(theirs), self.provider.force_flush)

    def told(self, loop: Loop) -> list[Told]:
        """Give what is compared of the spans of a few calls."""
        return list(told_of(self.recorded(loop, CHECKED_CALLS)))

    def recorded(self, loop: Loop, calls: int) -> list[ReadableSpan]:
        """Give the spans of so many calls."""
        self.provider.force_flush()
        seen: list[ReadableSpan] = []
        self._exporter.seen = seen
        loop(calls)
        self.provider.force_flush()
        self._exporter.seen = None
        return seen


def told_of(spans: Sequence[ReadableSpan]) -> Iterator[Told]:
    """Give what is compared of spans, with parents by name."""
    names = {span.context.span_id: span.name for span in spans if span.context}
    for span in spans:
        yield Told(span.name, names[span.parent.span_id] if span.parent else None, dict(span.attributes or {}))


def assert_same(theirs: list[Told], ours: list[Told], beside: Collection[str] = ()) -> None:
    """Fail where the spans differ in number, name, parent or attributes."""
    compared = [
        span._replace(attributes={key: value for key, value in span.attributes.items() if key not in beside})
        for span in ours
    ]
    assert theirs, "the idiom left no span"
    assert theirs == compared, f"the spans differ:\ntheirs: {theirs}\nours:   {compared}"


@contextmanager
def stock_sdk(*, in_use: bool = True) -> Iterator[StockSdk]:
    """Give a stock SDK; ``in_use`` makes it the global one, which ours writes to."""
    sdk = StockSdk()
    if in_use:
        trace.set_tracer_provider(sdk.provider)
    yield sdk
    sdk.provider.shutdown()
