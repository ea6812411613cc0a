"""What was current in one place, taken to another: a thread, a task of a pool, a process."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, update_wrapper, wraps
from typing import Any, ParamSpec, TypeVar, cast

from opentelemetry import trace
from opentelemetry.context import Context, attach, create_key, get_current, set_value
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, TraceState

from otel_ops.core.collecting import AT_WORK, is_collecting
from otel_ops.core.frame import FRAME_KEY, PROCESS, Enclosing, Frame, current_context

TAKEN_KEY = create_key("otel_ops.core.taken")
"""What was taken over from a caller's baggage, in OpenTelemetry's Context: text by name of the member."""

_P = ParamSpec("_P")
_R = TypeVar("_R")


class Carried:
    """What was current where it was made; pickled, it is taken to another process.

    Only OpenTelemetry's Context is carried: other context variables are the program's.
    """

    __slots__ = ("_context", "_recording")

    def __init__(self, context: Context, recording: bool = False) -> None:
        self._context = context
        self._recording = recording

    def run(self, function: Callable[_P, _R], /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """Call a function with what was carried, then make current again what was current before."""
        if AT_WORK and is_collecting():
            return function(*args, **kwargs)
        before = self.arrive()
        try:
            return function(*args, **kwargs)
        finally:
            attach(before)

    def arrive(self) -> Context:
        """Make current what was carried; give what was current before, to be made so again."""
        before = get_current()
        origin: Frame | None = self._context.get(FRAME_KEY)  # type: ignore[assignment] # the key is ours
        attach(self._context if origin is None or origin.is_open else self._late(origin))
        return before

    def _late(self, origin: Frame) -> Context:
        """Give the Context for what begins under a frame that is closed: as if it was open."""
        return Context({**self._context, FRAME_KEY: _Arrival(origin, self._recording)})

    def __reduce__(self) -> tuple[Any, ...]:
        """Be taken to another process: by the identifiers of the span, what its frame tells, and baggage."""
        span = trace.get_current_span(self._context).get_span_context()
        frame: Frame | None = self._context.get(FRAME_KEY)  # type: ignore[assignment] # the key is ours
        told = None if frame is None else (frame.around, frame.inside, self._recording, frame.process)
        return _from_elsewhere, (
            span.trace_id,
            span.span_id,
            int(span.trace_flags),
            [(_plain(key), _plain(value)) for key, value in span.trace_state.items()],
            told,
            _members_in(self._context),
            self._context.get(TAKEN_KEY),
        )


class _Arrival(Frame):
    """Stands, where something was carried to, for the frame that it was carried from and that has been closed since."""

    __slots__ = ("_origin",)

    def __init__(self, origin: Frame, recording: bool) -> None:
        self._origin = origin
        self.around, self.inside, self.process, self.thread = (
            origin.around,
            origin.inside,
            origin.process,
            origin.thread,
        )
        self.recording, self.is_open = recording, True
        self._outer = self._place = None

    @property
    def outer(self) -> Frame:
        """The frame that this one stands for."""
        return self._origin


def carry() -> Carried | None:
    """Give what is current here, to be taken elsewhere; None where there is nothing."""
    context = current_context()
    frame: Frame | None = context.get(FRAME_KEY)  # type: ignore[assignment] # the key is ours
    if frame is not None:
        return Carried(context, frame.recording)
    return Carried(context) if trace.get_current_span(context).get_span_context().is_valid else None


def bound(function: Callable[_P, _R], carried: Carried) -> Callable[_P, _R]:
    """Give a callable that runs with what was carried, and passes for the function."""
    from inspect import iscoroutinefunction  # noqa: PLC0415 - importing otel_ops must be cheap

    if not iscoroutinefunction(function):
        return update_wrapper(partial(carried.run, function), function)

    @wraps(function)
    async def run(*args: _P.args, **kwargs: _P.kwargs) -> Any:
        before = carried.arrive()
        try:
            return await function(*args, **kwargs)
        finally:
            attach(before)

    return cast("Callable[_P, _R]", run)


def _from_elsewhere(
    trace_id: int,
    span_id: int,
    flags: int,
    state: list[tuple[str, str]],
    told: tuple[Enclosing | None, bool, bool, int] | None,
    members: dict[str, str],
    taken: dict[str, str] | None,
) -> Carried:
    is_remote = told is None or told[-1] != PROCESS.id
    span_context = SpanContext(trace_id, span_id, is_remote, TraceFlags(flags), TraceState(state))
    context = trace.set_span_in_context(NonRecordingSpan(span_context), Context())
    context = _with_members(context, members)
    if taken:
        context = set_value(TAKEN_KEY, taken, context)
    if told is None:
        return Carried(context)
    frame = Frame()
    frame.around, frame.inside, frame.recording, frame.process = told
    frame.is_open = True
    return Carried(Context({**context, FRAME_KEY: frame}), frame.recording)


def _members_in(context: Context) -> dict[str, str]:
    from opentelemetry.baggage import get_all  # noqa: PLC0415 - as in bound

    return {_plain(key): _plain(value) for key, value in get_all(context).items() if isinstance(value, str)}


def _plain(text: str) -> str:
    """Give text without a class of the program's, which might not be pickled, or not be had elsewhere."""
    return str.__str__(text)


def _with_members(context: Context, members: dict[str, str]) -> Context:
    from opentelemetry.baggage import set_baggage  # noqa: PLC0415 - as in bound

    for key, value in members.items():
        context = set_baggage(key, value, context)
    return context


NOTHING = Carried(Context())
"""What is carried to code that belongs to no operation."""
