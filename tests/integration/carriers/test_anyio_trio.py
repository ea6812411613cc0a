"""anyio, on both its backends, and trio: task groups, nurseries, cancel scopes and threads of theirs."""

from __future__ import annotations

import logging
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest
import trio

from otel_ops import OperationContext, current_operation, operation
from otel_ops.testing import Recorder, assert_tree, node

BaseExceptionGroup: Any = vars(sys.modules["builtins" if sys.version_info >= (3, 11) else "exceptiongroup"])[
    "BaseExceptionGroup"
]
"""Python's, or what trio brings along for Python 3.10."""

pytestmark = pytest.mark.carrier("anyio and trio")
both_backends = pytest.mark.parametrize("backend", ["asyncio", "trio"])
Main = Callable[[], Awaitable[None]]


@pytest.fixture(autouse=True)
def _nothing_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No test sees a context that could not be detached, nor anything else."""
    caplog.set_level(logging.DEBUG)
    yield
    assert [] == [record.getMessage() for record in caplog.records if record.levelno > logging.DEBUG]


@pytest.fixture
def in_operation(backend: str) -> Callable[[Main], None]:
    """Run a coroutine on the backend, in an operation ``outer`` which raises what leaves it."""

    async def run(main: Main) -> None:
        with operation("outer"):
            await main()
        assert "" == current_operation().name

    return lambda main: anyio.run(run, main, backend=backend)


@operation
async def work(number: int, seconds: float = 0.0) -> None:
    """Wait in the midst of a suboperation."""
    with operation(f"step {number}"):
        await anyio.sleep(seconds)


@operation
async def fail() -> None:
    """Fail after a moment."""
    await anyio.sleep(0)
    raise ValueError("too hot")


@operation
def block(number: int) -> str:
    """Do something in a thread."""
    with operation(f"step {number}"):
        return current_operation().name


def worked(number: int, name: str = "work", **facts: Any) -> Any:
    """Expect what `work` or `block` leaves."""
    return node(name, node(f"step {number}", **facts), **facts)


FAILED = node("fail", outcome="error", failure=ValueError)


@both_backends
class TestAnyio:
    """What anyio does."""

    def test_task_groups(self, recorder: Recorder, in_operation: Callable[[Main], None]) -> None:
        """The parent of a task is the operation that was current where it was started."""

        async def main() -> None:
            async with anyio.create_task_group() as group:
                group.start_soon(work, 1)
                with operation("inner"):
                    group.start_soon(work, 2)

        in_operation(main)
        assert_tree(recorder, node("outer", worked(1), node("inner", worked(2))), any_order=True)

    def test_one_fails(self, recorder: Recorder, in_operation: Callable[[Main], None]) -> None:
        """The others are cancelled; the group that leaves is that one failure, which is recorded once."""

        async def main() -> None:
            async with anyio.create_task_group() as group:
                group.start_soon(work, 1, 60)
                group.start_soon(fail)

        with pytest.raises(BaseExceptionGroup):
            in_operation(main)
        cancelled = worked(1, outcome="cancelled")
        outer = node("outer", cancelled, FAILED, outcome="error", failure=ValueError)
        assert_tree(recorder, outer, any_order=True)
        assert (1, 0) == (len(recorder.spans.exceptions("fail")), len(recorder.spans.exceptions("outer")))

    def test_move_on_after(self, recorder: Recorder, in_operation: Callable[[Main], None]) -> None:
        """What is cut off is cancelled; the operation around goes on."""

        async def main() -> None:
            with anyio.move_on_after(0.01):
                await work(1, 60)
            await work(2)

        in_operation(main)
        assert_tree(recorder, node("outer", worked(1, outcome="cancelled"), worked(2)))

    def test_fail_after(self, recorder: Recorder, in_operation: Callable[[Main], None]) -> None:
        """What is cut off is cancelled, and the operation that the timeout leaves has timed out."""

        async def main() -> None:
            with anyio.fail_after(0.01):
                await work(1, 60)

        with pytest.raises(TimeoutError):
            in_operation(main)
        assert_tree(recorder, node("outer", worked(1, outcome="cancelled"), outcome="timed_out"))

    def test_cancel_scopes(self, recorder: Recorder, in_operation: Callable[[Main], None]) -> None:
        """A group that is cancelled from inside leaves nothing, and what is shielded ends as it would."""

        async def shielded() -> None:
            with anyio.CancelScope(shield=True):
                await work(2, 0.02)

        async def main() -> None:
            async with anyio.create_task_group() as group:
                group.start_soon(work, 1, 60)
                group.start_soon(shielded)
                await anyio.sleep(0.01)
                group.cancel_scope.cancel()

        in_operation(main)
        assert_tree(recorder, node("outer", worked(1, outcome="cancelled"), worked(2)), any_order=True)

    def test_to_thread_and_back(self, recorder: Recorder, in_operation: Callable[[Main], None]) -> None:
        """A thread of anyio's, and what it runs in the loop, stand below who calls it."""

        def there() -> str:
            with operation("there"):
                anyio.from_thread.run(work, 1)
                return anyio.from_thread.run_sync(block, 2)

        async def main() -> None:
            assert "step 3" == await anyio.to_thread.run_sync(block, 3)
            assert "step 2" == await anyio.to_thread.run_sync(there)
            assert "outer" == current_operation().name

        in_operation(main)
        there_ = node("there", worked(1), worked(2, "block"))
        assert_tree(recorder, node("outer", worked(3, "block"), there_))

    def test_a_generator_that_is_broken_off(self, recorder: Recorder, in_operation: Callable[[Main], None]) -> None:
        """It is abandoned, and what comes after stands where it belongs."""

        @operation("numbers")
        async def numbers() -> Any:
            with OperationContext(user="ada"), operation("hold"):
                for number in range(9):
                    await anyio.sleep(0)
                    yield number

        async def main() -> None:
            iteration = numbers()
            async for _ in iteration:
                break
            await iteration.aclose()
            await work(1)

        in_operation(main)
        hold = node("hold", outcome="abandoned")
        assert_tree(recorder, node("outer", node("numbers", hold, outcome="abandoned"), worked(1)), any_order=True)

    def test_portals(self, recorder: Recorder, backend: str) -> None:
        """What a portal is asked for stands below who asks, whoever opened it."""
        with operation("opened"), anyio.from_thread.start_blocking_portal(backend) as portal:
            portal.call(work, 1)
            with operation("inner"):
                portal.start_task_soon(work, 2).result()
                assert "step 3" == portal.call(block, 3)
        inner = node("inner", worked(2), worked(3, "block"))
        assert_tree(recorder, node("opened", worked(1), inner))

    def test_a_portal_that_was_opened_elsewhere(self, recorder: Recorder, backend: str) -> None:
        """It belongs to no operation."""
        with anyio.from_thread.start_blocking_portal(backend) as portal:
            with operation("asking"):
                portal.call(work, 1)
            portal.call(work, 2)
        assert_tree(recorder, node("asking", worked(1)), worked(2))


