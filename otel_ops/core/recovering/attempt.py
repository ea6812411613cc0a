"""What is current while an attempt runs: what opens its span late, or keeps what fails inside where there is none."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.context import Context

from otel_ops import semconv
from otel_ops.attributes import Stamp, Value
from otel_ops.core import failures
from otel_ops.core.beginning import attributes_of, with_more
from otel_ops.core.exception_parts import type_name
from otel_ops.core.frame import FRAME_KEY, PROCESS, Frame, current_context, end_own
from otel_ops.core.outcomes import outcome_of
from otel_ops.core.running import Operation
from otel_ops.core.tracers import start_span
from otel_ops.semconv import FAILED_OUTCOMES, Outcome

if TYPE_CHECKING:
    from otel_ops.core.plan import Plan
    from otel_ops.core.unrecorded import UnrecordedRun


class Attempting(Operation):
    """A run that makes attempts.

    Attributes:
        attempt: The one that is under way, or None.
        is_eventful: Whether there is more to do at the end of an attempt that goes well than to end the run.
    """

    attempt: RecordedAttempt | UnrecordedAttempt | None = None
    is_eventful = False

    @property
    def plan(self) -> Plan:
        """What all runs of the operation have in common."""
        return self._plan

    @property
    def inner(self) -> Context:
        """The Context of the operation, outside of its attempts."""
        return self.inner_with(self._span or trace.INVALID_SPAN)

    def inner_with(self, span: trace.Span) -> Context:
        """Give the Context of the operation with a span in the place of its own."""
        return trace.set_span_in_context(span, Context({**(self._outer or {}), FRAME_KEY: self}))


class Keeping:
    """Keeps the failures inside of an attempt that no span tells of, until recovery has decided.

    Attributes:
        run: The run that makes the attempt.
    """

    run: Attempting

    @property
    def is_over(self) -> bool:
        """Whether the attempt has ended."""
        return self.run.attempt is not self

    def keep(self, failure: UnrecordedRun) -> bool | None:
        """Keep one, from whatever thread; None where the attempt has ended, and none is kept any more."""
        kept: list[UnrecordedRun] = vars(self).setdefault("kept", [])
        kept.append(failure)
        self.run.is_eventful = True
        if self.is_over and failure in kept:  # where it is not, it was told or forgotten meanwhile
            kept.remove(failure)
            return None
        return True

    def tell_kept(self) -> None:
        """Tell of what was kept: nothing has repaired it."""
        for failure in self._taken():
            failure.tell()

    def forget_kept(self) -> None:
        """Forget what was kept: it was repaired."""
        for _ in self._taken():
            pass

    def _taken(self) -> Iterator[UnrecordedRun]:
        kept: list[UnrecordedRun] = vars(self).get("kept", [])
        while kept:
            yield kept.pop(0)


class RecordedAttempt(Keeping, trace.Span):
    """Stands for the span of an attempt, which is opened when somebody asks for it, or when the attempt fails.

    Most first attempts go well, and nothing inside of them asks: those cost no span.

    Attributes:
        number: 1 for the first one.
        wait_seconds: How long was waited before it.
    """

    number = 1
    wait_seconds = 0.0
    _own: trace.Span | None = None
    _around: trace.Span = trace.INVALID_SPAN
    _is_opening = False

    def __init__(self, run: Attempting, around: trace.Span) -> None:
        self.run = run
        self._around = around

    def over(self, error: BaseException | None) -> None:
        """End it, with the exception that leaves it."""
        if error is not None:
            self._fail(error)
        if self._own is not None:
            end_own(self._own, self.run.process)

    def _fail(self, error: BaseException) -> None:
        with self._lock:
            self._open()
        span, plan = self.opened(), self.run.plan.of_attempts
        outcome = outcome_of(error)
        if self.run.plan.expects(error):
            span.set_attribute(semconv.EXPECTED, type_name(type(error)))
        elif outcome in FAILED_OUTCOMES:
            failure = failures.failure_from(error, span.get_span_context().trace_id, plan.name)
            failures.fail_span(span, failure, outcome, plan.name)
        elif outcome != Outcome.OK:
            span.set_attribute(semconv.OUTCOME, outcome)

    def opened(self) -> trace.Span:
        """Give its span; that of the operation where there is none, or none any more."""
        if self._own is None and not self.is_over and self.run.process == PROCESS.id:
            with self._lock:
                self._open()
        return self._own or self._around

    @property
    def _lock(self) -> Any:
        return vars(self).setdefault("lock", threading.RLock())

    def _open(self) -> None:
        """Open its span; what processors ask for meanwhile is that of the operation."""
        if self._own is not None or self._is_opening:
            return
        self._is_opening = self.run.is_eventful = True
        plan, run = self.run.plan.of_attempts, self.run
        told: dict[str, Value] = {semconv.ATTEMPT: self.number}
        if self.wait_seconds:
            told[semconv.ATTEMPT_WAIT] = self.wait_seconds
        attributes = Stamp.of(with_more(attributes_of(plan, run, run.thread or 0), told))
        start_ns = getattr(self._around, "start_time", None) if self.number == 1 else None
        self._own = start_span(plan.level, plan.name, attributes, run.inner, start_ns=start_ns)

    def get_span_context(self) -> trace.SpanContext:
        """Open the span, and give its identifiers."""
        return self.opened().get_span_context()

    def is_recording(self) -> bool:
        """Tell whether the operation is recorded."""
        return self._around.is_recording()

    def set_attributes(self, *args: Any, **kwargs: Any) -> None:
        """Do as the span does."""
        self.opened().set_attributes(*args, **kwargs)

    def set_attribute(self, *args: Any, **kwargs: Any) -> None:
        """Do as the span does."""
        self.opened().set_attribute(*args, **kwargs)

    def add_event(self, *args: Any, **kwargs: Any) -> None:
        """Do as the span does."""
        self.opened().add_event(*args, **kwargs)

    def add_link(self, *args: Any, **kwargs: Any) -> None:
        """Do as the span does."""
        self.opened().add_link(*args, **kwargs)

    def update_name(self, *args: Any, **kwargs: Any) -> None:
        """Do as the span does."""
        self.opened().update_name(*args, **kwargs)

    def set_status(self, *args: Any, **kwargs: Any) -> None:
        """Do as the span does."""
        self.opened().set_status(*args, **kwargs)

    def record_exception(self, *args: Any, **kwargs: Any) -> None:
        """Do as the span does."""
        self.opened().record_exception(*args, **kwargs)

    def end(self, end_time: int | None = None) -> None:
        """Do as the span does."""
        self.opened().end(end_time)

    def __getattr__(self, name: str) -> Any:
        """Give what else the span has, such as its resource."""
        if name.startswith("__") or name == "run":
            raise AttributeError(name)
        return getattr(self.opened(), name)


class UnrecordedAttempt(Keeping, Frame):
    """Is, for those below an operation without a recorded span, what the frame around the operation is."""

    def __init__(self, run: Attempting) -> None:
        self.run = run
        run.is_eventful = True
        context = current_context()
        outer: Frame | None = context.get(FRAME_KEY)  # type: ignore[assignment] # the key is ours
        if outer is None:
            super().__init__()
        else:
            self.around, self.inside, self.recording = outer.around, outer.inside, outer.recording
            self.process, self.thread = outer.process, outer.thread
            self._place = None
        self.is_open = True
        self._push(context, None)

    def hold(self, failure: Any, recorded: bool) -> bool | None:
        """Keep a failure inside: what the span around would tell might be repaired."""
        return self.keep(failure)

    def over(self, error: BaseException | None) -> None:
        """Make current what was current before."""
        self.is_open = False
        if self._outer is not None:
            self._pop(self._outer)
