"""The tracer for each level of detail, taken late from the global provider and kept while it stays the same."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from threading import get_ident
from typing import TYPE_CHECKING

from opentelemetry import trace
from opentelemetry.trace import INVALID_SPAN, get_tracer_provider

from otel_ops import faults
from otel_ops.core.recording import RECORDING, SUPPRESSED
from otel_ops.detail import Detail
from otel_ops.version import VERSION

if TYPE_CHECKING:
    from opentelemetry.context import Context

    from otel_ops.attributes import Value

_INTERNAL = trace.SpanKind.INTERNAL


class _Tracers:
    """The tracers of one provider, at the number of their level; the first number is 1."""

    __slots__ = ("are_ours", "by_level", "fast", "of_nobody", "provider")

    def __init__(self, provider: trace.TracerProvider, fast: bool = True) -> None:
        self.provider = provider
        self.fast = fast
        self.of_nobody = isinstance(provider, trace.ProxyTracerProvider)
        given = [provider.get_tracer(level.scope_name, VERSION) for level in Detail]
        tracers = [_faster(tracer, fast) for tracer in given]
        self.by_level = [tracers[0], *tracers]
        self.are_ours = tracers[0] is not given[0]


def _faster(tracer: trace.Tracer, fast: bool) -> trace.Tracer:
    """Give a faster tracer where the program uses the SDK; without it, importing the SDK would cost."""
    if not fast or "opentelemetry.sdk.trace" not in sys.modules:
        return tracer
    from otel_ops.core.fast_tracer import faster  # noqa: PLC0415 - the core stands on the API only

    return faster(tracer)


_placeholder = trace.ProxyTracerProvider()
"""Gives placeholders of tracers until a provider is set; asking it costs a quarter of asking for the provider."""

_NONE = _Tracers(trace.ProxyTracerProvider())
_NONE.of_nobody = False
_tracers = _NONE


def make_tracers(*, fast: bool | None = None) -> _Tracers:
    """Make the tracers of the global provider anew.

    Args:
        fast: Whether they may make fast spans; None leaves that as it is.
    """
    global _tracers  # noqa: PLW0603 - one cache, replaced as a whole when the provider changes
    _tracers = _Tracers(get_tracer_provider(), _tracers.fast if fast is None else fast)
    return _tracers


def forget_tracers() -> None:
    """Have the tracers made anew by the next operation; for those who replace the global provider, as tests do."""
    global _tracers  # noqa: PLW0603 - as above
    _tracers = _NONE


def start_span(
    level: Detail,
    name: str,
    attributes: Mapping[str, Value],
    context: Context,
    links: Sequence[trace.Link] = (),
    start_ns: int | None = None,
) -> trace.Span | None:
    """Start a span; give None without a provider, where all is suppressed, or where a foreign processor raised."""
    tracers = _tracers
    if tracers.of_nobody:
        if isinstance(_placeholder.get_tracer(""), trace.ProxyTracer):
            return None
        tracers = make_tracers()
    elif get_tracer_provider() is not tracers.provider:
        tracers = make_tracers()
    if context.get(SUPPRESSED):
        return None
    offered = attributes if tracers.are_ours else dict(attributes)  # foreign samplers may add to what they are given
    thread = get_ident()
    was_recording = thread in RECORDING
    RECORDING[thread] = True
    try:
        span = tracers.by_level[level].start_span(name, context, _INTERNAL, offered, links, start_ns, False, False)
    except Exception as error:  # noqa: BLE001 - a foreign processor or sampler may raise anything
        faults.swallow("span.start", error)
        return None
    finally:
        if not was_recording:
            RECORDING.pop(thread, None)
    if span is INVALID_SPAN:
        return None
    return span


def is_new(span: trace.Span, context: Context) -> bool:
    """Tell whether a span that is not recorded is to be made current: one that a sampler has dropped.

    Without it, its children would become roots. Nothing is new where there is no provider, or the tracer is disabled.
    """
    own, parent = span.get_span_context(), trace.get_current_span(context).get_span_context()
    return own.is_valid and own.span_id != parent.span_id


def end_span(span: trace.Span, end_ns: int | None = None) -> None:
    """End a span, whatever the processors of others do; by default with the time of now."""
    try:
        span.end(end_ns)
    except Exception as error:  # noqa: BLE001 - a foreign processor may raise anything
        faults.swallow("span.end", error)