class TestTrio:
    """What trio does."""

    def run(self, main: Main) -> None:
        async def run() -> None:
            with operation("outer"):
                await main()
            assert "" == current_operation().name

        trio.run(run)

    def test_nurseries(self, recorder: Recorder) -> None:
        """The parent of a task is the operation that was current where it was started."""

        async def main() -> None:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(work, 1)
                with operation("inner"):
                    nursery.start_soon(work, 2)

        self.run(main)
        assert_tree(recorder, node("outer", worked(1), node("inner", worked(2))), any_order=True)

    def test_one_fails(self, recorder: Recorder) -> None:
        """The others are cancelled; the group that leaves is that one failure, which is recorded once."""

        async def main() -> None:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(work, 1, 60)
                nursery.start_soon(fail)

        with pytest.raises(BaseExceptionGroup):
            self.run(main)
        cancelled = worked(1, outcome="cancelled")
        assert_tree(recorder, node("outer", cancelled, FAILED, outcome="error", failure=ValueError), any_order=True)
        assert (1, 0) == (len(recorder.spans.exceptions("fail")), len(recorder.spans.exceptions("outer")))

    def test_move_on_after(self, recorder: Recorder) -> None:
        """What is cut off is cancelled, nurseries and all: a group of nothing but cancellations is one."""

        @operation("nursery")
        async def in_nursery() -> None:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(work, 1, 60)
                nursery.start_soon(work, 2, 60)

        async def main() -> None:
            with trio.move_on_after(0.01):
                await in_nursery()
            await work(3)

        self.run(main)
        inside = [worked(number, outcome="cancelled") for number in (1, 2)]
        assert_tree(recorder, node("outer", node("nursery", *inside, outcome="cancelled"), worked(3)), any_order=True)

    def test_fail_after(self, recorder: Recorder) -> None:
        """An error of trio's own is a timeout."""

        async def main() -> None:
            with trio.fail_after(0.01):
                await work(1, 60)

        with pytest.raises(trio.TooSlowError):
            self.run(main)
        assert_tree(recorder, node("outer", worked(1, outcome="cancelled"), outcome="timed_out"))

    def test_threads(self, recorder: Recorder) -> None:
        """A thread of trio's, and what it runs in the loop, stand below who calls it."""

        def there() -> str:
            with operation("there"):
                trio.from_thread.run(work, 1)
                return trio.from_thread.run_sync(block, 2)

        async def main() -> None:
            assert "step 3" == await trio.to_thread.run_sync(block, 3)
            assert "step 2" == await trio.to_thread.run_sync(there)

        self.run(main)
        assert_tree(recorder, node("outer", worked(3, "block"), node("there", worked(1), worked(2, "block"))))
