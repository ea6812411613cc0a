"""How much dearer an operation becomes when eight threads run operations at once, beside the idiom of the SDK."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.benchmarks.harness import GROWTH, Case, Loop, Side, Sides
from tests.benchmarks.operations import blocks, blocks_of_idiom
from tests.benchmarks.stock import stock_sdk
from tests.benchmarks.values import KIND

THREADS = 8


def growth(loop: Loop) -> Side:
    """Give the time of so many operations in all threads, as a multiple of that in one, on the clock on the wall."""

    def side(calls: int) -> float:
        return calls * 1e-6 * _seconds(loop, calls, THREADS) / _seconds(loop, calls, 1)

    return side


def _seconds(loop: Loop, calls: int, threads: int) -> float:
    begin = threading.Barrier(threads + 1)

    def run() -> None:
        begin.wait()
        loop(calls // threads)

    started = [threading.Thread(target=run) for _ in range(threads)]
    for thread in started:
        thread.start()
    begin.wait()
    start = time.perf_counter()
    for thread in started:
        thread.join()
    return time.perf_counter() - start


@contextmanager
def scaled() -> Iterator[Sides]:
    """Compare the growth of blocks with that of the idiom, on the same provider."""
    with stock_sdk() as sdk:
        idiom = blocks_of_idiom(sdk.tracer, KIND)
        sdk.compared(blocks, idiom)
        yield Sides(growth(blocks), growth(idiom), sdk.provider.force_flush)


CASES = (Case("threads-8", "block, 8 threads over 1", scaled, GROWTH, target=1.0, calls=1_600, rounds=100),)
