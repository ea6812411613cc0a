"""The worker: one daemon thread that outlives what goes wrong in it."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import pytest

from otel_ops.faults import diagnostics
from otel_ops.processors.worker import Worker

NEVER = 3_600.0
SOON = 20.0
"""Seconds that a test waits for another thread before it fails."""


class Work:
    """Work that counts its calls, does something at each, and lets a test wait for the next one."""

    def __init__(self, do: Callable[[], object] = lambda: None) -> None:
        self._do = do
        self.threads: list[threading.Thread] = []
        self.done = threading.Semaphore(0)

    def __call__(self) -> None:
        self.threads.append(threading.current_thread())
        self.done.release()
        self._do()

    def is_done(self) -> bool:
        """Wait for one more call."""
        return self.done.acquire(timeout=SOON)


def fail() -> None:
    """Fail."""
    raise ValueError("broken work")


def leave() -> None:
    """Do as a handler that calls `sys.exit`."""
    raise SystemExit(3)


def interrupt() -> None:
    """Do as a handler that raises what Ctrl-C raises."""
    raise KeyboardInterrupt


def cancel() -> None:
    """Do as a handler in which a task was cancelled."""
    raise asyncio.CancelledError


def test_work_is_done_now_and_then() -> None:
    """Once started, the worker calls its work again and again, on a daemon thread of its own."""
    work = Work()
    worker = Worker(work, 0.001, "test worker")
    worker.ensure()

    assert work.is_done()
    assert work.is_done()
    assert {("test worker", True)} == {(thread.name, thread.daemon) for thread in work.threads}
    worker.finish(lambda: None, SOON)


def test_nothing_runs_before_it_is_started() -> None:
    """Making a worker starts no thread."""
    Worker(fail, 0.001, "never started").wake()

    assert "never started" not in {thread.name for thread in threading.enumerate()}


def test_one_thread_serves_all() -> None:
    """However many threads ask for it at once, one worker thread is started."""
    work = Work()
    worker = Worker(work, 0.001, "the only one")
    askers = [threading.Thread(target=worker.ensure) for _ in range(20)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()

    assert 1 == sum(thread.name == "the only one" for thread in threading.enumerate())
    worker.finish(lambda: None, SOON)


def test_wake_has_the_work_done_now() -> None:
    """A worker that would wait for an hour works when it is woken."""
    work = Work()
    worker = Worker(work, NEVER, "test worker")
    worker.ensure()
    worker.wake()

    assert work.is_done()
    worker.finish(lambda: None, SOON)


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("broken", [fail, leave, interrupt, cancel])
def test_work_that_raises_is_done_again(broken: Callable[[], None]) -> None:
    """An exception, also one that is no Exception, is counted and does not end the worker."""
    work = Work(broken)
    worker = Worker(work, 0.001, "test worker")
    worker.ensure()

    assert work.is_done()
    assert work.is_done()
    assert worker.finish(lambda: None, SOON)
    assert len(work.threads) == diagnostics()["worker.failed"]


def test_the_last_thing_is_done_on_the_thread() -> None:
    """`finish` has the last call made by the worker's thread, after the work at hand, and waits for it."""
    work, last = Work(), Work()
    worker = Worker(work, NEVER, "test worker")
    worker.ensure()

    assert worker.finish(last, SOON)
    assert work.threads[-1:] == last.threads
    assert threading.current_thread() not in last.threads


def test_without_a_thread_the_caller_does_the_last_thing() -> None:
    """A worker that was never started does the last thing at once, and starts no thread for it."""
    last = Work()

    assert Worker(fail, NEVER, "test worker").finish(last, 0)
    assert [threading.current_thread()] == last.threads


def test_finish_gives_up_in_time() -> None:
    """Where work hangs, `finish` returns after its time and says so; the rest is done when the work goes on."""
    goes_on = threading.Event()
    hangs, last = Work(lambda: goes_on.wait(SOON)), Work()
    worker = Worker(hangs, NEVER, "test worker")
    worker.ensure()
    worker.wake()

    assert hangs.is_done()
    assert not worker.finish(last, 0.01)
    assert [] == last.threads
    goes_on.set()
    assert last.is_done()


def test_the_last_thing_is_done_however_late_it_comes() -> None:
    """`finish` does not wait in vain where the thread has just found that there is nothing to do."""
    told: list[bool] = []
    worker = Worker(lambda: None, NEVER, "test worker")
    asker = threading.Thread(target=lambda: told.append(worker.finish(lambda: None, SOON)))

    class Tasks(deque[Any]):
        def __bool__(self) -> bool:
            is_any = len(self) > 0
            if asker.ident is None:
                asker.start()
                while not worker._is_over:
                    time.sleep(0.001)
            return is_any

    worker._tasks = Tasks()
    worker.ensure()
    worker.wake()
    assert worker.join(SOON)
    asker.join()
    assert [True] == told


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("broken", [fail, leave, interrupt, cancel])
def test_a_last_thing_that_raises_is_done(broken: Callable[[], None]) -> None:
    """`finish` does not wait in vain where the last thing fails."""
    worker = Worker(lambda: None, NEVER, "test worker")
    worker.ensure()

    assert worker.finish(broken, SOON)


def test_work_can_finish_its_own_worker() -> None:
    """Called by the work itself, `finish` waits for nobody, and has the last thing done behind that work."""
    told: list[object] = []

    def work() -> None:
        told.append(worker.finish(lambda: told.append("last"), SOON))
        told.append("work goes on")

    worker = Worker(work, NEVER, "test worker")
    worker.ensure()
    worker.wake()

    assert worker.join(SOON)
    assert [False, "work goes on", "last"] == told


def test_a_call_is_made_by_the_thread_which_goes_on() -> None:
    """`call` has something done behind the work at hand, waits for it, and leaves the worker as it was."""
    work, task = Work(), Work()
    worker = Worker(work, NEVER, "test worker")
    worker.ensure()

    assert worker.call(task, SOON)
    assert worker.call(task, SOON)
    assert {work.threads[0]} == set(task.threads)
    assert not worker.join(0)
    worker.finish(lambda: None, SOON)
    assert worker.join(SOON)


def test_a_stopped_worker_is_not_started_again() -> None:
    """After `stop` the thread ends, and `ensure` starts no other."""
    work = Work()
    worker = Worker(work, 0.001, "stopped worker")
    worker.ensure()
    assert work.is_done()
    worker.stop()
    work.threads[0].join(SOON)
    worker.ensure()

    assert not work.threads[0].is_alive()
    assert "stopped worker" not in {thread.name for thread in threading.enumerate()}
