"""Half-lives of radioactive samples: counted in tasks, corrected in threads, fitted in processes, written by a queue.

Run as ``python half_lives.py`` or, for another way to start processes, ``python half_lives.py spawn``.
"""

from __future__ import annotations

import asyncio
import logging
import math
import multiprocessing
import queue
import random
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from statistics import linear_regression, mean, stdev

from otel_ops import OperationContext, configure, operation, shutdown

SAMPLES = {"Ba-137m": 153.1, "Ag-108": 142.9, "In-116": 3_257.0, "Tc-99m": 21_624.0}
"""Half-lives in seconds, as tables have them; those that are counted here decay so."""

READINGS = 60
DEAD_TIME = 2e-6
REPEATS = 2_000

log = logging.getLogger("half_lives")

Series = list[tuple[float, float]]
"""Seconds since the start, and counts in the second that follows."""


@operation(capture=["sample"])
async def count(sample: str) -> Series:
    """Read a detector, which takes its time."""
    noise = random.Random(sample)
    rate = math.log(2) / SAMPLES[sample]
    series = []
    for reading in range(READINGS):
        seconds = reading * SAMPLES[sample] / READINGS
        true = 40_000 * math.exp(-rate * seconds)
        series.append((seconds, noise.gauss(true, math.sqrt(true)) / (1 + true * DEAD_TIME)))
        await asyncio.sleep(0.001)
    return series


@operation
def correct(series: Series) -> Series:
    """Give the counts that a detector without dead time would have seen."""
    saturated = sum(counts * DEAD_TIME > 0.07 for _, counts in series)
    if saturated:
        log.warning("%d of %d readings are near saturation", saturated, len(series))
    return [(seconds, counts / (1 - counts * DEAD_TIME)) for seconds, counts in series]


@operation(capture=["repeats"], record_result=True)
def fit(series: Series, repeats: int) -> tuple[float, float]:
    """Give the half-life and its uncertainty, from fits to resampled readings."""
    with operation("resample"):
        draw = random.Random(repeats)
        samples = [draw.choices(series, k=len(series)) for _ in range(repeats)]
    with operation("regress"):
        found = [half_life(sample) for sample in samples]
    return mean(found), stdev(found)


def half_life(series: Series) -> float:
    """Fit the decay of one series."""
    slope, _ = linear_regression([seconds for seconds, _ in series], [math.log(counts) for _, counts in series])
    return -math.log(2) / slope


@operation(capture=["sample"])
def write(sample: str, half_life: float, uncertainty: float) -> None:
    """Add a line to the report."""
    print(f"{sample},{half_life:.5g},{uncertainty:.2g}", flush=True)


@operation("sample", capture=["sample"])
async def analyse(sample: str, pool: ProcessPoolExecutor, reports: queue.Queue[Callable[[], None] | None]) -> None:
    """Count in this task, correct in a thread, fit in a process, and have a worker of its own write the report."""
    series = await asyncio.to_thread(correct, await count(sample))
    result = await asyncio.get_running_loop().run_in_executor(pool, fit, series, REPEATS)
    context = OperationContext.current()
    report = partial(write, sample, *result)
    reports.put(report if context is None else context.bind(report))


def serve(reports: queue.Queue[Callable[[], None] | None]) -> None:
    """Write reports, whoever hands them over."""
    while (report := reports.get()) is not None:
        report()


async def analyse_all(pool: ProcessPoolExecutor, reports: queue.Queue[Callable[[], None] | None]) -> None:
    """Analyse all samples at once."""
    await asyncio.gather(*(analyse(sample, pool, reports) for sample in SAMPLES))


def main(method: str) -> None:
    """Analyse everything, with processes that are started by fork, spawn or forkserver."""
    reports: queue.Queue[Callable[[], None] | None] = queue.Queue()
    writer = threading.Thread(target=serve, args=(reports,), name="writer", daemon=True)
    writer.start()
    with OperationContext("half-lives", user="ada"), operation("run", attributes={"method": method}):
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
            asyncio.run(analyse_all(pool, reports))
        reports.put(None)
        writer.join()


if __name__ == "__main__":
    configure()
    main(sys.argv[1] if len(sys.argv) > 1 else "spawn")
    shutdown()
