"""Runs of operations that recover: their attempts, what is decided on each failure, and what is recorded of that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from time import monotonic
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context, attach

from otel_ops import faults, semconv
from otel_ops.core import failures
from otel_ops.core.collecting import AT_WORK, is_collecting
from otel_ops.core.frame import current_frame
from otel_ops.core.hooks import Failure
from otel_ops.core.outcomes import outcome_of
from otel_ops.core.recovering import retries
from otel_ops.core.recovering.attempt import Attempting, RecordedAttempt, UnrecordedAttempt
from otel_ops.core.recovering.cancelled import is_of_cancellation
from otel_ops.core.recovering.course import Course
from otel_ops.core.recovering.strategy import Again, Attempt, Decision, FailedAttempt, Recoveries
from otel_ops.core.running import Operation
from otel_ops.exceptions import CircuitOpenError
from otel_ops.semconv import FAILED_OUTCOMES

_NOTHING: Mapping[str, Any] = {}


class Recovering(Attempting):
    """One run of an operation that recovers; whoever runs it waits, and calls the function.

    Each attempt begins with `_begin` or `again`, and ends with `failed` or `succeeded`; `_end` follows the last one.
    """

    _began = 0.0
    _course: Course | None = None

    @property
    def recoveries(self) -> Recoveries:
        """The strategies of the operation."""
        recoveries: Recoveries = self._plan.recoveries
        return recoveries

    @property
    def number(self) -> int:
        """Number of the latest attempt."""
        return 1 if self._course is None else self._course.number

    @property
    def spent(self) -> int:
        """How many retries this run, and those inside that failed for good, have made."""
        return 0 if self._course is None else self._course.own + self._course.inside.made

    def _begin(self, arguments: tuple[Any, ...] = (), named: Mapping[str, Any] | None = None) -> None:
        """Begin, with the first attempt."""
        Operation._begin(self, arguments, named)
        if not self.recording:
            self._go_unrecorded()

    def _push(self, outer: Context, span: trace.Span | None) -> None:
        """Make the first attempt current, which opens its span when somebody asks for it."""
        if span is not None and self.recording:
            self._began = monotonic()
            span = self.attempt = RecordedAttempt(self, span)
        Operation._push(self, outer, span)

    def _go_unrecorded(self) -> None:
        self._began = self._began or monotonic()
        try:
            self.attempt = UnrecordedAttempt(self)
        except RecursionError:
            faults.TOO_DEEP.number += 1
        except Exception as fault:  # noqa: BLE001 - whatever it is, the program goes on
            faults.swallow("recovery", fault)

    def again(self, decision: Again) -> None:
        """Begin one more attempt, after the wait."""
        course = self._course = self._course or Course()
        course.number += 1
        course.wait_seconds = decision.wait_seconds
        if self.recording and self._span is not None:
            with faults.guarded("recovery"):
                self._go_recorded(self._span, course)
        else:
            self._go_unrecorded()

    def _go_recorded(self, span: trace.Span, course: Course) -> None:
        self.attempt = attempt = RecordedAttempt(self, span)
        attempt.number, attempt.wait_seconds = course.number, course.wait_seconds
        _make_current(self.inner_with(attempt))
        attempt.opened()

    def prepare(self) -> Iterable[Any]:
        """Have the strategies prepare the attempt; gives what they give, which a coroutine is to await."""
        return self.recoveries.prepare(self._current_attempt())

    def _current_attempt(self) -> Attempt:
        course = self._course
        return Attempt(self, 1) if course is None else Attempt(self, course.number, course.wait_seconds)

    def failed(
        self, error: BaseException, arguments: tuple[Any, ...] = (), named: Mapping[str, Any] = _NOTHING
    ) -> Decision:
        """End the attempt that an exception leaves, and decide; None lets the exception leave the operation."""
        attempt, self.attempt = self.attempt, None
        self.is_eventful = True
        if attempt is None:
            return None
        try:
            return self._decided(attempt, error, arguments, named)
        except RecursionError:
            faults.TOO_DEEP.number += 1
        except Exception as fault:  # noqa: BLE001 - whatever it is, the program goes on
            faults.swallow("recovery", fault)
        return None

    def _decided(
        self,
        attempt: RecordedAttempt | UnrecordedAttempt,
        error: BaseException,
        arguments: tuple[Any, ...],
        named: Mapping[str, Any],
    ) -> Decision:
        seconds = monotonic() - self._began
        self._leave(attempt, error)
        decision: Decision = None
        if self._is_repairable(error):
            course = self._course = self._course or Course()
            course.note_inside(error)
            told = FailedAttempt(self, course.number, error, seconds, arguments, named)
            decision, course.strategy = self.recoveries.decide(told, self._takes_retry)
        elif self._plan.expects(error) and not isinstance(error, CircuitOpenError):
            self.recoveries.went_well(self._current_attempt())
        if decision is None:
            self._give_up(attempt, error)
        else:
            attempt.forget_kept()
            failures.forget(error)
            self._failure = None
        return decision

    def _leave(self, attempt: RecordedAttempt | UnrecordedAttempt, error: BaseException | None) -> None:
        """End an attempt; what is current afterwards is the operation."""
        if isinstance(attempt, RecordedAttempt):
            _make_current(self.inner)
        attempt.over(error)

    def _is_repairable(self, error: BaseException) -> bool:
        """Tell whether it is a failure, and not what ends a task or the program, or what is expected."""
        is_failure = isinstance(error, Exception) and outcome_of(error) in FAILED_OUTCOMES
        return is_failure and not self._plan.expects(error) and not is_of_cancellation(error)

    def _takes_retry(self) -> bool:
        """Take one of the retries that the operations around share with this one; tell whether there was one."""
        runs = [self, *self._around()]
        course = self._course = self._course or Course()
        allowed = course.inside.allowed + sum(run.recoveries.retries for run in runs)
        if sum(run.spent for run in runs) >= allowed:
            self.event(semconv.RETRIES_SPENT)
            return False
        course.own += 1
        return True

    def _around(self) -> Iterator[Recovering]:
        """Give the runs around that recover."""
        frame, latest = current_frame(), self
        while frame is not None:
            run = frame.run if isinstance(frame, UnrecordedAttempt) else frame
            if isinstance(run, Recovering) and run is not latest:
                yield run
                latest = run
            frame = frame.outer

    def _give_up(self, attempt: RecordedAttempt | UnrecordedAttempt, error: BaseException) -> None:
        if self._course is not None:
            allowed = self._course.inside.allowed + self.recoveries.retries
            retries.note(error, retries.Retries(self.spent, allowed))
            if self._course.number > 1:
                self._tell({semconv.ATTEMPTS: self._course.number})
        attempt.tell_kept()
        self._settle()

    def _settle(self) -> None:
        """Stamp the failure that the attempt's code has told with `fail`."""
        told, self._failure = self._failure, None
        if told is not None:
            self._fail(*told)

    def _fail(self, failure: Failure, outcome: str) -> None:
        """Make the operation a failed one; while an attempt runs, that depends on what becomes of it."""
        if self.attempt is None:
            super()._fail(failure, outcome)
        else:
            self._failure = (failure, outcome)
            self.is_eventful = True

    def hold(self, failure: Any, recorded: bool) -> bool | None:
        """Leave a failure inside to the span of the attempt, where that tells of it, else keep it."""
        if recorded and self.recording:
            return False
        attempt = self.attempt
        return attempt.keep(failure) if isinstance(attempt, RecordedAttempt) else None

    def succeeded(self, result: object) -> None:
        """End an attempt that went well, with what it gave."""
        attempt, self.attempt = self.attempt, None
        self.conclude(attempt, result)

    def conclude(self, attempt: RecordedAttempt | UnrecordedAttempt | None, result: object) -> None:
        """Tell of an attempt that has gone well, and is under way no more."""
        try:
            if attempt is not None:
                attempt.over(None)
                attempt.tell_kept()
            if self._plan.record_result:
                self._give(result)
            if self._failure is not None:
                self._settle()
            if self.recoveries.has_after:
                self.recoveries.went_well(self._current_attempt())
            if self._course is not None:
                self.tell_recovered()
        except RecursionError:
            faults.TOO_DEEP.number += 1
        except Exception as fault:  # noqa: BLE001 - whatever it is, the program goes on
            faults.swallow("recovery", fault)

    def stood_in(self, value: object) -> None:
        """Learn of what stands in for the result."""
        if self._plan.record_result:
            self._give(value)
        self.tell_recovered()

    def tell_recovered(self) -> None:
        """Stamp that the operation went well after all, where it did not at once."""
        if self._course is not None and self._course.strategy is not None and self._failure is None:
            self._tell(self._course.told())


def _make_current(context: Context) -> None:
    if not (AT_WORK and is_collecting()):
        attach(context)
