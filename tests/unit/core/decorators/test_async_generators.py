"""Async generators as operations: the protocol of the plain one, also broken off, collected, or closed elsewhere."""

import asyncio
import gc
import inspect
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import context as otel_context

from otel_ops import OperationContext, current_operation, operation
from otel_ops.testing import Recorder, assert_tree, node

AsyncGen = AsyncGenerator[Any, Any]


async def echo(first: Any = "begin") -> AsyncGen:
    """Yield what was sent or thrown, until asked to stop; wait in between."""
    sent = yield first
    while sent != "stop":
        await asyncio.sleep(0)
        try:
            sent = yield ("sent", sent)
        except KeyError as error:
            sent = yield ("thrown", error.args)


async def test_the_protocol_is_forwarded(recorder: Recorder) -> None:
    """`asend`, `athrow` and the end are those of the plain async generator."""
    iteration = operation("echo")(echo)("hello")
    assert ["hello", ("sent", 1), ("thrown", ("k",)), ("sent", 2)] == [
        await iteration.__anext__(),
        await iteration.asend(1),
        await iteration.athrow(KeyError("k")),
        await iteration.asend(2),
    ]
    with pytest.raises(StopAsyncIteration):
        await iteration.asend("stop")
    assert_tree(recorder, node("echo", kind="operation", outcome="ok"))


@given(st.lists(st.sampled_from(["next", "send", "throw", "throw other", "close", "stop"]), max_size=8))
def test_any_use_gives_what_the_plain_generator_gives(steps: list[str]) -> None:
    """Whatever a consumer does, and in whatever order, it sees the same items, values and exceptions."""

    async def compare() -> None:
        assert await played(echo(), steps) == await played(operation(echo)(), steps)

    with Recorder():
        asyncio.run(compare())


async def played(iteration: AsyncGen, steps: list[str]) -> list[object]:
    """Play the part of the consumer; give all that it sees."""
    acts: dict[str, Callable[[], Awaitable[object]]] = {
        "next": iteration.__anext__,
        "send": lambda: iteration.asend("x"),
        "throw": lambda: iteration.athrow(KeyError("k")),
        "throw other": lambda: iteration.athrow(ValueError("v")),
        "close": iteration.aclose,
        "stop": lambda: iteration.asend("stop"),
    }
    return [await seen(acts[step]) for step in steps]


async def seen(act: Callable[[], Awaitable[object]]) -> object:
    try:
        return await act()
    except Exception as error:
        return type(error), str(error)


def test_the_function_stays_an_async_generator_function() -> None:
    """`inspect` tells so, of the function and of what it gives."""
    decorated = operation("echo things")(echo)
    assert inspect.isasyncgenfunction(decorated)
    assert inspect.isasyncgen(decorated())
    assert inspect.signature(echo) == inspect.signature(decorated)


async def test_nothing_leaks_into_the_consumer(recorder: Recorder) -> None:
    """Between two items the consumer's own Context is current."""

    @operation("numbers")
    async def numbers() -> AsyncGen:
        for number in range(2):
            async with operation("make"):
                await asyncio.sleep(0)
            yield number

    with operation("consume"):
        before = otel_context.get_current()
        async for _ in numbers():
            assert before is otel_context.get_current()
            with operation("use"):
                await asyncio.sleep(0)
    assert_tree(recorder, node("consume", node("numbers", "make", "make"), "use", "use"), any_order=True)


async def test_broken_off(recorder: Recorder, caplog: pytest.LogCaptureFixture) -> None:
    """After `break` the consumer goes on in its own Context; the iteration ends as abandoned; nothing is logged."""

    @operation("numbers")
    async def numbers() -> AsyncGen:
        with OperationContext(user="ada"), operation("hold"):
            for number in range(9):
                yield number

    with operation("consume"):
        async for _ in numbers():
            break
        assert OperationContext.current() is None
        with operation("after"):
            gc.collect()
            await asyncio.sleep(0.01)
    assert_tree(
        recorder,
        node("consume", node("numbers", node("hold", outcome="abandoned"), outcome="abandoned"), "after"),
        any_order=True,
    )
    assert [] == caplog.records


async def test_closed_from_another_task(recorder: Recorder, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever closes it gets its own Context back; there is no error of detaching."""
    iteration = operation("numbers")(echo)()
    with operation("opened"):
        await iteration.__anext__()

    async def close() -> str:
        with operation("closing"):
            await iteration.aclose()
            return current_operation().name

    assert "closing" == await asyncio.create_task(close())
    assert "" == current_operation().name
    assert_tree(recorder, node("opened", node("numbers", outcome="abandoned")), "closing")
    assert [] == caplog.records


def test_collected_without_a_loop(recorder: Recorder) -> None:
    """Thrown away where no event loop could close it, the span ends all the same."""
    iteration = operation("numbers")(echo)()
    with pytest.raises(StopIteration):
        iteration.__anext__().send(None)
    del iteration
    gc.collect()
    assert_tree(recorder, node("numbers", outcome="abandoned"))


def test_left_to_the_end_of_the_loop(recorder: Recorder, caplog: pytest.LogCaptureFixture) -> None:
    """`asyncio.run` closes what is left, once: the wrapper, which closes the body, also one that waits on its way."""

    @operation("slow to end")
    async def slow_to_end() -> AsyncGen:
        try:
            yield 1
        finally:
            async with operation("clean up"):
                await asyncio.sleep(0.001)

    async def main() -> AsyncGen:
        iteration = slow_to_end()
        await iteration.__anext__()
        return iteration

    with caplog.at_level(logging.DEBUG):
        asyncio.run(main())
    assert_tree(recorder, node("slow to end", "clean up", outcome="abandoned"))
    assert [] == [record for record in caplog.records if record.levelno > logging.DEBUG]


async def test_cancelled_while_it_waits(recorder: Recorder) -> None:
    """Cancelling the consumer ends the iteration with the outcome cancelled, which is no error."""

    @operation("waiting")
    async def waiting() -> AsyncGen:
        yield 1
        await asyncio.sleep(60)

    async def consume() -> None:
        async for _ in waiting():
            pass

    task = asyncio.create_task(consume())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert_tree(recorder, node("waiting", outcome="cancelled"))


async def test_many_at_once_do_not_mix(recorder: Recorder) -> None:
    """Iterations in many tasks, each with blocks open while it waits and yields, have a tree each."""

    @operation("stream", capture=["number"])
    async def stream(number: int) -> AsyncGen:
        for step in range(3):
            with operation("step", attributes={"of": number}):
                await asyncio.sleep(0)
                yield step

    async def consume(number: int) -> None:
        async for _ in stream(number):
            await asyncio.sleep(0)

    await asyncio.gather(*map(consume, range(20)))
    assert 20 == len(recorder.logs)
    assert all(
        [log.attributes["ops.arg.number"]] * 3 == [step.attributes["of"] for step in log.suboperations]
        for log in recorder.logs
    )


async def test_hidden(recorder: Recorder) -> None:
    """Below the level of detail there is no span, and a failure is told all the same."""

    @operation("hidden", detail="DEBUG")
    async def hidden() -> AsyncGen:
        yield 1
        raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        async for _ in hidden():
            assert [] == recorder.spans.names
    assert_tree(recorder, node("hidden", failure=ValueError))
