"""What an otel_ops span leaves in OpenTelemetry's Context for the operations below it."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Protocol

from opentelemetry import trace
from opentelemetry.context import Context, attach, create_key, get_current

from otel_ops import faults
from otel_ops.core.collecting import AT_WORK, is_collecting
from otel_ops.core.hooks import Collector
from otel_ops.core.tracers import end_span
from otel_ops.detail import Surroundings

if TYPE_CHECKING:
    from otel_ops.attributes import Value

FRAME_KEY = create_key("otel_ops.core.frame")
(_SPAN_KEY,) = trace.set_span_in_context(trace.INVALID_SPAN, Context())


class _Process:
    """Identity of this process: unlike a pid it is never given twice, not on another host either."""

    __slots__ = ("id", "main_thread")

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        self.id = int.from_bytes(os.urandom(6), "big")
        self.main_thread = threading.main_thread().ident


PROCESS = _Process()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=PROCESS.renew)


class Enclosing(Surroundings, Collector, Protocol):
    """An `OperationContext` as those below it see it.

    Attributes:
        values: Its values by attribute name.
        stamped: What the span of an operation, and then that of a suboperation, has from its start.
    """

    values: dict[str, Value]
    stamped: tuple[dict[str, Value], dict[str, Value]]


class Frame:
    """One open operation or context, as those below see it.

    Attributes:
        around: The nearest `OperationContext`, or None.
        inside: Whether what begins here is a suboperation.
        recording: Whether a span of ours around here is recorded.
        process: Identity of the process that the frame belongs to.
        thread: Identifier of the thread that those below need not tell.
        is_open: Whether it was entered and not left yet.
    """

    __slots__ = ("_outer", "_place", "around", "inside", "is_open", "process", "recording", "thread")

    around: Enclosing | None
    inside: bool
    recording: bool
    process: int
    thread: int | None
    is_open: bool
    _outer: Context | None
    _place: Token[None] | None

    def __init__(self) -> None:
        self.around = None
        self.inside = self.recording = self.is_open = False
        self.process = PROCESS.id
        self.thread = PROCESS.main_thread
        self._outer = self._place = None

    @property
    def outer(self) -> Frame | None:
        """The frame around this one, while this one is open."""
        return None if self._outer is None else self._outer.get(FRAME_KEY)  # type: ignore[return-value] # our key

    def hold(self, failure: object, recorded: bool) -> bool | None:
        """Keep a failure inside that no span tells of, until recovery has decided.

        Args:
            failure: What is told afterwards.
            recorded: Whether the current span could tell of it.

        Returns:
            True where it is kept; False where the current span is to tell; None where the frame around knows.
        """
        return None

    def _push(self, outer: Context, span: trace.Span | None) -> None:
        """Make this frame, and the span where there is one, current."""
        if AT_WORK and is_collecting():
            return
        self._outer = outer
        inner = {**outer, FRAME_KEY: self}
        if span is not None:
            inner[_SPAN_KEY] = span
        attach(Context(inner))

    def _pop(self, outer: Context) -> None:
        """Make what was current before current again, unless another frame is in the way."""
        if AT_WORK and is_collecting():
            return
        if get_current().get(FRAME_KEY) is not self:
            faults.warn(
                "context.out_of_order", f"{self!r} was closed out of order, or in another task than it was opened in"
            )
            return
        frame: Frame | None = outer.get(FRAME_KEY)  # type: ignore[assignment] # the key is ours
        attach(outer if frame is None or frame.is_open else _still_open(outer))
        if self._place is None or _is_here(self._place):
            self._outer = None

    def _mark_place(self) -> None:
        """Remember where a block was entered; one in an async generator may be closed by the event loop elsewhere."""
        self._place = _place.set(None)


_place: ContextVar[None] = ContextVar("otel_ops.place")


def _is_here(place: Token[None]) -> bool:
    """Tell whether a block is closed where it was entered; where not, what it leaves there must find its way out."""
    try:
        _place.reset(place)
    except ValueError:
        return False
    return True


def _still_open(context: Context) -> Context:
    """Go out past frames that were closed while those inside them were open, or in another task."""
    frame = current_frame(context)
    while frame is not None and not frame.is_open and frame._outer is not None:
        context = frame._outer
        frame = current_frame(context)
    return context


def current_context() -> Context:
    """Give the current Context; where its innermost frame was closed elsewhere, the one around that."""
    context = get_current()
    frame: Frame | None = context.get(FRAME_KEY)  # type: ignore[assignment] # the key is ours
    return context if frame is None or frame.is_open else _still_open(context)


def current_frame(context: Context | None = None) -> Frame | None:
    """Give the innermost open frame of a Context, by default the current one; None outside all operations."""
    return (current_context() if context is None else context).get(FRAME_KEY)  # type: ignore[return-value] # our key


def values_around(frame: Frame | None) -> Mapping[str, Value]:
    """Give the values of the nearest `OperationContext`, by attribute name; none outside of all."""
    return {} if frame is None or frame.around is None else frame.around.values


def left_process(frame: Frame | None) -> bool:
    """Tell whether what begins here has its enclosing span in another process."""
    return frame is not None and frame.recording and frame.process != PROCESS.id


def end_own(span: trace.Span, process: int) -> None:
    """End a span that was opened in this process; a copy that a forked child took over is its parent's to end."""
    if process == PROCESS.id:
        end_span(span)
    else:
        faults.count("span.left_to_parent")
