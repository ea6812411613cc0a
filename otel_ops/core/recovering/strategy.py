"""Recovery: the base of strategies that repair a failed operation, and what they are told and answer.

A strategy only decides; whoever runs the operation (`otel_ops.core.recovering`) waits, tries again and records.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from otel_ops import faults

if TYPE_CHECKING:
    from otel_ops.core.running import Operation


LONGEST_SECONDS = 1e9
"""The longest wait and time limit, some thirty years: beyond, the clocks of the system overflow."""


class Attempt(NamedTuple):
    """One attempt of an operation.

    Attributes:
        operation: The operation; `set` and `event` work on it, and nothing comes of them where it is hidden.
        number: 1 for the first one.
        wait_seconds: How long was waited before it.
    """

    operation: Operation
    number: int
    wait_seconds: float = 0.0


class FailedAttempt(NamedTuple):
    """An attempt that has failed.

    Attributes:
        operation: The operation; `set` and `event` work on it, and nothing comes of them where it is hidden.
        number: 1 for the first one.
        error: The exception that left it.
        seconds: Time since the first attempt began, in seconds.
        arguments: What the function was called with; nothing in a loop.
        named: Its keyword arguments.
    """

    operation: Operation
    number: int
    error: BaseException
    seconds: float
    arguments: tuple[Any, ...] = ()
    named: Mapping[str, Any] = MappingProxyType({})


class Again(NamedTuple):
    """The decision to try again.

    Attributes:
        wait_seconds: How long to wait before.
    """

    wait_seconds: float = 0.0


class Instead(NamedTuple):
    """The decision that something else stands in for the result.

    Attributes:
        value: What is given.
        call: Is called for what is given, in the place of `value`; what it raises leaves the operation.
    """

    value: Any = None
    call: Callable[[], Any] | None = None

    def give(self) -> Any:
        """Give what stands in for the result; in a coroutine that may be an awaitable."""
        return self.value if self.call is None else self.call()


Decision: TypeAlias = "Again | Instead | None"


class Recovery(ABC):
    """A strategy that repairs a failed operation; pass it as ``@operation(recover=[…])``.

    One object serves all runs, in all threads, so it keeps nothing of a run in itself. Exceptions that end a task or
    the program (cancellation, ``KeyboardInterrupt``, ``SystemExit``, ``GeneratorExit``), and those that the operation
    expects, are no failures: no strategy is asked about them.

    Attributes:
        retries: How often it tries again at most. Nested operations share the sum of theirs, so that three levels of
            two retries make six and not twenty-six; None means that it sees to an end itself and is not counted.
        limit_seconds: The longest that an attempt may take, in seconds; None for no limit.
    """

    retries: int | None = None
    limit_seconds: float | None = None

    @abstractmethod
    def after_failure(self, failed: FailedAttempt) -> Decision:
        """Decide what to do after a failed attempt; the strategies of an operation are asked in order.

        Returns:
            `Again`, `Instead`, or None to leave it to the next strategy. Where all do so, the exception leaves the
            operation as it is.
        """

    def before_attempt(self, attempt: Attempt) -> Any:  # noqa: B027 - few strategies need it
        """Prepare an attempt, as its first step: what this raises makes the attempt fail.

        Returns:
            Nothing; for a coroutine's operation it may be an awaitable, which is awaited.
        """

    def note_failure(self, failed: FailedAttempt) -> None:  # noqa: B027 - few strategies need it
        """Learn of a failed attempt, whichever strategy decides on it."""

    def after_success(self, attempt: Attempt) -> None:  # noqa: B027 - few strategies need it
        """Learn of an attempt that went well, or ended with an exception that the operation expects."""


class Recoveries:
    """The strategies of one operation.

    Attributes:
        retries: How often they try again at most, together.
        limit_seconds: The longest that an attempt may take, in seconds.
        has_before: Whether an attempt is to be prepared.
        has_after: Whether somebody learns of an attempt that went well.
    """

    __slots__ = ("_strategies", "has_after", "has_before", "limit_seconds", "retries")

    def __init__(self, strategies: Iterable[Recovery]) -> None:
        self._strategies = tuple(strategies)
        limits = [each.limit_seconds for each in self._strategies if each.limit_seconds is not None]
        self.limit_seconds = min(limits, default=None)
        self.retries = sum(each.retries or 0 for each in self._strategies)
        self.has_before = any(type(each).before_attempt is not Recovery.before_attempt for each in self._strategies)
        self.has_after = any(type(each).after_success is not Recovery.after_success for each in self._strategies)

    def prepare(self, attempt: Attempt) -> Iterable[Any]:
        """Have each strategy prepare an attempt; give what it gives."""
        for strategy in self._strategies:
            yield strategy.before_attempt(attempt)

    def decide(self, failed: FailedAttempt, may_retry: Callable[[], bool]) -> tuple[Decision, Recovery | None]:
        """Ask for the decision on a failed attempt; give it with the strategy that took it.

        Args:
            failed: The attempt.
            may_retry: Tells whether nested operations have retries left; asked for strategies that count theirs.
        """
        for strategy in self._strategies:
            with faults.contained("recovery", f"what {strategy!r} makes of a failure", type(strategy).__name__):
                strategy.note_failure(failed)
        for strategy in self._strategies:
            with faults.contained("recovery", f"the decision of {strategy!r}", type(strategy).__name__):
                decision = _checked(strategy.after_failure(failed))
                is_counted = isinstance(decision, Again) and strategy.retries is not None
                if decision is not None and (not is_counted or may_retry()):
                    return decision, strategy
        return None, None

    def went_well(self, attempt: Attempt) -> None:
        """Tell each strategy of an attempt that went well."""
        for strategy in self._strategies:
            with faults.contained("recovery", f"what {strategy!r} makes of a success", type(strategy).__name__):
                strategy.after_success(attempt)


def _checked(decision: object) -> Decision:
    if isinstance(decision, Again) and not _is_number(decision.wait_seconds, 0, LONGEST_SECONDS):
        msg = f"Again({faults.shown(decision.wait_seconds)}): give seconds, 0 or more, and {LONGEST_SECONDS:g} at most"
        raise ValueError(msg)
    if decision is None or isinstance(decision, Again | Instead):
        return decision
    msg = f"after_failure gave {faults.shown(decision)}; give Again(…), Instead(…) or None"
    raise TypeError(msg)


def recoveries_of(recover: Recovery | Iterable[Recovery]) -> Recoveries:
    """Read the argument ``recover`` of an operation.

    Raises:
        TypeError: something in it is no strategy; the message says what to write.
        ValueError: a strategy has `retries` or `limit_seconds` that are no such numbers.
    """
    strategies = (recover,) if isinstance(recover, Recovery) or not isinstance(recover, Iterable) else tuple(recover)
    for strategy in strategies:
        if not isinstance(strategy, Recovery):
            example = f"{strategy.__name__}(…)" if isinstance(strategy, type) else "Retry(attempts=3)"
            remedy = f"give strategies of otel_ops.errors, as recover=[{example}]"
            if isinstance(strategy, list | tuple):
                remedy = "give the strategies in it one by one"
            msg = f"recover={faults.shown(strategy)}: {remedy}"
            raise TypeError(msg)
        _check(strategy)
    return Recoveries(strategies)


def _check(strategy: Recovery) -> None:
    """Check what a strategy says of itself.

    Raises:
        ValueError: one of its attributes is no such number.
    """
    name = type(strategy).__name__
    if strategy.retries is not None and not (_is_number(strategy.retries, 0, math.inf) and strategy.retries % 1 == 0):
        msg = f"{name}.retries = {faults.shown(strategy.retries)}: must be a whole number, or None"
        raise ValueError(msg)
    if strategy.limit_seconds is not None and not _is_number(strategy.limit_seconds, 0, LONGEST_SECONDS):
        msg = f"{name}.limit_seconds = {faults.shown(strategy.limit_seconds)}: must be seconds, or None"
        raise ValueError(msg)


def _is_number(value: object, least: float, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


def classes_of(name: str, given: object) -> tuple[type[BaseException], ...]:
    """Read an argument that names exceptions: one class of them, or several.

    Raises:
        TypeError: something in it is no class of exceptions.
    """
    is_one = isinstance(given, type | str) or not isinstance(given, Iterable)
    kinds: tuple[Any, ...] = (given,) if is_one else tuple(given)  # type: ignore[arg-type]
    for kind in kinds:
        if not (isinstance(kind, type) and issubclass(kind, BaseException)):
            msg = f"{name}={faults.shown(kind)}: give classes of exceptions, as {name}=(KeyError,)"
            raise TypeError(msg)
    return kinds
