"""The tracer for each level of detail, taken late from the global provider and kept while it stays the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from opentelemetry import trace

from otel_ops import faults
from otel_ops.detail import Detail
from otel_ops.version import VERSION

if TYPE_CHECKING:
    from opentelemetry.context import Context

    from otel_ops.attributes import Value


class _Tracers:
    """The tracers of one provider; None for each level where nobody has set a provider."""

    __slots__ = ("by_level", "provider")

    def __init__(self, provider: trace.TracerProvider) -> None:
        self.provider = provider
        self.by_level: dict[Detail, trace.Tracer | None] = {level: _make(provider, level) for level in Detail}


def _make(provider: trace.TracerProvider, level: Detail) -> trace.Tracer | None:
    if isinstance(provider, trace.ProxyTracerProvider | trace.NoOpTracerProvider):
        return None
    return provider.get_tracer(level.scope_name, VERSION)


_tracers = _Tracers(trace.ProxyTracerProvider())


def tracer_for(level: Detail) -> trace.Tracer | None:
    """Give the tracer whose scope carries this level, or None where no provider is set."""
    global _tracers  # noqa: PLW0603 - one cache, replaced as a whole when the provider changes
    provider = trace.get_tracer_provider()
    if provider is not _tracers.provider:
        _tracers = _Tracers(provider)
    return _tracers.by_level[level]


def start_span(
    level: Detail,
    name: str,
    attributes: Mapping[str, Value],
    *,
    context: Context | None = None,
    links: Sequence[trace.Link] | None = None,
    start_ns: int | None = None,
) -> trace.Span | None:
    """Start a span; give None where that leaves nothing to attach: no provider, or a tracer that is switched off.

    A span that a sampler dropped is given all the same: without it, its children would become roots.
    """
    tracer = tracer_for(level)
    if tracer is None:
        return None
    try:
        span = tracer.start_span(
            name,
            context,
            attributes=attributes,
            links=links,
            start_time=start_ns,
            record_exception=False,
            set_status_on_exception=False,
        )
    except Exception as error:  # noqa: BLE001 - a foreign processor or sampler may raise anything
        faults.swallow("span.start", error)
        return None
    return span if span.is_recording() or _is_new(span, trace.get_current_span(context)) else None


def _is_new(span: trace.Span, parent: trace.Span) -> bool:
    own = span.get_span_context()
    return own.is_valid and own.span_id != parent.get_span_context().span_id


def end_span(span: trace.Span) -> None:
    """End a span, whatever the processors of others do."""
    try:
        span.end()
    except Exception as error:  # noqa: BLE001 - a foreign processor may raise anything
        faults.swallow("span.end", error)
