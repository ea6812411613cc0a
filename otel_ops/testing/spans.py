"""Spans that have ended, held in memory and found by their names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from otel_ops import semconv


class Spans(SpanExporter):
    """The spans that have ended, in the order of their end; an exporter for any provider.

    Unlike the SDK's exporter of this kind it has no lock, which a signal handler or finalizer would wait for.
    """

    def __init__(self) -> None:
        self._ended: list[ReadableSpan] = []
        self._is_shut_down = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Keep the spans, until the shutdown."""
        if self._is_shut_down:
            return SpanExportResult.FAILURE
        self._ended.extend(spans)
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Take no more."""
        self._is_shut_down = True

    def clear(self) -> None:
        """Forget what there is."""
        self._ended.clear()

    def get_finished_spans(self) -> tuple[ReadableSpan, ...]:
        """Give the spans, as the SDK's exporter of this kind does."""
        return tuple(self._ended)

    def __iter__(self) -> Iterator[ReadableSpan]:
        return iter(self.get_finished_spans())

    @property
    def names(self) -> list[str]:
        """The names of the spans, in the order of their end."""
        return [span.name for span in self]

    def named(self, name: str) -> ReadableSpan:
        """Give the one span of this name.

        Raises:
            AssertionError: there is none, or more than one.
        """
        found = [span for span in self if span.name == name]
        if len(found) != 1:
            msg = f"{len(found)} spans are named {name!r}, not one; there are: {', '.join(self.names) or 'none at all'}"
            raise AssertionError(msg)
        return found[0]

    def attributes(self, name: str) -> dict[str, Any]:
        """Give the attributes of the one span of this name."""
        return dict(self.named(name).attributes or {})

    @property
    def parents(self) -> dict[str, str | None]:
        """The name of each span's parent by its own name; ``""`` for a parent that is not among them."""
        names = {span.context.span_id: span.name for span in self if span.context}
        return {span.name: None if span.parent is None else names.get(span.parent.span_id, "") for span in self}

    @property
    def kinds(self) -> dict[str, str]:
        """What each span is, by its name: a context, an operation or a suboperation; ``None`` if not ours."""
        return {span.name: str((span.attributes or {}).get(semconv.KIND)) for span in self}

    def exceptions(self, name: str) -> list[Event]:
        """Give the exceptions that the one span of this name has recorded."""
        return [event for event in self.named(name).events if event.name == semconv.EXCEPTION_EVENT]

    def failure(self, name: str) -> tuple[str | None, str | None]:
        """Give the outcome and the origin that the one span of this name has been stamped with."""
        attributes = self.attributes(name)
        return attributes.get(semconv.OUTCOME), attributes.get(semconv.FAILURE_ORIGIN)
