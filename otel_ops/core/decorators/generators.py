"""Wrappers of generator functions and of async generator functions.

The span covers the iteration. It is current while the generator's own code runs, and never in the code that consumes
the items. Blocks that the generator holds open while it yields stay open, and stay its own.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any

from opentelemetry.context import Context, attach, get_current

from otel_ops.core.collecting import AT_WORK, is_collecting
from otel_ops.core.plan import Plan
from otel_ops.core.running import Operation
from otel_ops.semconv import Outcome


class Iteration(Operation):
    """A run that is left with each item, and come back to for the next one."""

    __slots__ = ("_consumer", "_within")

    _within: Context
    _consumer: Context

    def start(self, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        """Open the span, with the first step."""
        self._consumer = self._within = get_current()
        self._begin(arguments, named)

    def leave(self) -> None:
        """Give the consumer back its Context."""
        if not (AT_WORK and is_collecting()):
            self._within = get_current()
            attach(self._consumer)

    def come_back(self) -> None:
        """Put the generator's Context in the place of the consumer's."""
        if not (AT_WORK and is_collecting()):
            self._consumer = get_current()
            attach(self._within)

    def finish(self, error: BaseException | None, closed: bool) -> None:
        """End the span; `closed` tells that the consumer wanted no more, whatever the generator made of that."""
        self._outer = None
        if closed and error is None:
            self._conclude_as(Outcome.ABANDONED)
        self._end(error)

    def __del__(self) -> None:
        """End the span where the generator was thrown away without being closed."""
        if self.is_open:
            self.finish(None, closed=True)


Begin = Callable[[Any, tuple[Any, ...], dict[str, Any]], Any]
"""Makes the generator of a run of the arguments that its function is called with."""


def wrap_generator_function(
    function: Callable[..., Generator[Any, Any, Any]],
    plan: Plan,
    kind: type[Iteration] = Iteration,
    begin: Begin | None = None,
) -> Callable[..., Generator[Any, Any, Any]]:
    """Make each iteration a run, of the given kind."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        run, closed = kind(plan), False
        body = function(*args, **kwargs) if begin is None else begin(run, args, kwargs)
        step: Callable[[Any], Any] = body.send
        value: Any = None
        try:
            run.start(args, kwargs)
            while True:
                try:
                    item = step(value)
                finally:
                    value = None
                    run.leave()
                try:
                    step, value = body.send, (yield item)
                except BaseException as thrown:  # noqa: BLE001 - all is the generator's to deal with
                    closed = closed or isinstance(thrown, GeneratorExit)
                    step, value = body.throw, thrown
                run.come_back()
        except StopIteration as stop:
            if plan.record_result:
                run._give(stop.value)
            run.finish(None, closed)
            return stop.value
        except BaseException as error:
            run.finish(error, closed)
            raise

    return wrapper


def wrap_async_generator_function(
    function: Callable[..., AsyncGenerator[Any, Any]],
    plan: Plan,
    kind: type[Iteration] = Iteration,
    begin: Begin | None = None,
) -> Callable[..., AsyncGenerator[Any, Any]]:
    """Make each iteration a run, of the given kind."""

    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        run, closed = kind(plan), False
        body = function(*args, **kwargs) if begin is None else begin(run, args, kwargs)
        step: Any = first_step(body)
        try:
            run.start(args, kwargs)
            while True:
                try:
                    item = await step
                finally:
                    step = None
                    run.leave()
                try:
                    step = body.asend((yield item))
                except BaseException as thrown:  # noqa: BLE001 - all is the generator's to deal with
                    closed = closed or isinstance(thrown, GeneratorExit)
                    step = body.athrow(thrown)
                run.come_back()
        except StopAsyncIteration:
            run.finish(None, closed)
        except BaseException as error:
            run.finish(error, closed)
            raise

    return wrapper


def first_step(body: AsyncGenerator[Any, Any]) -> Any:
    """Begin, unseen by the event loop: it is to close the wrapper, which closes the body in turn."""
    hooks = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(None, None)
    try:
        return body.asend(None)
    finally:
        sys.set_asyncgen_hooks(*hooks)
