"""Where a higher layer listens to the core; empty until `otel_ops.sdk` or an error handler puts something in."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from opentelemetry.trace import Span, SpanContext

    from otel_ops.attributes import Value
    from otel_ops.core.plan import Plan
    from otel_ops.detail import Detail


class Completed(Protocol):
    """An operation that has ended, whose log can be built."""

    @property
    def log(self) -> Any:
        """Its `OperationLog`."""


class Collector(Protocol):
    """Somebody who wants the logs of the operations that ended inside: an `OperationContext`."""

    def collect(self, completed: Completed) -> None:
        """Take an operation that has ended."""


class OperationSink(Protocol):
    """The builder of operation logs, as the core sees it."""

    @property
    def has_seen(self) -> bool:
        """Whether logs were built of any span."""

    def opened(self, span_context: SpanContext, context: Collector) -> None:
        """Learn that an operation began, whose log this context wants."""

    def build(self) -> None:
        """Build the log of every operation that has ended; calls no output or handler."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Have outputs and handlers get what has ended; tell whether they did in time."""

    def admit(self, listener: Any, span: Any = None) -> bool:
        """Let an error handler take part; where there is a span, if it is of the provider that it belongs to."""


class Failure(NamedTuple):
    """One failure of one operation.

    Attributes:
        id: The same for every span that the failure passes, also across processes.
        origin: Name of the operation in which it began.
        type: Qualified class of the exception, or ``_OTHER`` where there was none.
        message: What it says.
        exception: The live exception, or None where the failure came from a text.
        recorded: Whether a span has the record of the exception already.
    """

    id: str
    origin: str
    type: str
    message: str
    exception: BaseException | None
    recorded: bool


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

    def seen(self, failure: Failure, span_id: int) -> None:
        """Learn of a failure, with its live exception, before the span that tells of it ends."""

    def unrecorded(self, failed: UnrecordedFailure) -> None:
        """Learn of a failed operation that left no span."""


class OwnHandling(Protocol):
    """Calls what an operation has given as `on_error`."""

    def failed(self, on_error: Any, failure: Failure, span: Span) -> None:
        """Learn of a failure, before the span that tells of it ends."""

    def unrecorded(self, on_error: Any, failed: UnrecordedFailure) -> None:
        """Learn of a failed operation that left no span of its own."""


class HiddenRuns(Protocol):
    """Learns of operations that have no recorded span."""

    def ended(self, plan: Plan, start_ns: int, outcome: str, error_type: str) -> None:
        """Learn that one has ended; the type is empty where it has not failed."""

    def told(self, span: Span) -> None:
        """Learn of a span that was made for one after all, to tell of its failure."""


class _Hooks:
    __slots__ = ("at_exit", "environment", "hidden", "listeners", "own_handling", "sink")

    def __init__(self) -> None:
        self.at_exit: Callable[[], object] | None = None
        self.environment: Callable[[], Mapping[str, str]] | None = None
        self.hidden: HiddenRuns | None = None
        self.own_handling: OwnHandling | None = None
        self.sink: OperationSink | None = None
        self.listeners: tuple[FailureListener, ...] = ()


HOOKS = _Hooks()
"""The one set of hooks of this process."""


@atexit.register
def _exit() -> None:
    """Come after everything that the program has registered since it imported otel_ops."""
    if HOOKS.at_exit is not None:
        HOOKS.at_exit()


LISTENER = "__otel_ops_listener__"
"""Name of what a span processor has that is a listener, too."""


def listeners_of(provider: object) -> tuple[FailureListener, ...]:
    """Give those who listen; before any span was recorded, those that stand among the processors of the provider.

    A sampler may drop all spans: no processor learns then that it is in a provider. The SDK does not tell which
    processors there are, but by two private names; where these are others, nobody is found.
    """
    processors = getattr(getattr(provider, "_active_span_processor", None), "_span_processors", ())
    if not HOOKS.listeners and isinstance(processors, tuple):
        found = (getattr(processor, LISTENER, None) for processor in processors)
        return tuple(listener for listener in found if listener is not None)
    return HOOKS.listeners


def add_listener(listener: FailureListener) -> None:
    """Let somebody listen to failures; adding the same one again changes nothing."""
    if listener not in HOOKS.listeners:
        HOOKS.listeners = (*HOOKS.listeners, listener)


def remove_listener(listener: FailureListener) -> None:
    """Let somebody listen no more."""
    HOOKS.listeners = tuple(other for other in HOOKS.listeners if other is not listener)
