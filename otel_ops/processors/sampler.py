"""Sampler that lets error handlers see operations that are not exported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult

from otel_ops.semconv import KIND

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Link, SpanKind, TraceState
    from opentelemetry.util.types import Attributes


class KeepOperationsSampler(Sampler):
    """Asks another sampler, and has operations that it drops recorded all the same, but not exported."""

    def __init__(self, inner: Sampler) -> None:
        self._inner = inner

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Answer RECORD_ONLY for an operation where the other sampler answers DROP, usually without attributes."""
        result = self._inner.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)
        if result.decision is Decision.DROP and attributes is not None and KIND in attributes:
            kept = {**attributes, **(result.attributes or {})}
            return SamplingResult(Decision.RECORD_ONLY, kept, result.trace_state)
        return result

    def get_description(self) -> str:
        """Name this sampler and the one inside."""
        return f"KeepOperationsSampler{{{self._inner.get_description()}}}"
