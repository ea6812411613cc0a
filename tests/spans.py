"""Other names for what `otel_ops.testing` has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from otel_ops.testing import RecordingProvider, Spans
from otel_ops.testing import provider_in_place as put_in_place

__all__ = ["Spans", "put_in_place", "recorded"]


@contextmanager
def recorded(**options: Any) -> Iterator[Spans]:
    """Give the spans of a provider of this block's own, made with `options`."""
    provider, spans = RecordingProvider(**options), Spans()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    with put_in_place(provider):
        yield spans
    provider.shutdown()
