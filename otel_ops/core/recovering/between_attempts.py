"""What is done between attempts, by functions, coroutines and loops alike: to wait, and to prepare the next one."""

from __future__ import annotations

import inspect
import time
from collections.abc import Mapping
from typing import Any

from otel_ops.core.plan import Plan
from otel_ops.core.recovering.driver import Recovering
from otel_ops.core.recovering.strategy import Again
from otel_ops.core.recovering.time_limits import sleep_later


def begin(
    run: Recovering, decision: Again | None, arguments: tuple[Any, ...] = (), named: Mapping[str, Any] | None = None
) -> None:
    """Begin the first attempt, or wait and begin the next one, and have it prepared."""
    if decision is None:
        run._begin(arguments, named)
    else:
        wait(run, decision)
    if run.recoveries.has_before:
        prepare(run)


async def begin_later(
    run: Recovering, decision: Again | None, arguments: tuple[Any, ...] = (), named: Mapping[str, Any] | None = None
) -> None:
    """Begin an attempt of a coroutine."""
    if decision is None:
        run._begin(arguments, named)
    else:
        await wait_later(run, decision)
    if run.recoveries.has_before:
        await prepare_later(run)


def wait(run: Recovering, decision: Again) -> None:
    """Wait, and begin the next attempt."""
    if decision.wait_seconds:
        time.sleep(decision.wait_seconds)
    run.again(decision)


async def wait_later(run: Recovering, decision: Again) -> None:
    """Wait in a coroutine, and begin the next attempt."""
    await sleep_later(decision.wait_seconds)
    run.again(decision)


def prepare(run: Recovering) -> None:
    """Have the strategies prepare an attempt.

    Raises:
        TypeError: one of them gives an awaitable, and there is nobody to await it.
    """
    for given in run.prepare():
        if inspect.isawaitable(given):
            _drop(given)
            msg = f"a strategy of {run.name!r} prepares attempts with a coroutine; give it a plain function"
            raise TypeError(msg)


def _drop(given: Any) -> None:
    if inspect.iscoroutine(given):
        given.close()


async def prepare_later(run: Recovering) -> None:
    """Have the strategies prepare an attempt of a coroutine."""
    for given in run.prepare():
        if inspect.isawaitable(given):
            await given


def refuse_limit(plan: Plan) -> None:
    """Refuse a limit for the time of attempts where nothing can end one.

    Raises:
        TypeError: there is such a limit.
    """
    if plan.recoveries is not None and plan.recoveries.limit_seconds is not None:
        msg = f"{plan.name!r} cannot have a Timeout: that is for functions and coroutines; put it on what it calls"
        raise TypeError(msg)
