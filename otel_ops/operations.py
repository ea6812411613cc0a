"""`operation`: decorator and with-block that opens and closes one span."""

from __future__ import annotations

import functools
import inspect
import os
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, NamedTuple, TypeVar, cast, overload

from opentelemetry import trace

from otel_ops import failures, faults, semconv, tokens
from otel_ops.attributes import Value, clean_attributes, clean_text, clean_value
from otel_ops.capture import Captured, captures, read
from otel_ops.detail import GATE, Detail
from otel_ops.exceptions import BlockReusedError
from otel_ops.frame import PROCESS, Frame, current_frame, enclosing_thread, left_process
from otel_ops.hooks import HOOKS, Failure, UnrecordedFailure
from otel_ops.semconv import FAILED_OUTCOMES, Kind, Outcome
from otel_ops.tracers import end_span, start_span

F = TypeVar("F", bound="Callable[..., Any] | staticmethod[..., Any] | classmethod[Any, ..., Any]")

MAX_NAME = 256
"""Longest name of an operation, in characters."""


class _Plan(NamedTuple):
    """What is known of an operation before it runs; shared by all calls of one decorated function."""

    name: str
    module: str
    level: Detail
    attributes: Mapping[str, Value]
    captured: tuple[Captured, ...]
    record_result: bool


@overload
def operation(function: F, /) -> F: ...


@overload
def operation(
    name: str | None = None,
    /,
    *,
    detail: Detail | str = Detail.STANDARD,
    capture: Iterable[str] = (),
    record_result: bool = False,
    attributes: Mapping[str, object] | None = None,
) -> Operation: ...


def operation(
    name: Any = None,
    /,
    *,
    detail: Detail | str = Detail.STANDARD,
    capture: Iterable[str] = (),
    record_result: bool = False,
    attributes: Mapping[str, object] | None = None,
) -> Any:
    """Make a function, a coroutine or a block of code an operation: one span.

    Works as ``@operation``, ``@operation("name", …)``, ``with operation("name") as op:`` and ``async with``.

    Args:
        name: Name of the operation; without one, the function's qualified name.
        detail: Level at which it is recorded.
        capture: Arguments to record, as ``"series"`` or, for an attribute of one, ``"series.name"``;
            each becomes the attribute ``ops.arg.series`` or ``ops.arg.series_name``.
        record_result: Record what the function returns, as the attribute ``ops.result``.
        attributes: Attributes that every run has.

    Returns:
        The decorated function, or the `Operation`.

    Raises:
        TypeError: `name` is neither text nor something that can be decorated.
        ValueError: `detail` names no level, or `capture` names no parameter.
    """
    if name is not None and not isinstance(name, str):
        return Operation(_plan(None, detail, attributes))(name)
    wanted = (capture,) if isinstance(capture, str) else tuple(capture)
    return Operation(_plan(name, detail, attributes), wanted, record_result)


def _plan(name: str | None, detail: Detail | str, attributes: Mapping[str, object] | None) -> _Plan:
    module = sys._getframe(2).f_globals.get("__name__", "")
    static = clean_attributes(attributes) if attributes else {}
    return _Plan(_bounded(name or ""), module, Detail.parse(detail), static, (), record_result=False)


def _bounded(name: str) -> str:
    name = clean_text(name)
    return name if len(name) <= MAX_NAME else name[: MAX_NAME - 1] + "…"


