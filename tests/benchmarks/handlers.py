"""What error handlers cost the program: in the thread that fails, and where all goes well."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import repeat
from typing import Any

from opentelemetry import trace

from otel_ops import configure, operation, shutdown
from otel_ops.core.hooks import HOOKS
from otel_ops.errors import ErrorData, ErrorHandler
from otel_ops.operation_log import OperationLog
from tests.benchmarks.harness import Case, Loop, Side, Sides, clocked

HANDLERS = 3


class Silent(ErrorHandler):
    """Does nothing."""

    def handle_operation_error(self, operation_log: OperationLog, exception: BaseException | None) -> None:
        """Do nothing."""

    def handle_suboperation_error(self, suboperation_log: OperationLog, error_data: ErrorData) -> None:
        """Do nothing."""


@operation
def work() -> None:
    """Do nothing."""


@operation
def fail() -> None:
    """Fail."""
    raise ValueError("row 7 is bad")


def successes(calls: int) -> None:
    """Run an operation that goes well."""
    for _ in repeat(None, calls):
        work()


def failures(calls: int) -> None:
    """Run an operation that fails."""
    for _ in repeat(None, calls):
        with suppress(ValueError):
            fail()


@contextmanager
def _handlers(loop: Loop) -> Iterator[Sides]:
    """Compare a loop in a program with handlers with the same one while they do not listen."""
    configure(trace_file=False, announce=False, error_handlers=[Silent() for _ in range(HANDLERS)])
    pipeline: Any = HOOKS.sink
    listeners = pipeline.listeners

    def side(listening: tuple[Any, ...]) -> Side:
        def run(calls: int) -> float:
            HOOKS.listeners = pipeline.listeners = listening
            return clocked(loop)(calls)

        return run

    yield Sides(side(listeners), side(()), trace.get_tracer_provider().force_flush)  # type: ignore[attr-defined] # ours
    HOOKS.listeners = pipeline.listeners = listeners
    shutdown()


@contextmanager
def failing() -> Iterator[Sides]:
    """Compare operations that fail."""
    with _handlers(failures) as sides:
        yield sides


@contextmanager
def succeeding() -> Iterator[Sides]:
    """Compare operations that go well."""
    with _handlers(successes) as sides:
        yield sides


CASES = (
    Case("handlers-failure", "exception, with 3 error handlers ÷ none", failing, target=1.15, calls=100),
    Case("handlers-success", "call, with 3 error handlers ÷ none", succeeding, target=1.02, calls=500),
)
