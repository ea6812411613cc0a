"""Operations that recover, where all goes well, against the same operations without recovery."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import repeat
from typing import Any

from otel_ops import Detail, operation
from otel_ops.errors import Retry
from tests.benchmarks.harness import MICROSECONDS, Case, Loop, Sides, clocked
from tests.benchmarks.stock import stock_sdk


def work() -> None:
    """Do nothing."""


async def work_later() -> None:
    """Do nothing, in a coroutine."""


def calls_of(function: Any) -> Loop:
    """Call a function."""

    def loop(calls: int) -> None:
        for _ in repeat(None, calls):
            function()

    return loop


def coroutines_of(function: Any) -> Loop:
    """Await what a coroutine function gives."""

    async def main(calls: int) -> None:
        for _ in repeat(None, calls):
            await function()

    return lambda calls: asyncio.run(main(calls))


@contextmanager
def retry() -> Iterator[Sides]:
    """Compare recorded functions, with and without a retry."""
    with stock_sdk() as sdk:
        with_retry, without = operation("work", recover=Retry())(work), operation("work")(work)
        yield sdk.sides(calls_of(with_retry), calls_of(without))


@contextmanager
def retry_in_coroutine() -> Iterator[Sides]:
    """Compare recorded coroutines, with and without a retry."""
    with stock_sdk() as sdk:
        with_retry, without = operation("work", recover=Retry())(work_later), operation("work")(work_later)
        yield sdk.sides(coroutines_of(with_retry), coroutines_of(without))


@contextmanager
def hidden_retry() -> Iterator[Sides]:
    """Compare hidden functions, with and without a retry."""
    with_retry = operation("work", recover=Retry(), detail=Detail.DEBUG)(work)
    without = operation("work", detail=Detail.DEBUG)(work)
    yield Sides(clocked(calls_of(with_retry)), clocked(calls_of(without)))


CASES = (Case("retry", "call with a Retry - without", retry, MICROSECONDS, target=0.5),)

INFORMATION = (
    Case("retry-coroutine", "coroutine with a Retry - without", retry_in_coroutine, MICROSECONDS),
    Case("retry-hidden", "hidden call with a Retry - without", hidden_retry, MICROSECONDS),
)
