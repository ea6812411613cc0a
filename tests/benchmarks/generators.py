"""Decorated generators against plain ones: what an item costs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

from otel_ops import operation
from tests.benchmarks.harness import MICROSECONDS, Case, Loop, Sides
from tests.benchmarks.stock import stock_sdk

ITEMS = 5_000


def plain(items: int) -> Iterator[int]:
    """Give numbers."""
    yield from range(items)


async def plain_async(items: int) -> AsyncIterator[int]:
    """Give numbers."""
    for number in range(items):
        yield number


def consumed(generator: Callable[[int], Iterator[int]]) -> Loop:
    """Take all items."""

    def loop(items: int) -> None:
        for _ in generator(items):
            pass

    return loop


def consumed_async(generator: Callable[[int], AsyncIterator[int]], events: asyncio.AbstractEventLoop) -> Loop:
    """Take all items."""

    async def consume(items: int) -> None:
        async for _ in generator(items):
            pass

    return lambda items: events.run_until_complete(consume(items))


@contextmanager
def item() -> Iterator[Sides]:
    """Compare the items of generators."""
    with stock_sdk() as sdk:
        decorated = consumed(operation(plain))
        assert len(sdk.told(decorated)) == 1
        yield sdk.sides(decorated, consumed(plain))


@contextmanager
def item_async() -> Iterator[Sides]:
    """Compare the items of async generators."""
    events = asyncio.new_event_loop()
    try:
        with stock_sdk() as sdk:
            decorated = consumed_async(operation(plain_async), events)
            assert len(sdk.told(decorated)) == 1
            yield sdk.sides(decorated, consumed_async(plain_async, events))
    finally:
        events.close()


CASES = (
    Case(
        "generator-item",
        "generator item, over the plain one",
        item,
        MICROSECONDS,
        target=0.5,
        calls=ITEMS,
        rounds=100,
    ),
)

INFORMATION = (
    Case(
        "async-generator-item",
        "async generator item, over a plain one",
        item_async,
        MICROSECONDS,
        calls=ITEMS,
        rounds=100,
    ),
)
