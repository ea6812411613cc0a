"""What operations keep alive: nothing of the program's beyond their end, and no crash of the garbage collector."""

from __future__ import annotations

import contextlib
import gc
import subprocess
import sys
import weakref
from collections.abc import Callable, Generator, Iterator

import pytest

from otel_ops import OperationContext, operation
from otel_ops.testing import Recorder


class Big:
    """A local that holds much."""


kept: list[weakref.ref[Big]] = []


def big() -> Big:
    made = Big()
    kept.append(weakref.ref(made))
    return made


@operation("fails")
def fails() -> None:
    held = big()
    raise ValueError(held)


@operation("generator fails")
def generator_fails() -> Generator[int, None, None]:
    held = big()
    yield 1
    raise ValueError(held)


@operation("numbers")
def numbers() -> Iterator[int]:
    held = big()
    yield 1
    yield 2
    del held


@contextlib.contextmanager
@operation("manager")
def manager() -> Iterator[None]:
    held = big()
    yield
    del held


def block_fails() -> None:
    with operation("block"), OperationContext("run"):
        fails()


def told_as_failed() -> None:
    with operation("block") as block:
        try:
            fails()
        except ValueError as error:
            block.fail(error)


def broken_off() -> None:
    for _ in numbers():
        break


def manager_swallows() -> None:
    with contextlib.suppress(ValueError), manager():
        raise ValueError(big())


def iterated() -> None:
    list(generator_fails())


@pytest.mark.parametrize("program", [fails, block_fails, told_as_failed, broken_off, manager_swallows, iterated])
def test_locals_are_freed_as_soon_as_in_plain_code(recorder: Recorder, program: Callable[[], None]) -> None:
    """Neither an exception nor a broken off iteration keeps the frames that it passed until the collector runs."""
    kept.clear()
    gc.disable()
    try:
        with contextlib.suppress(ValueError):
            program()
        assert [None] * len(kept) == [reference() for reference in kept]
    finally:
        gc.enable()


PROGRAM = """
import gc
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from otel_ops import operation

trace.set_tracer_provider(TracerProvider(shutdown_on_exit=False))
gc.set_threshold(100)

@operation
def rows():
    with operation("held"):
        yield 1

def leave_in_a_circle():
    iteration = rows()
    next(iteration)
    circle = [iteration]
    circle.append(circle)

for _ in range(100):
    for _ in range(100):
        leave_in_a_circle()
    with operation("x"), operation("y"):
        pass
print("done")
"""


def test_iterations_that_the_garbage_collector_closes() -> None:
    """It may close one in the midst of making a Context current, which CPython before 3.12 does not survive twice."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=120, check=False)
    assert (0, "done\n", "") == (done.returncode, done.stdout, done.stderr)
