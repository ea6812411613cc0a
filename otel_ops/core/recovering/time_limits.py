"""Attempts that may take so long and no longer, and waiting between them: in threads, asyncio and trio."""

from __future__ import annotations

import functools
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from otel_ops import faults
from otel_ops.core.plan import Plan


def limited(function: Callable[..., Any], plan: Plan) -> Callable[..., Any]:
    """Bound the time of each call, where the strategies ask for that.

    The function runs in a thread of its own then, with the Context of the caller; where it takes too long, the thread
    is left behind, for Python cannot end it.

    Returns:
        What raises a ``TimeoutError`` where a call takes too long.
    """
    seconds = _limit_of(plan)
    if seconds is None:
        return function

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return _in_thread(functools.partial(function, *args, **kwargs), seconds, plan.name)

    return call


def _limit_of(plan: Plan) -> float | None:
    return None if plan.recoveries is None else plan.recoveries.limit_seconds


def _in_thread(function: Callable[[], Any], seconds: float, name: str) -> Any:
    import threading  # noqa: PLC0415 - few operations have a limit, and importing otel_ops must be cheap
    from contextvars import copy_context  # noqa: PLC0415

    ended: list[tuple[Any, BaseException | None]] = []
    is_over = threading.Event()

    def work() -> None:
        try:
            ended.append((function(), None))
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is waited for
            ended.append((None, error))
        is_over.set()

    threading.Thread(target=copy_context().run, args=(work,), name=name, daemon=True).start()
    if not is_over.wait(seconds):
        faults.count("recovery.thread_left_behind")
        raise _too_long(seconds, name)
    result, error = ended.pop()
    if error is None:
        return result
    try:
        raise error
    finally:
        del error


def _too_long(seconds: float, name: str) -> TimeoutError:
    return TimeoutError(f"an attempt of {name!r} took longer than {seconds:g} s")


def limited_later(function: Callable[..., Awaitable[Any]], plan: Plan) -> Callable[..., Awaitable[Any]]:
    """Bound the time of each coroutine, where the strategies ask for that: it is cancelled after that.

    Returns:
        What raises a ``TimeoutError`` where one takes too long.
    """
    seconds = _limit_of(plan)
    if seconds is None:
        return function

    @functools.wraps(function)
    async def call(*args: Any, **kwargs: Any) -> Any:
        within = _within_trio if _trio() is not None else _within_asyncio
        return await within(function(*args, **kwargs), seconds, plan.name)

    return call


async def _within_asyncio(awaitable: Awaitable[Any], seconds: float, name: str) -> Any:
    import asyncio  # noqa: PLC0415 - as above

    own: list[BaseException] = []
    try:
        return await asyncio.wait_for(_noting_timeouts(awaitable, own), seconds)
    except asyncio.TimeoutError as error:
        if any(error is each for each in own):
            raise
        raise _too_long(seconds, name) from None
    finally:
        own.clear()


async def _noting_timeouts(awaitable: Awaitable[Any], own: list[BaseException]) -> Any:
    """Await something; note a timeout that is its own, which looks as that of the limit around it does."""
    import asyncio  # noqa: PLC0415 - as above

    try:
        return await awaitable
    except asyncio.TimeoutError as error:
        own.append(error)
        raise


async def _within_trio(awaitable: Awaitable[Any], seconds: float, name: str) -> Any:
    with _trio().move_on_after(seconds):
        return await awaitable
    raise _too_long(seconds, name)


def _trio() -> Any:
    """Give the module trio, where this is called by one of its tasks."""
    trio = sys.modules.get("trio")
    try:
        return trio if trio is not None and trio.lowlevel.current_task() else None
    except RuntimeError:
        return None


async def sleep_later(seconds: float) -> None:
    """Wait in a coroutine, whichever library runs it."""
    import asyncio  # noqa: PLC0415 - as above

    await (_trio() or asyncio).sleep(seconds)
