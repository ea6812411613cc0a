"""Wrappers of functions, coroutine functions and generator functions that recover."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from typing import Any

from otel_ops.core.decorators.generators import (
    Iteration,
    first_step,
    wrap_async_generator_function,
    wrap_generator_function,
)
from otel_ops.core.plan import Plan
from otel_ops.core.recovering.attempt import UnrecordedAttempt
from otel_ops.core.recovering.between_attempts import (
    begin,
    begin_later,
    prepare,
    prepare_later,
    refuse_limit,
    wait,
    wait_later,
)
from otel_ops.core.recovering.driver import Recovering
from otel_ops.core.recovering.strategy import Again, Decision, Instead, Recoveries
from otel_ops.core.recovering.time_limits import limited, limited_later


def wrap_recovering_function(  # noqa: C901 - each call more would cost what an attempt may cost
    function: Callable[..., Any], plan: Plan
) -> Callable[..., Any]:
    """Make each call a run of one or more attempts."""
    call, has_before, is_told = limited(function, plan), _recoveries(plan).has_before, _is_told(plan)

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        run = Recovering(plan)
        decision: Again | None = None
        while True:
            try:
                if decision is not None or has_before:
                    begin(run, decision, args, kwargs)
                else:
                    run._begin(args, kwargs)
                result = call(*args, **kwargs)
            except BaseException as error:
                next_step = run.failed(error, args, kwargs)
                if next_step is None:
                    run._end(error)
                    raise
                if isinstance(next_step, Instead):
                    return _stood_in(run, next_step)
                decision = next_step
            else:
                attempt, run.attempt = run.attempt, None
                if is_told or run.is_eventful:
                    run.conclude(attempt, result)
                run._end(None)
                return result

    return wrapper


def wrap_recovering_coroutine_function(  # noqa: C901 - as above
    function: Callable[..., Awaitable[Any]], plan: Plan
) -> Callable[..., Awaitable[Any]]:
    """Make each coroutine a run of one or more attempts."""
    call, has_before, is_told = limited_later(function, plan), _recoveries(plan).has_before, _is_told(plan)

    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        run = Recovering(plan)
        decision: Again | None = None
        while True:
            try:
                if decision is not None or has_before:
                    await begin_later(run, decision, args, kwargs)
                else:
                    run._begin(args, kwargs)
                result = await call(*args, **kwargs)
            except BaseException as error:
                next_step = run.failed(error, args, kwargs)
                if next_step is None:
                    run._end(error)
                    raise
                if isinstance(next_step, Instead):
                    return await _stood_in_later(run, next_step)
                decision = next_step
            else:
                attempt, run.attempt = run.attempt, None
                if is_told or run.is_eventful:
                    run.conclude(attempt, result)
                run._end(None)
                return result

    return wrapper


def _is_told(plan: Plan) -> bool:
    """Tell whether somebody wants to learn of each attempt that goes well."""
    return plan.record_result or _recoveries(plan).has_after


def _recoveries(plan: Plan) -> Recoveries:
    recoveries: Recoveries = plan.recoveries
    return recoveries


def _stood_in(run: Recovering, decision: Instead) -> Any:
    """Give what stands in for the result, and end the run."""
    try:
        value = decision.give()
        run.stood_in(value)
    except BaseException as error:
        run._end(error)
        raise
    run._end(None)
    return value


async def _stood_in_later(run: Recovering, decision: Instead) -> Any:
    try:
        value = decision.give()
        if inspect.isawaitable(value):
            value = await value
        run.stood_in(value)
    except BaseException as error:
        run._end(error)
        raise
    run._end(None)
    return value


class RecoveringIteration(Recovering, Iteration):
    """One run of a generator that recovers, until it gives the first item."""

    def gave_first(self) -> None:
        """Learn that there is a first item, or none at all: from here on, nothing is tried again."""
        if self.recoveries.has_after:
            self.recoveries.went_well(self._current_attempt())

    def finish(self, error: BaseException | None, closed: bool) -> None:
        """End the attempt, outside of its Context, and the span."""
        attempt, self.attempt = self.attempt, None
        if attempt is not None:
            if isinstance(attempt, UnrecordedAttempt):
                attempt._outer = None
            attempt.over(error)
            attempt.tell_kept()
        self._settle()
        if error is None and not closed:
            self.tell_recovered()
        super().finish(error, closed)


def wrap_recovering_generator_function(
    function: Callable[..., Generator[Any, Any, Any]], plan: Plan
) -> Callable[..., Generator[Any, Any, Any]]:
    """Make each iteration a run, which may begin anew as long as it has given no item."""
    refuse_limit(plan)

    def begin(run: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Generator[Any, Any, Any]:
        return _items(function, run, args, kwargs)

    return wrap_generator_function(function, plan, RecoveringIteration, begin)


def wrap_recovering_async_generator_function(
    function: Callable[..., AsyncGenerator[Any, Any]], plan: Plan
) -> Callable[..., AsyncGenerator[Any, Any]]:
    """Make each iteration a run, which may begin anew as long as it has given no item."""
    refuse_limit(plan)

    def begin(run: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return _AsyncItems(function, run, args, kwargs)

    return wrap_async_generator_function(function, plan, RecoveringIteration, begin)


def _items(
    function: Callable[..., Any], run: RecoveringIteration, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Generator[Any, Any, Any]:
    """Give the items of the first iteration that has one, or of what stands in for them."""
    decision: Decision = None
    while not isinstance(decision, Instead):
        try:
            if decision is not None:
                wait(run, decision)
            prepare(run)
            items = function(*args, **kwargs)
            first = next(items)
        except StopIteration as stop:
            run.gave_first()
            return stop.value
        except BaseException as error:
            decision = run.failed(error, args, kwargs)
            if decision is None:
                raise
        else:
            run.gave_first()
            return (yield from _Begun(items, first))
    others = decision.give()
    run.stood_in(others)
    return (yield from others)


class _Begun(Generator[Any, Any, Any]):
    """A generator of which the first item has been taken."""

    def __init__(self, items: Generator[Any, Any, Any], first: Any) -> None:
        self._items = items
        self._first = [first]

    def send(self, value: Any) -> Any:
        """Give the next item; the first one is there."""
        return self._first.pop() if self._first else self._items.send(value)

    def throw(self, *thrown: Any) -> Any:
        """Throw an exception where the generator has given its latest item."""
        return self._items.throw(*thrown)

    def close(self) -> None:
        """Close it."""
        self._items.close()


class _AsyncItems:
    """The items of the first iteration that has one, or of what stands in for them."""

    def __init__(self, function: Callable[..., Any], run: RecoveringIteration, args: Any, kwargs: Any) -> None:
        self._function = function
        self._run = run
        self._args, self._kwargs = args, kwargs
        self._items: Any = None

    def asend(self, value: Any) -> Any:
        """Give the next item."""
        return self._first() if self._items is None else self._items.asend(value)

    def athrow(self, error: BaseException) -> Any:
        """Throw an exception where the generator has given its latest item."""
        return self._items.athrow(error)

    async def _first(self) -> Any:
        decision: Decision = None
        run = self._run
        while not isinstance(decision, Instead):
            try:
                if decision is not None:
                    await wait_later(run, decision)
                await prepare_later(run)
                self._items = self._function(*self._args, **self._kwargs)
                first = await first_step(self._items)
            except StopAsyncIteration:
                run.gave_first()
                raise
            except BaseException as error:
                decision = run.failed(error, self._args, self._kwargs)
                if decision is None:
                    raise
            else:
                run.gave_first()
                return first
        others = decision.give()
        run.stood_in(others)
        self._items = _each(others)
        return await first_step(self._items)


async def _each(items: Any) -> AsyncGenerator[Any, None]:
    if hasattr(items, "__aiter__"):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item
