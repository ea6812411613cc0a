"""Retry: tries again after a wait, as long as that may help."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from otel_ops import faults
from otel_ops.core.recovering.strategy import LONGEST_SECONDS, Again, FailedAttempt, Recovery, classes_of
from otel_ops.exceptions import CircuitOpenError
from otel_ops.recovery.numbers import checked_number, checked_seconds
from otel_ops.recovery.retry_after import retry_after_seconds

if TYPE_CHECKING:
    from tenacity import RetryCallState

Which: TypeAlias = "type[BaseException] | tuple[type[BaseException], ...] | Callable[[BaseException], bool]"
Wait: TypeAlias = "float | Callable[[RetryCallState], float]"

_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0


class Retry(Recovery):
    """Tries again, with growing waits between attempts.

    Where the exception tells how long to wait (``Retry-After``: an attribute ``retry_after``, or the header of its
    response), no attempt comes before that.

    Args:
        on: The exceptions that are worth another attempt: a class, several, or a function that is given the exception.
            An open circuit (`otel_ops.exceptions.CircuitOpenError`) is worth one only where it is named.
        attempts: Most attempts, the first one included; None for as many as ``timeout`` allows.
        timeout: No attempt begins later than so many seconds after the first one did; None for no such limit.
        wait: Seconds between attempts, or a wait strategy of tenacity; None for 0.1 s, doubled each time up to 5 s.
        jitter: At most so many seconds are added to the wait at random, so that many programs do not try again at the
            same time; None for 1 s where ``wait`` is None, else for 0.
        give_up: The exceptions against which another attempt would not help: given as ``on`` is.

    Raises:
        TypeError: an argument is of a wrong type.
        ValueError: a number is out of range, or neither ``attempts`` nor ``timeout`` sets an end.
    """

    def __init__(
        self,
        on: Which = Exception,
        *,
        attempts: int | None = 3,
        timeout: float | None = 45.0,
        wait: Wait | None = None,
        jitter: float | None = None,
        give_up: Which | None = None,
    ) -> None:
        if attempts is None and timeout is None:
            msg = "Retry(attempts=None, timeout=None) would never end; give one of them"
            raise ValueError(msg)
        self._on = _which("on", on)
        self._attempts = None if attempts is None else checked_number("attempts", attempts)
        self._timeout = None if timeout is None else checked_seconds("timeout", timeout, zero=False)
        self._wait = wait if wait is None or callable(wait) else checked_seconds("wait", wait)
        self._jitter = (1.0 if wait is None else 0.0) if jitter is None else checked_seconds("jitter", jitter)
        self._strategies: tuple[Any, Any] | None = None
        self._give_up = () if give_up is None else _which("give_up", give_up)
        self.retries = None if self._attempts is None else self._attempts - 1

    def __repr__(self) -> str:
        return f"Retry(on={faults.shown(self._on)}, attempts={self._attempts}, timeout={self._timeout})"

    def __getstate__(self) -> dict[str, Any]:
        """Go to another process without what tenacity is asked with in this one."""
        return {**vars(self), "_strategies": None}

    def after_failure(self, failed: FailedAttempt) -> Again | None:
        """Try again, unless that would not help or takes too long."""
        if not self._is_worth_it(failed.error):
            return None
        wait, stop = self._strategies = self._strategies or self._made()
        state = _state_of(failed)
        state.upcoming_sleep = max(float(wait(state)), retry_after_seconds(failed.error) or 0.0)
        is_endless = state.upcoming_sleep > LONGEST_SECONDS
        return None if is_endless or stop(state) else Again(state.upcoming_sleep)

    def _is_worth_it(self, error: BaseException) -> bool:
        if _is_one(error, self._give_up):
            return False
        if isinstance(self._on, tuple) and isinstance(error, CircuitOpenError):
            return any(issubclass(kind, CircuitOpenError) for kind in self._on)
        return _is_one(error, self._on)

    def _made(self) -> tuple[Any, Any]:
        """Make the strategies of tenacity, at the first failure: most programs never need them."""
        import tenacity  # noqa: PLC0415 - see above

        if self._wait is None:
            wait: Any = tenacity.wait_exponential(_FIRST_WAIT, _LONGEST_WAIT)
        else:
            wait = self._wait if callable(self._wait) else tenacity.wait_fixed(self._wait)
        if self._jitter:
            wait = tenacity.wait_combine(wait, partial(_at_random, self._jitter))
        stops: list[Any] = []
        if self._attempts is not None:
            stops.append(tenacity.stop_after_attempt(self._attempts))
        if self._timeout is not None:
            stops.append(tenacity.stop_before_delay(self._timeout))
        return wait, tenacity.stop_any(*stops)


def _which(name: str, given: Which) -> Which:
    """Read an argument that tells which exceptions are meant: classes of them, or a function."""
    return given if callable(given) and not isinstance(given, type) else classes_of(name, given)


def _is_one(error: BaseException, which: Which) -> bool:
    return isinstance(error, which) if isinstance(which, tuple) else bool(which(error))


def _at_random(most: float, _: RetryCallState) -> float:
    """Draw a wait, and none of the numbers of a program that seeds ``random``."""
    from random import SystemRandom  # noqa: PLC0415 - tenacity has imported it

    return SystemRandom().uniform(0.0, most)


def _state_of(failed: FailedAttempt) -> RetryCallState:
    """Give an attempt as tenacity's strategies are told of it."""
    from tenacity import RetryCallState  # noqa: PLC0415 - as above

    unused: Any = None
    state = RetryCallState(unused, None, failed.arguments, dict(failed.named))
    state.attempt_number = failed.number
    state.set_exception((type(failed.error), failed.error, failed.error.__traceback__))
    state.start_time = (state.outcome_timestamp or 0.0) - failed.seconds
    return state
