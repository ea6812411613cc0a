"""What an otel_ops span leaves in OpenTelemetry's Context for the operations below it."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Protocol

from opentelemetry import trace
from opentelemetry.context import Context, attach, create_key, get_current

from otel_ops import faults
from otel_ops.detail import Surroundings
from otel_ops.hooks import Collector

if TYPE_CHECKING:
    from otel_ops.attributes import Value

_FRAME_KEY = create_key("otel_ops.frame")
(_SPAN_KEY,) = trace.set_span_in_context(trace.INVALID_SPAN, Context())
_MAIN_THREAD = threading.main_thread().ident


class _Process:
    """Identity of this process: unlike a pid it is never given twice, not on another host either."""

    __slots__ = ("id",)

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        self.id = int.from_bytes(os.urandom(6), "big")


PROCESS = _Process()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=PROCESS.renew)


class Enclosing(Surroundings, Collector, Protocol):
    """An `OperationContext` as those below it see it."""

    values: dict[str, Value]


class Frame:
    """One open operation or context, as those below see it.

    Attributes:
        around: The nearest `OperationContext`, or None.
        inside: Whether what begins here is a suboperation.
        recording: Whether a span of ours around here is recorded.
        process: Identity of the process that the frame belongs to.
        thread: Identifier of its thread.
    """

    __slots__ = ("_closed", "_outer", "around", "inside", "process", "recording", "thread")

    around: Enclosing | None
    inside: bool
    recording: bool
    process: int
    thread: int | None
    _outer: Context | None
    _closed: bool

    def __init__(self) -> None:
        self.around = None
        self.inside = self.recording = False
        self.process = PROCESS.id
        self.thread = None
        self._outer = None
        self._closed = False

    @property
    def outer(self) -> Frame | None:
        """The frame around this one, while this one is open."""
        return None if self._outer is None else self._outer.get(_FRAME_KEY)  # type: ignore[return-value] # our key

    def _push(self, span: trace.Span | None) -> None:
        """Make this frame, and the span where there is one, current."""
        outer = get_current()
        inner = {**outer, _FRAME_KEY: self}
        if span is not None:
            inner[_SPAN_KEY] = span
        self._outer = outer
        attach(Context(inner))

    def _pop(self) -> None:
        """Make what was current before current again, unless another frame is in the way."""
        outer = self._outer
        if outer is None:
            return
        self._closed = True
        if get_current().get(_FRAME_KEY) is self:
            self._outer = None
            attach(_still_open(outer))
        else:
            faults.warn("context.out_of_order", "an operation or context was closed out of order or in another task")


def _still_open(context: Context) -> Context:
    """Go out past frames that were closed while those inside them were open."""
    frame = current_frame(context)
    while frame is not None and frame._closed and frame._outer is not None:
        context = frame._outer
        frame = current_frame(context)
    return context


def current_frame(context: Context | None = None) -> Frame | None:
    """Give the innermost open frame of a Context, by default the current one; None outside all operations."""
    return (get_current() if context is None else context).get(_FRAME_KEY)  # type: ignore[return-value] # the key is private to this module


def is_local(frame: Frame) -> bool:
    """Tell whether the frame belongs to this process, not to the one that this was forked from."""
    return frame.process == PROCESS.id


def enclosing_thread(frame: Frame | None) -> int | None:
    """Give the identifier of the thread that is not worth telling: the enclosing operation's, else the main one."""
    return _MAIN_THREAD if frame is None or not frame.inside else frame.thread


def left_process(frame: Frame | None) -> bool:
    """Tell whether what begins here has its enclosing span in another process."""
    return frame is not None and frame.recording and not is_local(frame)