class Operation(Frame):
    """One run of an operation: made by `operation`, single-use as a block, reusable as a decorator."""

    __slots__ = ("_capture", "_entered", "_failure", "_plan", "_record_result", "_span", "_start_ns", "_taken")

    def __init__(self, plan: _Plan, capture: tuple[str, ...] = (), record_result: bool = False) -> None:
        super().__init__()
        self._plan = plan
        self._capture = capture
        self._record_result = record_result
        self._entered = False
        self._failure: tuple[Failure, str] | None = None
        self._span: trace.Span | None = None
        self._start_ns = 0
        self._taken: Mapping[str, Value] = {}

    def __repr__(self) -> str:
        return f"<operation {self._plan.name!r} {self._plan.level.name}{' recorded' if self.recording else ''}>"

    @property
    def name(self) -> str:
        """Name of the operation; empty for the one that `current_operation` gives outside of all."""
        return self._plan.name

    def set(self, **attributes: object) -> None:
        """Set attributes of the span; nothing where the operation is hidden."""
        if self.recording and self._span is not None:
            with faults.guarded("attribute"):
                self._span.set_attributes(clean_attributes(attributes))

    def event(self, name: str, /, **attributes: object) -> None:
        """Add an event, with the time of now, to the span; nothing where the operation is hidden."""
        if self.recording and self._span is not None:
            with faults.guarded("event"):
                self._span.add_event(_bounded(name), clean_attributes(attributes))

    def link(self, target: str | trace.Span | trace.SpanContext) -> None:
        """Point to another span, given itself or as a token; nothing where the operation is hidden."""
        if self.recording and self._span is not None:
            with faults.guarded("link"):
                self._span.add_link(_span_context(target))

    def fail(self, reason: BaseException | str) -> None:
        """Make the operation a failed one although no exception leaves it; its code goes on.

        Unlike the other methods this works where the operation is hidden, too: a failure is never hidden.
        """
        if not self._entered:
            return
        with faults.guarded("failure"):
            if isinstance(reason, BaseException):
                outcome = failures.outcome_of(reason)
                failed = outcome if outcome in FAILED_OUTCOMES else Outcome.ERROR
                self._fail(failures.failure_from(reason, self._trace_id(), self.name), failed)
            else:
                self._fail(failures.failure_from_text(str(reason), self.name), Outcome.ERROR)

    def _fail(self, failure: Failure, outcome: str) -> None:
        if self._failure is not None and self._failure[0].id == failure.id:
            return
        self._failure = (failure, outcome)
        if self.recording and self._span is not None:
            failures.fail_span(self._span, failure, outcome, self.name)

    def _trace_id(self) -> int:
        span = self._span or trace.get_current_span()
        return span.get_span_context().trace_id

    def __enter__(self) -> Operation:
        """Begin: open the span where the level of detail admits it.

        Raises:
            BlockReusedError: the block was entered before.
            TypeError: the block has no name, or captures arguments.
        """
        if self._entered:
            msg = f"operation({self.name!r}) was entered before; write a new `with operation(…)` for each block"
            raise BlockReusedError(msg)
        if not self.name:
            msg = "a block needs a name: with operation('parse') as op:"
            raise TypeError(msg)
        if self._capture or self._record_result:
            msg = f"operation({self.name!r}): capture and record_result need a function; in a block, use set(…)"
            raise TypeError(msg)
        self._begin()
        return self

    def _begin(self) -> None:
        self._entered = True
        self._start_ns = time.time_ns()
        plan, outer = self._plan, current_frame()
        if GATE.plain:
            admitted = plan.level <= GATE.level
        else:
            admitted = GATE.admits(plan.level, plan.name, plan.module, None if outer is None else outer.around)
        if admitted:
            self._open(outer)

    def _open(self, outer: Frame | None) -> None:
        self._span = span = self._start(outer, None)
        if span is None:
            return
        if outer is not None:
            self.around = outer.around
        self.inside = True
        self.process = PROCESS.id
        self.recording = span.is_recording()
        self.thread = threading.get_ident()
        self._push(span)

    def _start(self, outer: Frame | None, start_ns: int | None) -> trace.Span | None:
        """Start the span and tell the builder of logs of it."""
        span = start_span(self._plan.level, self._plan.name, self._attributes(outer), start_ns=start_ns)
        sink = HOOKS.sink
        around = None if outer is None or outer.inside else outer.around
        if sink is not None and around is not None and span is not None and span.is_recording():
            with faults.guarded("operations"):
                sink.opened(span.get_span_context(), around)
        return span

    def _attributes(self, outer: Frame | None) -> dict[str, Value]:
        around = None if outer is None else outer.around
        attributes = {} if around is None else around.values.copy()
        attributes.update(self._plan.attributes)
        attributes.update(self._taken)
        attributes[semconv.KIND] = Kind.SUBOPERATION if _is_sub(outer) else Kind.OPERATION
        if threading.get_ident() != enclosing_thread(outer):
            attributes[semconv.THREAD_ID] = threading.get_ident()
            attributes[semconv.THREAD_NAME] = clean_text(threading.current_thread().name)
        if left_process(outer):
            attributes[semconv.PROCESS_ROOT] = True
            attributes[semconv.PROCESS_PID] = os.getpid()
        return attributes

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End: stamp the outcome and end the span."""
        self._pop()
        if error is not None or self._failure is not None:
            with faults.guarded("operation.close"):
                self._conclude(error)
        if self._span is not None:
            end_span(self._span)
        self.recording = False

    def _conclude(self, error: BaseException | None) -> None:
        if error is not None:
            self._conclude_with(error)
        if self._failure is not None and not self.recording:
            self._fail_unrecorded(*self._failure)

    def _conclude_with(self, error: BaseException) -> None:
        outcome = failures.outcome_of(error)
        if outcome in FAILED_OUTCOMES:
            self._fail(failures.failure_from(error, self._trace_id(), self.name), outcome)
        elif outcome != Outcome.OK and self._span is not None:
            self._span.set_attribute(semconv.OUTCOME, outcome)

    def _fail_unrecorded(self, failure: Failure, outcome: str) -> None:
        """Tell of the failure of an operation without a recorded span: on the one around it, or on one made for it."""
        if failure.recorded:
            return
        outer, around = current_frame(), trace.get_current_span()
        if _is_sub(outer) and around.is_recording():
            failures.record(around, failure)
            failures.tell(failure, around)
        else:
            self._fail_late(outer, failure, outcome)

    def _fail_late(self, outer: Frame | None, failure: Failure, outcome: str) -> None:
        """Open and end a span with the original start; where no provider records it either, tell the listeners."""
        span = self._start(outer, self._start_ns)
        if span is not None and span.is_recording():
            failures.fail_span(span, failure, outcome, self.name)
            end_span(span)
            return
        failed = UnrecordedFailure(
            self.name, self._plan.level, self._start_ns, time.time_ns(), self._attributes(outer), outcome, failure
        )
        for listener in HOOKS.listeners:
            with faults.guarded("failure.listener"):
                listener.unrecorded(failed)

    async def __aenter__(self) -> Operation:
        """Do as ``with`` does."""
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Do as ``with`` does."""
        self.__exit__(kind, error, traceback)

    def __call__(self, function: F) -> F:
        """Decorate a function, coroutine function, or static or class method.

        Raises:
            TypeError: it is something else; the message says what to do.
            ValueError: ``capture`` names no parameter of the function.
        """
        if isinstance(function, staticmethod | classmethod):
            return cast("F", type(function)(self(function.__func__)))
        _refuse_others(function)
        plan = self._plan_for(function)
        wrap = _wrap_coroutine if inspect.iscoroutinefunction(function) else _wrap_function
        return cast("F", wrap(function, plan))

    def _plan_for(self, function: Callable[..., Any]) -> _Plan:
        module, qualified_name = function.__module__, function.__qualname__
        attributes = dict(self._plan.attributes)
        if self._plan.name:
            attributes[semconv.CODE_FUNCTION_NAME] = f"{module}.{qualified_name}"
        return self._plan._replace(
            name=self._plan.name or _bounded(qualified_name),
            module=module,
            attributes=attributes,
            captured=captures(self._capture, function),
            record_result=self._record_result,
        )

    def _give(self, result: object) -> None:
        if self.recording and self._span is not None:
            with faults.guarded("result"):
                self._span.set_attribute(semconv.RESULT, clean_value(result))


