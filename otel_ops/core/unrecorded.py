"""The failure of an operation without a recorded span: told on the span around it, or on one that is made for it."""

from __future__ import annotations

from threading import get_ident
from time import time_ns

from opentelemetry import trace
from opentelemetry.context import get_current

from otel_ops import faults
from otel_ops.core import failures
from otel_ops.core.beginning import attributes_of, tell_of_opening
from otel_ops.core.frame import Frame, current_frame
from otel_ops.core.hooks import HOOKS, Failure, UnrecordedFailure, listeners_of
from otel_ops.core.plan import Plan
from otel_ops.core.recording import SUPPRESSED
from otel_ops.core.tracers import end_span, start_span


class UnrecordedRun:
    """A run that failed and has no recorded span.

    Args:
        plan: What all its runs have in common.
        start_ns: When it began, in nanoseconds since the epoch.
        failure: Why it failed.
        outcome: Its outcome.
    """

    __slots__ = ("_attributes", "_end_ns", "_failure", "_outcome", "_plan", "_start_ns")

    def __init__(self, plan: Plan, start_ns: int, failure: Failure, outcome: str) -> None:
        self._plan = plan
        self._start_ns = start_ns
        self._failure = failure
        self._outcome = outcome
        self._end_ns: int | None = None
        self._attributes = attributes_of(plan, current_frame(), get_ident())

    def tell(self) -> None:
        """Tell of the failure where this is called, unless an attempt around keeps it until recovery has decided."""
        is_of_interest = not self._failure.recorded or self._plan.on_error is not None
        if not is_of_interest or get_current().get(SUPPRESSED):
            return
        outer, around = current_frame(), trace.get_current_span()
        is_recorded = outer is not None and outer.inside and around.is_recording()
        if self._is_held(outer, is_recorded):
            self._end_ns = self._end_ns or time_ns()
            return
        self._tell_own()
        if self._failure.recorded:
            return
        if is_recorded:
            failures.record(around, self._failure)
            failures.tell(self._failure, around)
        else:
            self._make_span(outer)

    def _tell_own(self) -> None:
        """Have called what the operation itself has for its failures."""
        if self._plan.on_error is not None and HOOKS.own_handling is not None:
            with faults.guarded("failure.listener"):
                HOOKS.own_handling.unrecorded(self._plan.on_error, self._told())

    def _told(self) -> UnrecordedFailure:
        plan, end_ns = self._plan, self._end_ns or time_ns()
        return UnrecordedFailure(
            plan.name, plan.level, self._start_ns, end_ns, self._attributes, self._outcome, self._failure
        )

    def _is_held(self, frame: Frame | None, is_recorded: bool) -> bool:
        while frame is not None:
            held = frame.hold(self, is_recorded)
            if held is not None:
                return held
            frame = frame.outer
        return False

    def _make_span(self, outer: Frame | None) -> None:
        """Open and end a span with the original start; where no provider records it either, tell the listeners."""
        plan = self._plan
        span = start_span(plan.level, plan.name, self._attributes, get_current(), start_ns=self._start_ns)
        if span is not None and span.is_recording():
            tell_of_opening(span, outer)
            if HOOKS.hidden is not None:
                HOOKS.hidden.told(span)
            failures.fail_span(span, self._failure, self._outcome, plan.name)
            end_span(span, self._end_ns)
            return
        for listener in listeners_of(trace.get_tracer_provider()):
            with faults.guarded("failure.listener"):
                listener.unrecorded(self._told())
