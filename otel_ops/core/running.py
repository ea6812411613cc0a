"""Operation: one run of an operation, which opens and closes one span."""

from __future__ import annotations

from collections.abc import Mapping
from threading import get_ident
from time import time_ns
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context, get_current

from otel_ops import faults, semconv
from otel_ops.attributes import Stamp, Value, clean_attributes, clean_result
from otel_ops.core import failures, tokens
from otel_ops.core.beginning import attributes_of, tell_of_opening
from otel_ops.core.exception_parts import type_name
from otel_ops.core.frame import (
    FRAME_KEY,
    PROCESS,
    Frame,
    current_context,
    end_own,
)
from otel_ops.core.hooks import HOOKS, Failure, HiddenRuns
from otel_ops.core.outcomes import outcome_of
from otel_ops.core.plan import Plan, bounded_name
from otel_ops.core.recording import RECORDING, SUPPRESSED
from otel_ops.core.tracers import is_new, start_span
from otel_ops.core.unrecorded import UnrecordedRun
from otel_ops.detail import GATE
from otel_ops.semconv import FAILED_OUTCOMES, KIND, Outcome


class Operation(Frame):
    """One run of an operation, or what `current_operation` gives outside of all."""

    __slots__ = ("_entered", "_failure", "_kind", "_plan", "_span", "_start_ns")

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._span: trace.Span | None = None
        self._failure: tuple[Failure, str] | None = None
        self.around = None
        self.inside = True
        self.recording = self.is_open = False
        self._outer = self._place = None
        self._entered = False
        self._start_ns = 0

    def __repr__(self) -> str:
        return f"<operation {self._plan.name!r} {self._plan.level.name}{' recorded' if self.recording else ''}>"

    @property
    def name(self) -> str:
        """Name of the operation; empty for the one that `current_operation` gives outside of all."""
        return self._plan.name

    def set(self, **attributes: object) -> None:
        """Set attributes of the span; nothing where the operation is hidden."""
        span = self._span_for("set", attributes)
        if span is not None:
            with faults.guarded("attribute"):
                self._stamp(span, clean_attributes(attributes))

    def event(self, name: str, /, **attributes: object) -> None:
        """Add an event, with the time of now, to the span; nothing where the operation is hidden."""
        span = self._span_for("event", name)
        if span is not None:
            with faults.guarded("event"):
                span.add_event(bounded_name(name), clean_attributes(attributes))

    def link(self, target: str | trace.Span | trace.SpanContext) -> None:
        """Point to another span, given itself or as a token; nothing where the operation is hidden."""
        span = self._span_for("link", target)
        if span is not None:
            with faults.guarded("link"):
                span.add_link(_span_context(target))

    def _span_for(self, what: str, given: object) -> trace.Span | None:
        """Give the span, where it is recorded; tell of what comes before the operation's beginning or after its end."""
        if self.recording:
            return self._span
        if not self.is_open and self.name:
            told = f"operation({self.name!r}).{what}: not begun yet, or over; left out: {faults.shown(given)}"
            faults.warn("operation.not_open", told, about=self.name)
        return None

    def fail(self, reason: BaseException | str) -> None:
        """Make the operation a failed one although no exception leaves it; its code goes on.

        Unlike the other methods this works where the operation is hidden, too: a failure is never hidden.
        """
        if not self.is_open:
            self._span_for("fail", reason)
            return
        with faults.guarded("failure"):
            if isinstance(reason, BaseException):
                outcome = outcome_of(reason)
                failed = outcome if outcome in FAILED_OUTCOMES else Outcome.ERROR
                self._fail(failures.failure_from(reason, self._trace_id(), self.name), failed)
            else:
                self._fail(failures.failure_from_text(reason, self.name), Outcome.ERROR)

    def _give(self, result: object) -> None:
        """Record what the function returned."""
        span = self._span_for("result", result)
        if span is not None:
            with faults.guarded("result"):
                self._stamp(span, clean_result(result))

    def _begin(self, arguments: tuple[Any, ...] = (), named: Mapping[str, Any] | None = None) -> None:
        """Begin: open the span where the level of detail admits it.

        Args:
            arguments: What the function is called with, for those that are captured.
            named: Its keyword arguments.
        """
        self.is_open = True
        plan = self._plan
        if GATE.plain and plan.level > GATE.level:
            self._start_ns = time_ns()
            return
        try:
            if (thread := get_ident()) in RECORDING:
                self._leave_out()
            else:
                self._open(plan, thread, arguments, named)
        except RecursionError:
            faults.TOO_DEEP.number += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, the program goes on
            faults.swallow("operation.open", error)
        if not self.recording:
            self._start_ns = time_ns()

    def _open(self, plan: Plan, thread: int, arguments: tuple[Any, ...], named: Mapping[str, Any] | None) -> None:
        context = get_current()
        outer: Any = context.get(FRAME_KEY)
        if outer is not None and not outer.is_open:
            context = current_context()
            outer = context.get(FRAME_KEY)
        if GATE.plain or _is_admitted(plan, outer):
            is_plain = outer is None and thread == PROCESS.main_thread and not plan.captured
            attributes = plan.stamped[False] if is_plain else attributes_of(plan, outer, thread, arguments, named)
            span = start_span(plan.level, plan.name, attributes, context)
            if span is not None:
                self._carry(span, context, outer, attributes[KIND])

    def _leave_out(self) -> None:
        if not get_current().get(SUPPRESSED):
            told = f"operation {self.name!r} is left out where recording an operation calls it; leave it undecorated"
            faults.warn("operation.within_recording", told, about=self.name)

    def _carry(self, span: trace.Span, context: Context, outer: Frame | None, kind: Value) -> None:
        """Make the span the one of this run, and current, unless it is that of a disabled tracer."""
        self.recording = span.is_recording()
        if not self.recording and not is_new(span, context):
            return
        self._kind, self.process, self.thread = kind, PROCESS.id, get_ident()
        self._span = span
        if outer is not None:
            self.around = outer.around
            if HOOKS.sink is not None:
                tell_of_opening(span, outer)
        self._push(context, span)

    def _end(self, error: BaseException | None) -> None:  # noqa: C901 - a call more would fail at the limit of recursion
        """End: stamp the outcome of the exception, if there is one, and end the span, whatever comes in between."""
        if not self.recording and HOOKS.hidden is not None and self.is_open:
            try:
                self._tell_hidden(HOOKS.hidden, error)
            except RecursionError:
                faults.TOO_DEEP.number += 1
        if error is None and self._failure is None and self._span is None and self._outer is None:
            self.is_open = self.recording = False
            return
        mark = 0
        try:
            if (thread := get_ident()) not in RECORDING:
                mark = thread
                RECORDING[thread] = True
            if self._outer is not None:
                self._pop(self._outer)
            self.is_open = False
            if (error is not None or self._failure is not None) and (mark or self._span is not None):
                self._conclude(error)
        except RecursionError:
            faults.TOO_DEEP.number += 1
        except Exception as fault:  # noqa: BLE001 - whatever it is, the program goes on
            faults.swallow("operation.close", fault)
        finally:
            self.is_open = self.recording = False
            self._failure = None
            try:
                if self._span is not None:
                    end_own(self._span, self.process)
            finally:
                if mark:
                    del RECORDING[mark]

    def _tell_hidden(self, hidden: HiddenRuns, error: BaseException | None) -> None:
        """Tell whoever counts what has no span, unless recording itself calls this."""
        if get_ident() in RECORDING or get_current().get(SUPPRESSED):
            return
        with faults.guarded("operation.hidden"):
            hidden.ended(self._plan, self._start_ns, *self._end_of_hidden(error))

    def _end_of_hidden(self, error: BaseException | None) -> tuple[str, str]:
        """Give the outcome, and the type of the failure if there is one."""
        if error is None or self._plan.expects(error):
            told = self._failure
            return (Outcome.OK, "") if told is None else (told[1], told[0].type)
        outcome = outcome_of(error)
        return outcome, type_name(type(error)) if outcome in FAILED_OUTCOMES else ""

    def _stamp(self, span: trace.Span, attributes: Mapping[str, Value]) -> None:
        """Set attributes; the SDK drops older ones to make room, but the kind stays."""
        span.set_attributes(Stamp.of(attributes))
        self._keep_kind(span)

    def _keep_kind(self, span: trace.Span) -> None:
        if getattr(span, "dropped_attributes", 0):
            span.set_attribute(KIND, self._kind)

    def _fail(self, failure: Failure, outcome: str) -> None:
        if self._failure is not None and self._failure[0].id == failure.id:
            return
        self._failure = (failure, outcome)
        if self.recording and self._span is not None:
            failures.fail_span(self._span, failure, outcome, self.name)
            self._keep_kind(self._span)
            if self._plan.on_error is not None:
                failures.tell_own(self._plan.on_error, failure, self._span)

    def _trace_id(self) -> int:
        span = self._span or trace.get_current_span()
        return span.get_span_context().trace_id

    def _conclude(self, error: BaseException | None) -> None:
        faults.TOO_DEEP.tell()
        if error is not None:
            self._conclude_with(error)
        if self._failure is not None and not self.recording:
            UnrecordedRun(self._plan, self._start_ns, *self._failure).tell()

    def _conclude_with(self, error: BaseException) -> None:
        outcome = outcome_of(error)
        if outcome not in FAILED_OUTCOMES:
            self._conclude_as(outcome)
        elif self._plan.expects(error):
            self._tell({semconv.EXPECTED: type_name(type(error))})
        else:
            self._fail(failures.failure_from(error, self._trace_id(), self.name), outcome)

    def _conclude_as(self, outcome: str) -> None:
        """Stamp an outcome that is no failure."""
        if outcome != Outcome.OK:
            self._tell({semconv.OUTCOME: outcome})

    def _tell(self, attributes: Mapping[str, Value]) -> None:
        """Stamp what is known of the end, where the operation is recorded."""
        if self.recording and self._span is not None:
            self._stamp(self._span, attributes)

    def hold(self, failure: object, recorded: bool) -> bool | None:
        """Leave a failure inside to the span of this operation, where that tells of it."""
        return False if recorded and self.recording else None


def fail_hidden(plan: Plan, start_ns: int, error: BaseException) -> None:
    """Tell of a failure that left a hidden operation for which no run was made."""
    run = Operation(plan)
    run._start_ns = start_ns
    run._end(error)


def _is_admitted(plan: Plan, outer: Frame | None) -> bool:
    return GATE.admits(plan.level, plan.name, plan.module, None if outer is None else outer.around)


def _span_context(target: str | trace.Span | trace.SpanContext) -> trace.SpanContext:
    if isinstance(target, str):
        return tokens.decode(target).span_context
    return target.get_span_context() if isinstance(target, trace.Span) else target