def _is_sub(outer: Frame | None) -> bool:
    return outer is not None and outer.inside


def _span_context(target: str | trace.Span | trace.SpanContext) -> trace.SpanContext:
    if isinstance(target, str):
        return tokens.decode(target).span_context
    return target.get_span_context() if isinstance(target, trace.Span) else target


def _refuse_others(function: object) -> None:
    if isinstance(function, type):
        msg = f"@operation cannot decorate the class {function.__qualname__}; decorate its methods"
    elif inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        msg = f"@operation cannot decorate the generator {function.__qualname__}; put `with operation(…)` inside it"
    elif not callable(function) or not hasattr(function, "__qualname__"):
        msg = f"@operation needs a name or a function, not {function!r}"
    else:
        return
    raise TypeError(msg)


def _run(plan: _Plan, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Operation:
    run = Operation(plan)
    if plan.captured:
        run._taken = clean_attributes(read(plan.captured, args, kwargs))
    return run


def _wrap_function(function: Callable[..., Any], plan: _Plan) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with _run(plan, args, kwargs) as run:
            result = function(*args, **kwargs)
            if plan.record_result:
                run._give(result)
            return result

    return wrapper


def _wrap_coroutine(function: Callable[..., Awaitable[Any]], plan: _Plan) -> Callable[..., Awaitable[Any]]:
    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        with _run(plan, args, kwargs) as run:
            result = await function(*args, **kwargs)
            if plan.record_result:
                run._give(result)
            return result

    return wrapper


_NOWHERE = Operation(_Plan("", "", Detail.STANDARD, {}, (), record_result=False))


def current_operation() -> Operation:
    """Give the nearest recorded operation; outside of all, one whose methods do nothing."""
    frame = current_frame()
    while frame is not None and not isinstance(frame, Operation):
        frame = frame.outer
    return frame or _NOWHERE
