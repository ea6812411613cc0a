"""The spans that ended in a while, kept to be shown at its end."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING
from weakref import WeakSet

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.trace import TracerProvider as AnyProvider

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import Span

MAX_SPANS = 20_000
"""Most spans that are kept: those that ended last, for the roots of trees do."""


class LatestSpans(SpanProcessor):
    """Keeps the spans that end between `start` and `stop`, of all providers that it watches."""

    def __init__(self) -> None:
        self._spans: deque[ReadableSpan] | None = None
        self._providers: WeakSet[AnyProvider] = WeakSet()

    def watch(self, provider: AnyProvider) -> None:
        """Learn of the spans of a provider of the SDK; there is no way back, but outside of a while nothing is kept."""
        if isinstance(provider, TracerProvider) and provider not in self._providers:
            self._providers.add(provider)
            provider.add_span_processor(self)

    def start(self, spans: Iterable[ReadableSpan] = ()) -> None:
        """Keep these, and what ends from now on."""
        self._spans = deque(spans, MAX_SPANS)

    def stop(self) -> list[ReadableSpan]:
        """Keep no more; give what there is."""
        spans, self._spans = self._spans, None
        return [] if spans is None else list(spans)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Nothing is kept of what begins."""

    def on_end(self, span: ReadableSpan) -> None:
        """Keep it."""
        spans = self._spans
        if spans is not None:
            spans.append(span)
