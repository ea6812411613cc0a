"""Reconnect and Cleanup between attempts, Timeout for each."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import trio

from otel_ops import operation
from otel_ops.core.running import Operation
from otel_ops.errors import Cleanup, Fallback, Reconnect, Retry, Timeout
from otel_ops.faults import diagnostics
from otel_ops.operations import current_operation
from otel_ops.testing import Recorder, assert_tree, node
from tests.unit.core.test_recovering import Flaky, FlakyError, by_asyncio

AT_ONCE = Retry(wait=0)


@pytest.mark.parametrize("strategy", [Reconnect, Cleanup])
def test_between_attempts_only(recorder: Recorder, strategy: Any) -> None:
    """The function is called before each attempt but the first."""
    calls: list[int] = []
    flaky = Flaky(2)
    operation("load", recover=[strategy(lambda: calls.append(flaky.calls)), AT_ONCE])(flaky)()
    assert [1, 2] == calls


def test_a_reconnect_that_fails_is_a_failed_attempt(recorder: Recorder) -> None:
    """It is the first step of its attempt, and tried again as that is."""
    flaky, connect = Flaky(1), Flaky(1, ConnectionError)
    operation("load", recover=[AT_ONCE, Reconnect(connect)])(flaky)()
    failed = [log.failure.type if log.failure else "" for log in recorder.tree.suboperations]
    assert [f"{FlakyError.__module__}.FlakyError", "ConnectionError", ""] == failed


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("in_coroutine", [False, True])
def test_a_clean_up_that_fails_is_told(recorder: Recorder, in_coroutine: bool) -> None:
    """It costs no attempt."""

    async def broken_later() -> None:
        raise FlakyError

    flaky = Flaky(2)
    if in_coroutine:

        @operation("load", recover=[AT_ONCE, Cleanup(broken_later)])
        async def load() -> None:
            flaky()

        asyncio.run(load())
    else:
        operation("load", recover=[AT_ONCE, Cleanup(Flaky(9))])(flaky)()

    assert 2 == diagnostics()["recovery.failed"]
    assert_tree(recorder, node("load", outcome="recovered", attributes={"ops.attempts": 3}))


def test_coroutine_functions_are_for_coroutines(recorder: Recorder) -> None:
    """They are awaited there, and an error elsewhere."""
    calls: list[str] = []

    async def connect() -> None:
        calls.append("connect")

    flaky = Flaky(1)

    @operation("load", recover=[AT_ONCE, Reconnect(connect)])
    async def load() -> None:
        flaky()

    asyncio.run(load())
    assert ["connect"] == calls
    with pytest.raises(TypeError, match="prepares attempts with a coroutine"):
        operation("load", recover=[Retry(FlakyError, wait=0), Reconnect(connect)])(Flaky(1))()


@pytest.mark.parametrize("strategy", [Reconnect, Cleanup])
def test_they_need_a_function(strategy: Any) -> None:
    """What cannot be called is refused."""
    with pytest.raises(TypeError, match="give a function"):
        strategy(3)


def test_a_function_that_takes_too_long(recorder: Recorder) -> None:
    """The attempt fails as timed out; the thread is left behind and counted."""
    go_on = threading.Event()
    seen: list[Operation] = []

    @operation("load", recover=[Timeout(0.02), Fallback("late")])
    def load() -> str:
        seen.append(current_operation())
        go_on.wait()
        return "in time"

    assert "late" == load()
    assert 1 == diagnostics()["recovery.thread_left_behind"]
    assert ["load"] == [run.name for run in seen]
    assert_tree(recorder, node("load", node("load attempt", outcome="timed_out"), outcome="recovered"))
    go_on.set()
    go_on.clear()
    go_on.set()
    assert "in time" == load()


def test_a_function_in_its_own_thread(recorder: Recorder) -> None:
    """It has the operation of its caller around it, and its exceptions come out as they are."""
    flaky = Flaky(1)

    @operation("load", recover=[Timeout(60), AT_ONCE])
    def load(path: str) -> Any:
        with operation("read"):
            return flaky(path)

    assert ("x",) == load("x")
    attempts = [node("load attempt", "read"), node("load attempt", "read")]
    assert_tree(recorder, node("load", *attempts, outcome="recovered"))


@pytest.mark.parametrize(("run", "sleep"), [(by_asyncio, asyncio.sleep), (trio.run, trio.sleep)])
def test_a_coroutine_that_takes_too_long(recorder: Recorder, run: Callable[..., Any], sleep: Any) -> None:
    """It is cancelled, and tried again."""
    waits = iter([30, 0])
    ended: list[str] = []

    @operation("load", recover=[Timeout(0.02), Retry(TimeoutError, wait=0)])
    async def load() -> str:
        try:
            await sleep(next(waits))
        finally:
            ended.append("ended")
        return "in time"

    assert "in time" == run(load)
    assert ["ended", "ended"] == ended
    assert_tree(recorder, node("load", node("load attempt", outcome="timed_out"), "load attempt", outcome="recovered"))


def test_its_own_time_out(recorder: Recorder) -> None:
    """What the coroutine itself raises stays as it is."""

    @operation("load", recover=Timeout(60))
    async def load() -> None:
        raise TimeoutError("mine")

    with pytest.raises(TimeoutError, match="mine"):
        asyncio.run(load())


def test_generators_cannot_have_one() -> None:
    """That is said where they are decorated."""

    def rows() -> Iterator[int]:
        yield 1

    with pytest.raises(TypeError, match="cannot have a Timeout"):
        operation(recover=Timeout(3))(rows)


@pytest.mark.parametrize("seconds", [0, -1, "3", float("inf"), True])
def test_bad_seconds(seconds: Any) -> None:
    """They are refused."""
    with pytest.raises((TypeError, ValueError), match="seconds="):
        Timeout(seconds)


def test_the_shortest_one_counts(recorder: Recorder) -> None:
    """Of several, the shortest bounds the time."""
    with pytest.raises(TimeoutError, match=r"longer than 0\.01 s"):
        operation("load", recover=[Timeout(60), Timeout(0.01)])(lambda: time.sleep(0.05))()


@pytest.mark.parametrize("seconds", [1e10, 10**400])
def test_what_no_clock_can_wait_for_is_refused(seconds: float) -> None:
    """Where it is written, and not by an overflow in the place of the program's result."""
    with pytest.raises(ValueError, match=r"seconds=1.*give seconds, more than 0, and 1e\+09 at most"):
        Timeout(seconds)


def test_a_timeout_inside_of_a_coroutine_is_its_own() -> None:
    """One that the coroutine sets itself comes out as it is, although the longer one is not over."""

    @operation(recover=Timeout(60))
    async def load() -> None:
        await asyncio.wait_for(asyncio.sleep(60), 0.01)

    with pytest.raises(asyncio.TimeoutError) as told:
        asyncio.run(load())
    assert "60 s" not in str(told.value)
    assert isinstance(told.value.__cause__, asyncio.CancelledError)
