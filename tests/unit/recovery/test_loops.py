"""attempts: blocks that run again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import trio

from otel_ops import operation
from otel_ops.errors import CircuitBreaker, Fallback, Reconnect, Retry, Timeout, attempts
from otel_ops.exceptions import BlockReusedError, CircuitOpenError
from otel_ops.testing import Recorder, assert_tree, node
from tests.unit.core.test_recovering import Flaky, FlakyError, by_asyncio

AT_ONCE = Retry(wait=0)


def test_a_block_runs_again(recorder: Recorder) -> None:
    """Each attempt is a suboperation, and has what runs inside."""
    flaky, numbers = Flaky(2), []
    for attempt in attempts("read page", AT_ONCE, attributes={"page": 3}):
        with attempt:
            numbers.append(attempt.number)
            attempt.operation.set(seen=flaky.calls)
            with operation("read"):
                flaky()

    assert [1, 2, 3] == numbers
    each = node("read page attempt", "read")
    attributes = {"page": 3, "seen": 2, "ops.attempts": 3}
    assert_tree(recorder, node("read page", each, each, each, outcome="recovered", attributes=attributes))


def test_what_goes_well_at_once(recorder: Recorder) -> None:
    """It is one span."""
    for attempt in attempts("read page", AT_ONCE):
        with attempt:
            pass
    assert_tree(recorder, node("read page", outcome="ok"), exact=True)


def test_exhausted(recorder: Recorder) -> None:
    """The last exception comes out of the loop."""
    flaky = Flaky(9)
    with pytest.raises(FlakyError, match="failure 3"):
        for attempt in attempts("read page", AT_ONCE):
            with attempt:
                flaky()
    assert_tree(recorder, node("read page", outcome="error", failure=FlakyError))


def test_leaving_the_loop_from_inside(recorder: Recorder) -> None:
    """``return`` and ``break`` in the block are a success."""

    def read() -> int:
        for attempt in attempts("read page", AT_ONCE):
            with attempt:
                return attempt.number
        raise AssertionError

    assert 1 == read()
    for attempt in attempts("read again", AT_ONCE):
        with attempt:
            break
    assert ["ok", "ok"] == [log.outcome for log in recorder.logs]


def test_leaving_the_loop_between_attempts(recorder: Recorder) -> None:
    """An operation whose loop is left after a failed attempt is abandoned, and nothing of it stays current."""
    for attempt in attempts("read page", AT_ONCE):
        with attempt:
            raise FlakyError
        break
    del attempt
    with operation("next"):
        pass
    assert [("read page", "abandoned"), ("next", "ok")] == [(log.name, log.outcome) for log in recorder.logs]


def test_something_stands_in(recorder: Recorder) -> None:
    """With a fallback the loop ends well, and has the value."""
    loop = attempts("read page", AT_ONCE, Fallback(lambda: "stored"))
    for attempt in loop:
        with attempt:
            raise FlakyError
    assert "stored" == loop.value
    assert_tree(recorder, node("read page", outcome="recovered", attributes={"ops.recovered_by": "Fallback"}))


def test_a_fallback_that_fails(recorder: Recorder) -> None:
    """Its exception leaves the loop."""
    with pytest.raises(KeyError) as told:
        for attempt in attempts("read page", Fallback(Flaky(9, KeyError))):
            with attempt:
                raise FlakyError
    assert isinstance(told.value.__context__, FlakyError)


@pytest.mark.parametrize("run", [by_asyncio, trio.run])
def test_in_coroutines(recorder: Recorder, run: Callable[[Any], Any]) -> None:
    """``async for`` waits and lets others run; ``with`` and ``async with`` do the same."""
    flaky = Flaky(2)

    async def read() -> None:
        async for attempt in attempts("read page", Retry(wait=0.001)):
            async with attempt:
                flaky()
        async for attempt in attempts("read again", AT_ONCE):
            with attempt:
                pass

    run(read)
    assert [("read page", "recovered"), ("read again", "ok")] == [(log.name, log.outcome) for log in recorder.logs]


def test_attempts_that_cannot_begin(recorder: Recorder) -> None:
    """What prepares an attempt may fail: it is tried again, or comes out of the loop."""
    connect, flaky = Flaky(1), Flaky(1)
    for attempt in attempts("read page", AT_ONCE, Reconnect(connect)):
        with attempt:
            flaky()
    assert 2 == connect.calls

    breaker = CircuitBreaker(failures=1)
    with pytest.raises(FlakyError):
        for attempt in attempts("read page", breaker):
            with attempt:
                raise FlakyError
    with pytest.raises(CircuitOpenError):
        for attempt in attempts("read page", breaker):
            with attempt:
                pass


def test_an_expected_exception(recorder: Recorder) -> None:
    """It comes out, and is no failure."""
    with pytest.raises(KeyError):
        for attempt in attempts("read page", AT_ONCE, expected=KeyError):
            with attempt:
                raise KeyError
    assert_tree(recorder, node("read page", outcome="ok"))


def test_attempts_are_blocks(recorder: Recorder) -> None:
    """One that is not used as a block, or twice, is an error, not an endless loop."""
    with pytest.raises(RuntimeError, match="write in the loop: with attempt"):
        for _ in attempts("read page", AT_ONCE):
            pass
    with pytest.raises(BlockReusedError):
        for attempt in attempts("read page", AT_ONCE):
            with attempt:
                pass
            with attempt:
                pass


def test_what_makes_no_sense() -> None:
    """A loop without strategies, with a list of them, and one with a time limit, are refused, with the remedy."""
    with pytest.raises(TypeError, match="has no strategy"):
        attempts("read page")
    with pytest.raises(TypeError, match="give the strategies in it one by one"):
        attempts("read page", [Retry()])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="cannot have a Timeout"):
        attempts("read page", Timeout(3))
