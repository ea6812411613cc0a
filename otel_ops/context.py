"""OperationContext: groups operations and gives every span below it the session, user, file and series."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from opentelemetry import trace
from opentelemetry.context import Context

from otel_ops import faults, semconv
from otel_ops.attributes import Value, clean_attributes, clean_text
from otel_ops.core import failures, tokens
from otel_ops.core.carried import NOTHING, Carried, bound, carry
from otel_ops.core.frame import FRAME_KEY, PROCESS, Frame, current_context, current_frame, end_own, left_process
from otel_ops.core.hooks import HOOKS, Completed
from otel_ops.core.plan import stamped
from otel_ops.core.tracers import is_new, start_span
from otel_ops.detail import GATE, Decided, Detail
from otel_ops.exceptions import BlockReusedError, InvalidTokenError
from otel_ops.ids import new_id
from otel_ops.semconv import CONTEXT_KEYS, META_PREFIX, SESSION_ID, Kind

if TYPE_CHECKING:
    from otel_ops.operation_log import OperationLog

_P = ParamSpec("_P")
_R = TypeVar("_R")

MAX_LOGS = 1_000
"""Most operation logs that a context keeps; the oldest go first."""


class OperationContext(Frame):
    """With-block that groups operations and gives their spans its values.

    A context with a name has a span of its own, the context span; without a name, or with ``span=False``, it only
    scopes its values. A context inside another inherits the values that it does not set. It is single-use.

    Args:
        name: Name of the context span, or None.
        session: Value of ``session.id``; made up where neither this context nor one around it gives it.
        user: Value of ``user.id``.
        file: Value of ``file.path``.
        series: Value of ``ops.series``.
        span: Whether a named context has a span.
        detail: Level of detail of the operations inside, instead of the one for all.
        **metadata: Further values; each becomes the attribute ``ops.meta.<name>``.

    Raises:
        TypeError: `name` is no text.
        ValueError: `detail` names no level.
    """

    __slots__ = (
        "__weakref__",
        "_anchor",
        "_enclosing",
        "_entered_in",
        "_level",
        "_link",
        "_logs",
        "_remote",
        "_span",
        "decided",
        "name",
        "stamped",
        "values",
    )

    name: str | None
    values: dict[str, Value]
    decided: Decided | None

    def __init__(
        self,
        name: str | None = None,
        *,
        session: object = None,
        user: object = None,
        file: object = None,
        series: object = None,
        span: bool = True,
        detail: Detail | str | None = None,
        **metadata: object,
    ) -> None:
        if name is not None and not isinstance(name, str):
            msg = f"OperationContext({faults.shown(name)}): the name must be text, or None for a context without a span"
            raise TypeError(msg)
        super().__init__()
        named = {"session": session, "user": user, "file": file, "series": series}
        given = {CONTEXT_KEYS[key]: value for key, value in named.items() if value is not None}
        given.update((META_PREFIX + key, value) for key, value in metadata.items())
        self.name = None if name is None or not span else clean_text(name)
        self.values = clean_attributes(given)
        self.stamped = stamped(self.values)
        self._level = None if detail is None else Detail.parse(detail)
        self.decided = None
        self._remote: tokens.Origin | None = None
        self._link = False
        self._entered_in = 0
        self._span: trace.Span | None = None
        self._anchor = trace.INVALID_SPAN_CONTEXT
        self._enclosing: OperationContext | None = None
        self._logs: deque[Completed] = deque(maxlen=MAX_LOGS)

    def __repr__(self) -> str:
        return f"OperationContext({self.name!r}, {self.values!r})"

    @property
    def attributes(self) -> Mapping[str, Value]:
        """The values in force here by attribute name, inherited ones included."""
        return self.values

    @property
    def level(self) -> Detail | None:
        """The level of detail that this context, or the nearest one around it, asks for."""
        context: OperationContext | None = self
        while context is not None:
            if context._level is not None:
                return context._level
            context = context._enclosing
        return None

    @level.setter
    def level(self, level: Detail | None) -> None:
        self._level = level
        GATE.heed_contexts()

    @property
    def operations(self) -> tuple[OperationLog, ...]:
        """Logs of the operations that ended inside, in order of their end; at most the latest `MAX_LOGS`.

        Empty where `otel_ops.configure` was not called: the logs are built from spans.
        """
        if HOOKS.sink is not None:
            with faults.guarded("operations.flush"):
                HOOKS.sink.build()
        return tuple(completed.log for completed in self._logs)

    @staticmethod
    def current() -> OperationContext | None:
        """Give the nearest open context, or None outside of all."""
        frame = current_frame()
        return None if frame is None else cast("OperationContext | None", frame.around)

    def outwards(self) -> Iterator[OperationContext]:
        """Give this context and those around it, from the inside out."""
        context: OperationContext | None = self
        while context is not None:
            yield context
            context = context._enclosing

    def collect(self, completed: Completed) -> None:
        """Add the log of an operation that ended inside; called by the builder of logs."""
        for context in self.outwards():
            context._logs.append(completed)

    def to_token(self) -> str:
        """Give a short text from which another process goes on: its operations join this trace.

        Their parent is the operation that is current here, or the context's own span.
        """
        span = trace.get_current_span() if self._is_open_here() else self._span
        anchor = self._anchor if span is None else span.get_span_context()
        return tokens.encode(tokens.Origin(anchor, self.name, dict(self.values), self.process, self.level))

    def bind(self, function: Callable[_P, _R]) -> Callable[_P, _R]:
        """Give a callable that runs, wherever it is called, under this context and the operation current here.

        It is for hand-overs of one's own, such as a queue from which other threads take what they call. A coroutine
        function gives a coroutine function. What is bound can be called any number of times, by several threads at
        once, and after the operation has ended, too; it can be pickled where the function can.

        Args:
            function: A function, a coroutine function or any other callable; of a generator function, only the making
                of the generator runs there.

        Raises:
            TypeError: the function cannot be called.
        """
        if not callable(function):
            msg = f"{self!r}.bind({faults.shown(function)}): give a function, not what it returned"
            raise TypeError(msg)
        if not self._entered_in:
            told = f"{self!r}.bind: this context was not entered yet; bound to what is current instead"
            faults.warn("context.not_entered", told)
            return bound(function, carry() or NOTHING)
        here = carry() if self._is_open_here() else None
        return bound(function, here or Carried(self._own_context(), self.recording))

    def _own_context(self) -> Context:
        """Give what is current directly inside, if nothing else is."""
        span = self._span or trace.NonRecordingSpan(self._anchor)
        return trace.set_span_in_context(span, Context({**(self._outer or {}), FRAME_KEY: self}))

    @classmethod
    def from_token(cls, token: str, *, link: bool = False, lenient: bool = False) -> OperationContext:
        """Make the context that a token stands for, to be entered in this process.

        Args:
            token: What `to_token` gave.
            link: Begin a new trace that only links to the one of the token.
            lenient: Give a fresh context, with one warning, where the token cannot be read.

        Raises:
            InvalidTokenError: the token cannot be read, and `lenient` is False.
        """
        try:
            origin = tokens.decode(token)
        except InvalidTokenError as error:
            if not lenient:
                raise
            faults.warn("token.unreadable", f"{error}. A fresh context was begun")
            return cls()
        context = cls((origin.name or tokens.LINKED) if link else None)
        context.values, context._level = origin.values, origin.level
        context._remote = origin
        context._link = link
        return context

    def __enter__(self) -> OperationContext:
        """Make this context current; see the class.

        Raises:
            BlockReusedError: it was entered before.
        """
        if self._entered_in:
            msg = f"{self!r} was entered before; make a new OperationContext for each with-block"
            raise BlockReusedError(msg)
        self._entered_in, self.is_open = PROCESS.id, True
        try:
            self._enter()
        except BaseException as error:  # Ctrl-C
            self.__exit__(type(error), error, error.__traceback__)
            raise
        return self

    def _enter(self) -> None:
        context = current_context()
        self._inherit()
        if self._remote is not None:
            self._enter_remote(self._remote, context)
        else:
            self._enter_local(context)
        if self._outer is not None:
            self._mark_place()

    def _inherit(self) -> None:
        self._enclosing = OperationContext.current()
        inherited = {} if self._enclosing is None else self._enclosing.values
        self.values = {**inherited, **self.values}
        self.values.setdefault(SESSION_ID, new_id())
        self.stamped = stamped(self.values)
        self.around, self.decided = self, None
        if self._level is not None:
            GATE.heed_contexts()

    def _enter_local(self, context: Context) -> None:
        outer = current_frame(context)
        span = self._start(context, left=left_process(outer)) if self.name is not None else None
        if span is None:
            self._take_over(outer)
        self._make_current(context, span)

    def _enter_remote(self, origin: tokens.Origin, context: Context) -> None:
        span: trace.Span | None = None
        if self._link:
            links = [trace.Link(origin.span_context)] if origin.span_context.is_valid else []
            span = self._start(Context(), links=links)
        elif origin.span_context.is_valid:
            span = trace.NonRecordingSpan(origin.span_context)
            self.recording = True
            self.process = origin.process
        self._make_current(context, span)

    def _take_over(self, outer: Frame | None) -> None:
        """Be, for those below, what the frame around is: this context has no span."""
        if outer is not None:
            self.inside, self.recording, self.process, self.thread = (
                outer.inside,
                outer.recording,
                outer.process,
                outer.thread,
            )

    def _make_current(self, context: Context, span: trace.Span | None) -> None:
        self._span = span
        self._push(context, span)
        self._anchor = trace.get_current_span().get_span_context()

    def _start(self, context: Context, *, left: bool = False, links: Sequence[trace.Link] = ()) -> trace.Span | None:
        attributes: dict[str, Value] = dict(self.values)
        if left:
            attributes.update({semconv.PROCESS_ROOT: True, semconv.PROCESS_PID: os.getpid()})
        attributes[semconv.KIND] = Kind.CONTEXT
        span = start_span(Detail.MINIMAL, self.name or "", attributes, context, links)
        self.recording = span is not None and span.is_recording()
        return span if span is not None and (self.recording or is_new(span, context)) else None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Make what was current before current again, and end the context span."""
        try:
            if self._outer is not None:
                self._pop(self._outer)
            self.is_open = False
            if error is not None and self._span is not None:
                with faults.guarded("context.close"):
                    failures.conclude(self._span, error, self.name or "")
        finally:
            self.is_open = False
            if self._span is not None:
                end_own(self._span, self._entered_in)

    async def __aenter__(self) -> OperationContext:
        """Do as ``with`` does."""
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Do as ``with`` does."""
        self.__exit__(kind, error, traceback)

    def __reduce__(self) -> tuple[Any, ...]:
        """Be the same context in another process: the values stand on operations there, too."""
        return _of_other_process, (self.name, self.values, self.level, self.process)

    def _is_open_here(self) -> bool:
        current = OperationContext.current()
        return current is not None and any(context is self for context in current.outwards())


def _of_other_process(
    name: str | None, values: dict[str, Value], level: Detail | None, process: int
) -> OperationContext:
    context = OperationContext(name, detail=level)
    context.values, context.stamped, context.process = values, stamped(values), process
    context._entered_in, context.is_open, context.around = PROCESS.id, True, context
    if level is not None:
        GATE.heed_contexts()
    return context


def context_of_caller(level: Detail | None, values: Mapping[str, Value]) -> OperationContext:
    """Make what stands for the context of a caller in another program.

    Args:
        level: The level that it asks for, or None.
        values: Those of its values that have crossed, by attribute name.
    """
    return _of_other_process(None, dict(values), level, PROCESS.id)
