"""asyncio: tasks, groups, timeouts, callbacks and generators have the parent that was current where they were begun."""

from __future__ import annotations

import asyncio
import builtins
import contextvars
import gc
import logging
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from typing import Any

import pytest

from otel_ops import OperationContext, current_operation, operation
from otel_ops.testing import Recorder, assert_tree, node

pytestmark = pytest.mark.carrier("asyncio")
from_python_3_11 = pytest.mark.skipif(sys.version_info < (3, 11), reason="task groups came with Python 3.11")

newer: Any = asyncio
"""asyncio with what came with Python 3.11."""
_Group: Any = getattr(builtins, "ExceptionGroup", None)


@pytest.fixture(autouse=True)
def _nothing_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No test sees a context that could not be detached, nor anything else."""
    caplog.set_level(logging.DEBUG)
    yield
    assert [] == [record.getMessage() for record in caplog.records if record.levelno > logging.DEBUG]


@operation
async def work(number: int = 0, seconds: float = 0.0) -> int:
    """Wait in the midst of a suboperation."""
    with operation(f"step {number}"):
        await asyncio.sleep(seconds)
    return number


@operation
async def fail() -> None:
    """Fail after a moment."""
    await asyncio.sleep(0)
    raise ValueError("too hot")


def worked(number: int, **facts: Any) -> Any:
    """Expect what `work` leaves."""
    return node("work", node(f"step {number}", **facts), **facts)


class TestTasks:
    """Tasks have the operation that made them as parent."""

    async def test_tasks_and_gather(self, recorder: Recorder) -> None:
        """Each, whatever else runs in between."""
        with operation("outer"):
            task = asyncio.create_task(work(1))
            with operation("inner"):
                assert [2, 3] == list(await asyncio.gather(work(2), work(3)))
            assert 1 == await task
            assert "outer" == current_operation().name
        inner = node("inner", worked(2), worked(3))
        assert_tree(recorder, node("outer", worked(1), inner), any_order=True)

    async def test_many_at_once_do_not_mix(self, recorder: Recorder) -> None:
        """A hundred trees, each with its own session."""

        async def run(number: int) -> None:
            with OperationContext(session=str(number)), operation("run"):
                await asyncio.gather(*(work(number) for _ in range(3)))

        await asyncio.gather(*map(run, range(100)))
        assert 100 == len(recorder.logs)
        for log in recorder.logs:
            session = log.context["session.id"]
            assert [f"step {session}"] * 3 == [each.suboperations[0].name for each in log.suboperations]

    async def test_a_gather_of_which_one_fails(self, recorder: Recorder) -> None:
        """The failure is that task's and its parent's; the others end in peace."""
        with pytest.raises(ValueError, match="too hot"), operation("outer"):
            await asyncio.gather(work(1), fail())
        failed = node("fail", outcome="error", failure=ValueError)
        assert_tree(recorder, node("outer", worked(1), failed, outcome="error", failure=ValueError), any_order=True)

    async def test_cancelled(self, recorder: Recorder) -> None:
        """What waits is cancelled, and no error; whoever cancels goes on."""
        with operation("outer"):
            task = asyncio.create_task(work(1, 60))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert_tree(recorder, node("outer", worked(1, outcome="cancelled")))

    async def test_cancelled_before_it_began(self, recorder: Recorder) -> None:
        """What never ran is no operation."""
        with operation("outer"):
            task = asyncio.create_task(work(1))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert_tree(recorder, node("outer"))

    async def test_one_that_outlives_its_operation(self, recorder: Recorder) -> None:
        """What it begins stays below the operation that made it; its end is told late."""
        go_on = asyncio.Event()

        async def live_on() -> None:
            await go_on.wait()
            await work(1)

        with operation("outer"):
            task = asyncio.create_task(live_on())
            await asyncio.sleep(0)
        with operation("other"):
            go_on.set()
            await task
        parents = recorder.spans.parents
        assert {"outer": None, "other": None, "work": "outer", "step 1": "work"} == parents
        assert "suboperation" == recorder.spans.kinds["work"]

    async def test_shielded(self, recorder: Recorder) -> None:
        """What is shielded ends as it would, when its caller was cancelled long ago."""
        inner: list[asyncio.Task[int]] = []

        @operation("shielding")
        async def shielding() -> None:
            inner.append(asyncio.create_task(work(1)))
            await asyncio.shield(inner[0])

        task = asyncio.create_task(shielding())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert 1 == await inner[0]
        assert {"shielding": None, "work": "shielding", "step 1": "work"} == recorder.spans.parents
        outcomes = [recorder.spans.failure(name)[0] for name in ("shielding", "work", "step 1")]
        assert ["cancelled", None, None] == outcomes


class TestTimeouts:
    """What is cut off is cancelled, and who cuts it off timed out."""

    async def test_wait_for(self, recorder: Recorder) -> None:
        """The task inside is cancelled; the operation around, which the timeout leaves, has timed out."""
        with pytest.raises(asyncio.TimeoutError), operation("outer"):
            await asyncio.wait_for(work(1, 60), 0.01)
        assert_tree(recorder, node("outer", worked(1, outcome="cancelled"), outcome="timed_out"))

    @from_python_3_11
    async def test_timeout(self, recorder: Recorder) -> None:
        """So with a block; who catches the timeout is all right."""
        with operation("around"):
            with pytest.raises(TimeoutError), operation("outer"):
                async with newer.timeout(0.01):
                    await work(1, 60)
        outer = node("outer", worked(1, outcome="cancelled"), outcome="timed_out")
        assert_tree(recorder, node("around", outer))


@from_python_3_11
class TestTaskGroups:
    """Groups of tasks."""

    async def test_all_go_well(self, recorder: Recorder) -> None:
        """The parent is the operation that was current where each was made."""
        with operation("outer"):
            async with newer.TaskGroup() as group:
                group.create_task(work(1))
                with operation("inner"):
                    group.create_task(work(2))
        assert_tree(recorder, node("outer", worked(1), node("inner", worked(2))), any_order=True)

    async def test_one_fails(self, recorder: Recorder) -> None:
        """The others are cancelled; the group that leaves is that one failure, which is recorded once."""
        with pytest.raises(_Group), operation("outer"):
            async with newer.TaskGroup() as group:
                group.create_task(work(1, 60))
                group.create_task(fail())
        failed = node("fail", outcome="error", failure=ValueError)
        assert_tree(
            recorder,
            node("outer", worked(1, outcome="cancelled"), failed, outcome="error", failure=ValueError),
            any_order=True,
        )
        assert ("error", "fail") == recorder.spans.failure("outer")
        assert (1, 0) == (len(recorder.spans.exceptions("fail")), len(recorder.spans.exceptions("outer")))

    async def test_several_fail(self, recorder: Recorder) -> None:
        """The group is a failure of its own."""
        with pytest.raises(_Group), operation("outer"):
            async with newer.TaskGroup() as group:
                group.create_task(fail())
                group.create_task(fail())
        failed = node("fail", outcome="error", failure=ValueError)
        assert_tree(recorder, node("outer", failed, failed, outcome="error", failure=_Group))

    async def test_cancelled_from_outside(self, recorder: Recorder) -> None:
        """All of it is cancelled."""

        @operation("outer")
        async def outer() -> None:
            async with newer.TaskGroup() as group:
                group.create_task(work(1, 60))

        task = asyncio.create_task(outer())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert_tree(recorder, node("outer", worked(1, outcome="cancelled"), outcome="cancelled"))


class TestCallbacks:
    """What a loop calls later."""

    async def test_call_soon_and_later(self, recorder: Recorder) -> None:
        """Has the operation as parent in which it was asked for, from another thread, too."""
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def call(name: str) -> None:
            with operation(name):
                if name == "last":
                    done.set()

        with operation("outer"):
            loop.call_soon(call, "soon")
            loop.call_later(0.02, call, "last")
            with operation("inner"):
                loop.call_at(loop.time(), call, "at")
            await asyncio.to_thread(loop.call_soon_threadsafe, call, "from a thread")
            await done.wait()
        parents = recorder.spans.parents
        assert ["outer"] * 3 == [parents[name] for name in ("soon", "last", "from a thread")]
        assert "inner" == parents["at"]

    async def test_done_callbacks(self, recorder: Recorder) -> None:
        """They run in the Context in which they were added."""

        def call(task: asyncio.Task[int]) -> None:
            with operation("done"):
                pass

        with operation("outer"):
            task = asyncio.create_task(work(1))
            with operation("inner"):
                task.add_done_callback(call)
                await task
                await asyncio.sleep(0)
        assert ("inner", "outer") == (recorder.spans.parents["done"], recorder.spans.parents["work"])

    async def test_a_context_of_the_programs_own(self, recorder: Recorder) -> None:
        """An empty one has no operation in it."""
        if sys.version_info < (3, 11):
            pytest.skip("tasks take a context from Python 3.11 on")
        with operation("outer"):
            await asyncio.create_task(work(1), context=contextvars.Context())
        assert {"outer": None, "work": None, "step 1": "work"} == recorder.spans.parents


AsyncGen = AsyncGenerator[int, None]


async def numbers() -> AsyncGen:
    """Hold blocks open while items are given."""
    with OperationContext(user="ada"), operation("hold"):
        for number in range(9):
            with operation("make"):
                await asyncio.sleep(0)
            yield number


async def by_break(iteration: AsyncGen) -> None:
    async for _ in iteration:
        break


async def by_another_task(iteration: AsyncGen) -> None:
    await iteration.__anext__()
    await asyncio.create_task(iteration.aclose())


async def by_collection(iteration: AsyncGen) -> None:
    await iteration.__anext__()
    del iteration
    gc.collect()


async def by_cancellation(iteration: AsyncGen) -> None:
    async def consume() -> None:
        async for _ in iteration:
            await asyncio.sleep(60)

    task = asyncio.create_task(consume())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


WAYS = [by_break, by_another_task, by_collection, by_cancellation]


class TestGeneratorsClosedElsewhere:
    """Async generators that hold blocks, and are left unfinished: by whoever closes them, and wherever."""

    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize("form", [numbers, operation("numbers")(numbers)])
    async def test_closed(
        self, recorder: Recorder, way: Callable[[AsyncGen], Awaitable[None]], form: Callable[[], AsyncGen]
    ) -> None:
        """What comes after stands where it belongs, and nothing is current any more at the end."""
        with operation("outer"):
            await way(form())
            gc.collect()
            await asyncio.sleep(0.01)
            with operation("after"):
                pass
        assert ("", None) == (current_operation().name, OperationContext.current())
        parents = recorder.spans.parents
        assert (None, "outer") == (parents["outer"], parents["after"])
        assert ("hold", "numbers" if "numbers" in parents else "outer") == (parents["make"], parents["hold"])
        assert "abandoned" == recorder.spans.failure("hold")[0]

    def test_by_the_end_of_the_loop(self, recorder: Recorder) -> None:
        """What `asyncio.run` finds left at its end is closed by it."""
        left: list[AsyncGen] = []

        async def main() -> None:
            with operation("outer"):
                left.append(numbers())
                await left[0].__anext__()

        asyncio.run(main())
        assert {"outer": None, "hold": "outer", "make": "hold"} == recorder.spans.parents
        assert "abandoned" == recorder.spans.failure("hold")[0]
        assert "" == current_operation().name

    async def test_two_that_are_closed_in_the_wrong_order(self, recorder: Recorder) -> None:
        """Neither leaves its blocks to the other, nor to the consumer."""
        first, second = numbers(), numbers()
        with operation("outer"):
            await first.__anext__()
            await second.__anext__()
            await first.aclose()
            await second.aclose()
            with operation("after"):
                pass
        assert "" == current_operation().name
        assert "outer" == recorder.spans.parents["after"]


@from_python_3_11
class TestRunners:
    """`asyncio.Runner`, which runs several coroutines in one loop and Context."""

    def test_each_has_the_parent_of_its_caller(self, recorder: Recorder) -> None:
        """Where it was made, as it runs all in the Context of that place, unless it is given one."""
        with operation("outer"):
            with newer.Runner() as runner:
                with operation("inner"):
                    runner.run(work(1), context=contextvars.copy_context())
                runner.run(work(2))
        steps = node("inner", worked(1)), worked(2)
        assert_tree(recorder, node("outer", *steps))
