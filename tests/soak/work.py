"""The same work by every carrier: a block, and its steps, each carried to where it is run."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from multiprocessing.pool import Pool, ThreadPool

from otel_ops import OperationContext, operation

STEPS = 50
"""Steps of a block."""

Step = Callable[[int], None]
Way = Callable[[Step], None]
"""Has all steps run, each where a carrier takes it."""

_log = logging.getLogger("soak")
_log.setLevel(logging.INFO)


@operation("step", capture=["carrier", "number", "index"])
def step(carrier: str, number: int, index: int) -> None:
    """Be one step of a block, and say so."""
    _log.info("step %d of %s", index, carrier)


@operation("block", capture=["carrier", "number"])
def run_block(carrier: str, number: int, way: Way) -> None:
    """Have the steps of a block run by a carrier, in a round of some number."""
    way(partial(step, carrier, number))


def in_threads(run: Step) -> None:
    """Start a thread for each step."""
    threads = [threading.Thread(target=run, args=(index,)) for index in range(STEPS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def in_executor(pool: ThreadPoolExecutor, run: Step) -> None:
    """Submit each step to a pool of threads that was made long before."""
    for future in [pool.submit(run, index) for index in range(STEPS)]:
        future.result()


def in_pool(pool: Pool, run: Step) -> None:
    """Map the steps, in chunks."""
    pool.map(run, range(STEPS), chunksize=7)


def in_processes(pool: ProcessPoolExecutor, run: Step) -> None:
    """Submit the steps to a pool of processes that was made long before."""
    list(pool.map(run, range(STEPS), chunksize=5))


def in_process(run: Step) -> None:
    """Run all steps in a process that is forked for them."""
    process = multiprocessing.get_context("fork").Process(target=_all, args=(run,))
    process.start()
    process.join()


def _all(run: Step) -> None:
    for index in range(STEPS):
        run(index)


def in_tasks(run: Step) -> None:
    """Run each step in a task of an event loop, every other one in a thread of its."""
    asyncio.run(_in_tasks(run))


async def _in_tasks(run: Step) -> None:
    async def task(index: int) -> None:
        await asyncio.sleep(0)
        run(index)

    await asyncio.gather(
        *(task(index) if index % 2 else asyncio.to_thread(run, index) for index in range(STEPS)),
    )


def in_queue(work: queue.Queue[Callable[[], None]], run: Step) -> None:
    """Hand bound steps to a worker that knows nothing of them."""
    bound = context.bind(run) if (context := OperationContext.current()) else run
    for index in range(STEPS):
        work.put(partial(bound, index))
    work.join()


def _serve(work: queue.Queue[Callable[[], None]]) -> None:
    while True:
        work.get()()
        work.task_done()


@contextmanager
def ways() -> Iterator[dict[str, Way]]:
    """Give the way of each carrier; pools stay the same for all rounds."""
    work: queue.Queue[Callable[[], None]] = queue.Queue()
    threading.Thread(target=_serve, args=(work,), daemon=True).start()
    forking = multiprocessing.get_context("fork")
    with ExitStack() as stack:
        yield {
            "process pool": partial(in_pool, stack.enter_context(forking.Pool(2, maxtasksperchild=20))),
            "process executor": partial(in_processes, stack.enter_context(_executor())),
            "executor": partial(in_executor, stack.enter_context(ThreadPoolExecutor(4))),
            "thread pool": partial(in_pool, stack.enter_context(ThreadPool(4))),
            "threads": in_threads,
            "process": in_process,
            "asyncio": in_tasks,
            "queue": partial(in_queue, work),
            **_of_joblib(),
        }


def _executor() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))


def _of_joblib() -> dict[str, Way]:
    try:
        from joblib import Parallel, delayed
    except ImportError:
        return {}

    def in_joblib(run: Step) -> None:
        Parallel(n_jobs=2)(delayed(run)(index) for index in range(STEPS))

    return {"joblib": in_joblib}
