"""What was current in one place, taken to another: a thread, a task of a pool, a process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from opentelemetry import trace
from opentelemetry.context import Context, attach, get_current
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, TraceState

from otel_ops.core.collecting import AT_WORK, is_collecting
from otel_ops.core.frame import FRAME_KEY, PROCESS, Enclosing, Frame, current_context

_P = ParamSpec("_P")
_R = TypeVar("_R")


class Carried:
    """What was current where it was made; pickled, it is taken to another process.

    Only OpenTelemetry's Context is carried: other context variables are the program's.
    """

    __slots__ = ("_context", "_recording")

    def __init__(self, context: Context, *, recording: bool) -> None:
        self._context = context
        self._recording = recording

    def run(self, function: Callable[_P, _R], /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """Call a function with what was carried, then make current again what was current before."""
        if AT_WORK and is_collecting():
            return function(*args, **kwargs)
        before = get_current()
        attach(self._arrived())
        try:
            return function(*args, **kwargs)
        finally:
            attach(before)

    def _arrived(self) -> Context:
        """Give the Context for what is run here: its frame stays open, even if the one that it stands for is not."""
        origin: Frame | None = self._context.get(FRAME_KEY)  # type: ignore[assignment] # the key is ours
        if origin is None:
            return self._context
        return Context({**self._context, FRAME_KEY: _Arrival(origin, recording=self._recording)})

    def __reduce__(self) -> tuple[Any, ...]:
        """Be taken to another process: by the identifiers of the span, and what its frame tells those below."""
        span = trace.get_current_span(self._context).get_span_context()
        frame: Frame | None = self._context.get(FRAME_KEY)  # type: ignore[assignment] # the key is ours
        told = None if frame is None else (frame.around, frame.inside, self._recording, frame.process)
        return _from_elsewhere, (
            span.trace_id,
            span.span_id,
            int(span.trace_flags),
            list(span.trace_state.items()),
            told,
        )


class _Arrival(Frame):
    """Stands where something was carried to for the frame that it was carried from."""

    __slots__ = ()

    def __init__(self, origin: Frame, *, recording: bool) -> None:
        self.around, self.inside, self.process, self.thread = (
            origin.around,
            origin.inside,
            origin.process,
            origin.thread,
        )
        self.recording, self.is_open = recording, True
        self._outer = self._place = None


def carry() -> Carried | None:
    """Give what is current here, to be taken elsewhere; None where there is nothing."""
    context = current_context()
    frame: Frame | None = context.get(FRAME_KEY)  # type: ignore[assignment] # the key is ours
    if frame is not None:
        return Carried(context, recording=frame.recording)
    return Carried(context, recording=False) if trace.get_current_span(context).get_span_context().is_valid else None


def outside(function: Callable[_P, _R], /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
    """Call a function outside of everything: what it starts belongs to no operation."""
    return _NOTHING.run(function, *args, **kwargs)


def _from_elsewhere(
    trace_id: int,
    span_id: int,
    flags: int,
    state: list[tuple[str, str]],
    told: tuple[Enclosing | None, bool, bool, int] | None,
) -> Carried:
    is_remote = told is None or told[-1] != PROCESS.id
    span_context = SpanContext(trace_id, span_id, is_remote, TraceFlags(flags), TraceState(state))
    context = trace.set_span_in_context(NonRecordingSpan(span_context), Context())
    if told is None:
        return Carried(context, recording=False)
    frame = Frame()
    frame.around, frame.inside, frame.recording, frame.process = told
    frame.is_open = True
    return Carried(Context({**context, FRAME_KEY: frame}), recording=frame.recording)


_NOTHING = Carried(Context(), recording=False)
