"""What submitting to a pool of threads costs where it carries, and what tasks that wait take of memory."""

from __future__ import annotations

import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path

from otel_ops import operation
from otel_ops.core.carried import carry
from otel_ops.sdk import carriers
from tests.benchmarks.harness import BYTES, MICROSECONDS, Case, Loop, Side, Sides
from tests.benchmarks.stock import stock_sdk

CONTRIB = Path(sys.prefix, "apart", "contrib")


def _nothing() -> None:
    pass


def _submits(pool: ThreadPoolExecutor, calls: int) -> None:
    for task in [pool.submit(_nothing) for _ in range(calls)]:
        task.result()


def _process_time(loop: Loop) -> Side:
    """Give the CPU time of all threads: half of the work is the pool's."""

    def side(calls: int) -> float:
        start = time.process_time()
        loop(calls)
        return time.process_time() - start

    return side


def _while_in(put_in: Callable[[], object], take_out: Callable[[], object], side: Side) -> Side:
    def changed(calls: int) -> float:
        put_in()
        try:
            return side(calls)
        finally:
            take_out()

    return changed


def _ours(side: Side) -> Side:
    return _while_in(partial(carriers.put_in, ()), carriers.take_out, side)


@contextmanager
def _submitting(theirs: Callable[[Side], Side]) -> Iterator[Sides]:
    with stock_sdk(), operation("around"), ThreadPoolExecutor(1) as pool:
        _submits(pool, 1)
        side = _process_time(partial(_submits, pool))
        yield Sides(_ours(side), theirs(side))


@contextmanager
def against_contrib() -> Iterator[Sides]:
    """Compare with the same under contrib's instrumentation, which is imported from where it stands apart."""
    sys.path.append(str(CONTRIB))
    theirs = import_module("opentelemetry.instrumentation.threading").ThreadingInstrumentor()
    with _submitting(partial(_while_in, theirs.instrument, theirs.uninstrument)) as sides:
        yield sides


@contextmanager
def against_bare() -> Iterator[Sides]:
    """Compare with the same in a pool that carries nothing."""
    with _submitting(lambda side: side) as sides:
        yield sides


def _bytes_of_waiting(calls: int) -> float:
    """Give the bytes that tasks take while they wait, as if they were seconds per million."""
    begun, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        begun.set()
        go_on.wait()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(hold)
        begun.wait()
        tracemalloc.start()
        tasks = [pool.submit(_nothing) for _ in range(calls)]
        taken, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        pool.shutdown(wait=False, cancel_futures=True)
        go_on.set()
    assert len(tasks) == calls
    return taken / 1e6


@contextmanager
def waiting() -> Iterator[Sides]:
    """Compare what tasks that wait take with what they take in a pool that carries nothing."""
    with stock_sdk(), operation("around"):
        assert carry() is not None
        yield Sides(_ours(_bytes_of_waiting), _bytes_of_waiting)


CASES = (
    Case("submit-contrib", "thread-pool task, against contrib's", against_contrib, target=1.0, calls=1_000),
    Case("submit-bare", "thread-pool task, against bare", against_bare, MICROSECONDS, 2.0, calls=1_000),
    Case("waiting-tasks", "memory of each of 100,000 waiting tasks", waiting, BYTES, 1_000, calls=100_000, rounds=3),
)
