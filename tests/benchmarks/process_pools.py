"""A task of a pool of processes that does nothing, against the same where nothing is carried.

What counts is the time until all results are there: what one task costs is spent in two processes.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

from otel_ops import OperationContext, configure, operation, shutdown
from tests.benchmarks.harness import MICROSECONDS, Case, Side, Sides


def nothing() -> None:
    """Be the task."""


def _submitting(submit: Callable[[Callable[[], None]], Future[Any]]) -> Side:
    def side(calls: int) -> float:
        start = time.perf_counter()
        for future in [submit(nothing) for _ in range(calls)]:
            future.result()
        return time.perf_counter() - start

    return side


@contextmanager
def task() -> Iterator[Sides]:
    """Compare a pool whose worker and methods were there before `configure` with one of afterwards."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as bare, ProcessPoolExecutor(1, mp_context=context) as ours:
        submit: Any = partial(ProcessPoolExecutor.submit, bare)
        submit(nothing).result()
        configure(trace_file=False, announce=False)
        with OperationContext("benchmark", user="ada", batch=7), operation("all"):
            ours.submit(nothing).result()
            yield Sides(_submitting(ours.submit), _submitting(submit))
        shutdown()


CASES = (
    Case(
        "process-pool-task",
        "process-pool task, against bare",
        task,
        unit=MICROSECONDS,
        target=30,
        calls=200,
        rounds=60,
    ),
)
