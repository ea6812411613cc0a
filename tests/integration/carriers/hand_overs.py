"""Every way to have a function run by a thread, each as a function that returns when that has been done.

They stand here, and not in the tests, since programs beside other instrumentations go through the same ways.
"""

from __future__ import annotations

import _thread
import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from multiprocessing.dummy import Process
from multiprocessing.pool import ThreadPool
from typing import Any

from otel_ops import operation

Work = Callable[[], object]
HandOver = Callable[[Work], object]

TIME = 30.0
NONE = 0
"""What a pool gives a function that takes an item."""


def run(name: str, *_: object) -> None:
    """Be an operation, which tells of the thread's work by its name."""
    with operation(name):
        pass


def _finished(thread: threading.Thread) -> None:
    thread.start()
    thread.join(TIME)


class Overridden(threading.Thread):
    """Runs without what `Thread` makes of ``target``."""

    def __init__(self, work: Work) -> None:
        super().__init__()
        self._work = work

    def run(self) -> None:
        """Do the work."""
        self._work()


class StartOverridden(threading.Thread):
    """Does something of its own at its start."""

    def start(self) -> None:
        """Start."""
        self.name = "own start"
        super().start()


def _low_level(start: Callable[..., object], work: Work) -> None:
    done = threading.Event()

    def run_low_level(then: Callable[[], None]) -> None:
        work()
        then()

    start(run_low_level, (done.set,))
    assert done.wait(TIME)


THREADS: dict[str, HandOver] = {
    "Thread": lambda work: _finished(threading.Thread(target=work)),
    "daemon": lambda work: _finished(threading.Thread(target=work, daemon=True)),
    "Timer": lambda work: _finished(threading.Timer(0, work)),
    "run() overridden": lambda work: _finished(Overridden(work)),
    "start() overridden": lambda work: _finished(StartOverridden(target=work)),
    "multiprocessing.dummy": lambda work: _finished(Process(target=work)),
    "start_new_thread": lambda work: _low_level(_thread.start_new_thread, work),
}


def _through_map(apply: Callable[..., Any], work: Work, *more: Any) -> None:
    list(apply(lambda *_: work(), [NONE], *more))


async def _to_thread(work: Work) -> None:
    await asyncio.to_thread(work)


async def _in_executor(pool: ThreadPoolExecutor, work: Work) -> None:
    await asyncio.get_running_loop().run_in_executor(pool, work)


@contextmanager
def executor(hand_over: Callable[[ThreadPoolExecutor, Work], object]) -> Iterator[HandOver]:
    """Give a way that goes through one executor with one thread."""
    with ThreadPoolExecutor(1) as pool:
        yield partial(hand_over, pool)


@contextmanager
def thread_pool(hand_over: Callable[[ThreadPool, Work], object]) -> Iterator[HandOver]:
    """Give a way that goes through one `ThreadPool` with one thread."""
    with ThreadPool(1) as pool:
        yield partial(hand_over, pool)
        pool.close()
        pool.join()


@contextmanager
def loop(hand_over: Callable[[Work], Any]) -> Iterator[HandOver]:
    """Give a way that goes through the executor of one event loop."""
    own = asyncio.new_event_loop()
    own.set_default_executor(ThreadPoolExecutor(1))
    yield lambda work: own.run_until_complete(hand_over(work))
    own.run_until_complete(own.shutdown_default_executor())
    own.close()


def _called_back(pool: ThreadPool, work: Work) -> None:
    pool.apply_async(int, callback=lambda _: work()).get(TIME)


def _called_back_on_error(pool: ThreadPool, work: Work) -> None:
    pool.apply_async(int, ("no number",), {}, None, lambda _: work()).wait(TIME)


def _map_called_back(pool: ThreadPool, work: Work) -> None:
    pool.map_async(str, [NONE], callback=lambda _: work()).get(TIME)


def _iterable(pool: ThreadPool, work: Work) -> None:
    assert [NONE] == list(pool.imap(int, (NONE for _ in range(1) if work() is None)))


Pool = AbstractContextManager[HandOver]

POOLS: dict[str, Callable[[], Pool]] = {
    "submit": lambda: executor(lambda pool, work: pool.submit(work).result(TIME)),
    "Executor.map": lambda: executor(lambda pool, work: _through_map(pool.map, work)),
    "run_in_executor": lambda: executor(lambda pool, work: asyncio.run(_in_executor(pool, work))),
    "to_thread": lambda: loop(_to_thread),
    "apply": lambda: thread_pool(lambda pool, work: pool.apply(work)),
    "apply_async": lambda: thread_pool(lambda pool, work: pool.apply_async(func=work).get(TIME)),
    "map": lambda: thread_pool(lambda pool, work: _through_map(pool.map, work)),
    "map_async": lambda: thread_pool(lambda pool, work: pool.map_async(lambda _: work(), [NONE]).get(TIME)),
    "imap": lambda: thread_pool(lambda pool, work: _through_map(pool.imap, work)),
    "imap in chunks": lambda: thread_pool(lambda pool, work: _through_map(pool.imap, work, 2)),
    "imap_unordered": lambda: thread_pool(lambda pool, work: _through_map(pool.imap_unordered, work)),
    "starmap": lambda: thread_pool(lambda pool, work: pool.starmap(work, [()])),
    "starmap_async": lambda: thread_pool(lambda pool, work: pool.starmap_async(work, iter([()])).get(TIME)),
    "callback": lambda: thread_pool(_called_back),
    "error_callback": lambda: thread_pool(_called_back_on_error),
    "callback of map": lambda: thread_pool(_map_called_back),
    "iterable of imap": lambda: thread_pool(_iterable),
}


def through_thread(hand_over: HandOver) -> None:
    """Start a thread outside of all operations, and one inside of one."""
    hand_over(partial(run, "alone"))
    with operation("around"):
        hand_over(partial(run, "below"))


THROUGH_THREAD = {"alone": None, "around": None, "below": "around"}
"""The parents that are right for it."""


def through_pool(pool: Pool) -> None:
    """Submit inside of the operation that makes the pool, outside of all, and inside of a later one."""
    with operation("maker"):
        hand_over = pool.__enter__()
        hand_over(partial(run, "first"))
    hand_over(partial(run, "alone"))
    with operation("later"):
        hand_over(partial(run, "second"))
    pool.__exit__(None, None, None)


THROUGH_POOL = {"maker": None, "first": "maker", "alone": None, "later": None, "second": "later"}
"""The parents that are right for it."""
