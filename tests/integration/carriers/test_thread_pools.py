"""Pools of threads: what a task does stands below the operation that submitted it, however old the pool is."""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
import threading
import traceback
import weakref
from concurrent.futures import BrokenExecutor, CancelledError, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import ExitStack
from functools import partial
from multiprocessing.pool import ThreadPool
from typing import Any, cast

import pytest

from otel_ops import OperationContext, operation
from otel_ops.sdk import carriers
from otel_ops.testing import Recorder
from tests.integration.carriers import hand_overs
from tests.integration.carriers.hand_overs import TIME, run


@pytest.mark.carrier("thread pools")
@pytest.mark.parametrize("way", hand_overs.POOLS)
def test_the_parent_is_the_operation_at_submit(carrying: Recorder, way: str) -> None:
    """It is so for each task of one thread: in the operation that made the pool, outside of all, in a later one."""
    hand_overs.through_pool(hand_overs.POOLS[way]())

    assert hand_overs.THROUGH_POOL == carrying.spans.parents


@pytest.mark.carrier("thread pools")
def test_many_threads_submit_to_one_pool(carrying: Recorder) -> None:
    """The tasks of eight operations that run at once are never mixed up."""

    def submit(pool: ThreadPoolExecutor, name: str) -> None:
        with operation(name):
            tasks = [pool.submit(run, f"{name}.{number}") for number in range(50)]
            for task in tasks:
                task.result(TIME)

    with ThreadPoolExecutor(4) as pool:
        threads = [threading.Thread(target=submit, args=(pool, f"op{number}")) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(TIME)

    below = {name: parent for name, parent in carrying.spans.parents.items() if "." in name}
    assert 400 == len(below)
    assert all(parent == name.partition(".")[0] for name, parent in below.items())


def test_an_initializer_belongs_to_who_made_the_pool(carrying: Recorder) -> None:
    """The first task may be anybody's; what the pool needs is needed by the operation that made it."""
    with operation("maker"):
        executor = ThreadPoolExecutor(1, initializer=run, initargs=("executor's",))
        pool = ThreadPool(1, run, ("pool's",))
    with operation("later"), executor, pool:
        executor.submit(int).result(TIME)
        pool.apply(int)

    assert {"maker": None, "executor's": "maker", "pool's": "maker", "later": None} == carrying.spans.parents


def test_a_failing_initializer_breaks_the_pool_as_ever(carrying: Recorder, caplog: pytest.LogCaptureFixture) -> None:
    """The tasks fail with the exception of the standard library."""
    with operation("around"), ThreadPoolExecutor(1, initializer=int, initargs=("no number",)) as pool:
        with pytest.raises(BrokenExecutor):
            pool.submit(int).result(TIME)


def test_exceptions_are_the_tasks_own(carrying: Recorder) -> None:
    """The type, the text and the way through the code are as without us."""

    def trace_of_failure() -> list[str]:
        with ThreadPoolExecutor(1) as pool:
            error = pool.submit(int, "no number").exception(TIME)
        assert isinstance(error, ValueError)
        return [frame.name for frame in traceback.extract_tb(error.__traceback__)]

    with operation("around"):
        ours = trace_of_failure()
    carriers.take_out()

    assert trace_of_failure() == ours


def test_a_failed_future_is_freed_at_once(carrying: Recorder) -> None:
    """No exception is in a cycle with its future, as the standard library takes care of."""

    def submitted() -> weakref.ref[object]:
        task = pool.submit(int, "no number")
        error = task.exception(TIME)
        pool.submit(int).result(TIME)
        assert error is not None
        return weakref.ref(task)

    gc.disable()
    try:
        with operation("around"), ThreadPoolExecutor(1) as pool:
            gone = submitted()
        assert gone() is None
    finally:
        gc.enable()


def test_what_is_cancelled_never_runs(carrying: Recorder) -> None:
    """`cancel_futures` cancels 10,000 tasks that wait, and none of them leaves a span."""
    begun, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        begun.set()
        go_on.wait(TIME)

    pool = ThreadPoolExecutor(1)
    with operation("around"):
        pool.submit(hold)
        tasks = [pool.submit(run, "never") for _ in range(10_000)]
        begun.wait(TIME)
        with pytest.raises(FutureTimeoutError):
            tasks[0].result(0)
        pool.shutdown(wait=False, cancel_futures=True)
        go_on.set()
        pool.shutdown()
        with pytest.raises(CancelledError):
            tasks[-1].result(TIME)
        with pytest.raises(RuntimeError, match="cannot schedule new futures after shutdown"):
            pool.submit(int)

    assert all(task.cancelled() for task in tasks)
    assert ["around"] == carrying.spans.names


def test_tasks_that_outlive_their_operation(carrying: Recorder) -> None:
    """A hundred that begin when it has ended are its children all the same."""
    go_on = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        with operation("around"):
            pool.submit(go_on.wait, TIME)
            for number in range(100):
                pool.submit(run, f"late {number}")
        go_on.set()

    assert {"around"} == {parent for name, parent in carrying.spans.parents.items() if name != "around"}


def test_a_waiting_pool_holds_no_operation(carrying: Recorder) -> None:
    """A pool's threads live on, but hold nothing of the contexts that they worked for."""
    with ExitStack() as stack:
        executor, pool = stack.enter_context(ThreadPoolExecutor(2)), stack.enter_context(ThreadPool(2))
        context = OperationContext("run")
        with context, operation("around"):
            executor.submit(run, "task").result(TIME)
            pool.map(run, ["task"])
        gone = weakref.ref(context)
        del context
        executor.submit(int).result(TIME)
        pool.map(int, range(8))
        gc.collect()

        assert gone() is None


def test_a_wrong_call_raises_as_ever(carrying: Recorder) -> None:
    """What the pools refuse, they refuse with the same words."""

    def refusals() -> list[str]:
        told, wrong = [], cast("Any", 3)
        with ThreadPoolExecutor(1) as executor, ThreadPool(1) as pool:
            calls: tuple[Any, ...] = (
                executor.submit,
                pool.apply_async,
                partial(pool.imap, int, [1], 0),
                partial(pool.map, int, wrong),
                partial(pool.apply, wrong),
                partial(ThreadPool, 1, wrong),
                partial(ThreadPoolExecutor, 1, "", wrong),
                pool.imap(int, wrong).next,
            )
            for call in calls:
                with pytest.raises((TypeError, ValueError)) as error:
                    call()
                told.append(str(error.value))
        return told

    with operation("around"):
        ours = refusals()
    carriers.take_out()

    assert refusals() == ours


def test_signatures_are_as_they_were(carrying: Recorder) -> None:
    """Help and checks of signatures see the methods of the standard library."""
    ours = [str(inspect.signature(method)) for method in (ThreadPoolExecutor.submit, ThreadPool.imap, ThreadPool)]
    carriers.take_out()

    assert ours == [
        str(inspect.signature(method)) for method in (ThreadPoolExecutor.submit, ThreadPool.imap, ThreadPool)
    ]
    assert "apply_async" not in vars(ThreadPool)


def test_a_cancelled_await_leaves_the_task_in_its_place(carrying: Recorder) -> None:
    """A task whose awaiter was cancelled is still the child of the operation that submitted it."""
    go_on = threading.Event()

    def work() -> None:
        go_on.wait(TIME)
        run("work")

    async def submit() -> None:
        with operation("around"):
            await asyncio.wait_for(asyncio.to_thread(work), 0.01)

    async def main() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await submit()
        go_on.set()

    asyncio.run(main())

    assert "around" == carrying.spans.parents["work"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_in_a_task(carrying: Recorder) -> None:
    """A child that is forked in the midst of a task can use a pool of its own, and ends."""

    def fork() -> int:
        pid = os.fork()
        if pid == 0:
            with ThreadPoolExecutor(1) as pool:
                pool.submit(run, "in the child").result(TIME)
            os._exit(0)
        return os.waitpid(pid, 0)[1]

    with operation("around"), ThreadPoolExecutor(1) as pool:
        assert 0 == pool.submit(fork).result(TIME)
