"""Where a higher layer listens to the core; empty until `otel_ops.sdk` or an error handler puts something in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from opentelemetry.trace import Span, SpanContext

    from otel_ops.attributes import Value
    from otel_ops.context import OperationContext
    from otel_ops.detail import Detail
    from otel_ops.failures import Failure


class OperationSink(Protocol):
    """The builder of operation logs, as the core sees it."""

    def opened(self, span_context: SpanContext, context: OperationContext) -> None:
        """Learn that an operation began inside this context, whose ``operations`` want its log."""

    def flush(self) -> None:
        """Wait until every operation that has ended is built."""

    def admit(self, listener: Any, span: Any) -> bool:
        """Let an error handler take part, if the span is of the provider that the builder belongs to."""


class UnrecordedFailure(NamedTuple):
    """A failed operation that no provider would record; times are nanoseconds since the epoch."""

    name: str
    detail: Detail
    start_ns: int
    end_ns: int
    attributes: Mapping[str, Value]
    outcome: str
    failure: Failure


class FailureListener(Protocol):
    """Somebody who wants to learn of failures beyond what spans tell."""

    def seen(self, failure: Failure, span: Span) -> None:
        """Learn of a failure, with its live exception, before the span that tells of it ends."""

    def unrecorded(self, failed: UnrecordedFailure) -> None:
        """Learn of a failed operation that left no span."""


class _Hooks:
    __slots__ = ("listeners", "sink")

    def __init__(self) -> None:
        self.sink: OperationSink | None = None
        self.listeners: tuple[FailureListener, ...] = ()


HOOKS = _Hooks()
"""The one set of hooks of this process."""


def add_listener(listener: FailureListener) -> None:
    """Let somebody listen to failures; adding the same one again changes nothing."""
    if listener not in HOOKS.listeners:
        HOOKS.listeners = (*HOOKS.listeners, listener)


def remove_listener(listener: FailureListener) -> None:
    """Let somebody listen no more."""
    HOOKS.listeners = tuple(other for other in HOOKS.listeners if other is not listener)
