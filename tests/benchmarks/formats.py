"""Operation logs to JSON and XML, and back: the time that an operation takes, beside that of an empty loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

from otel_ops import OperationContext, operation
from otel_ops.formatters import JSONFormatter, OutputFormatter, XMLFormatter, read_operation_log
from otel_ops.log_builder import logs_of
from otel_ops.operation_log import OperationLog
from otel_ops.span_record import record_of
from tests.benchmarks.harness import MICROSECONDS, Case, Side, Sides, clocked
from tests.benchmarks.stock import stock_sdk
from tests.benchmarks.values import VALUES

INSIDE = 9
"""Suboperations of each operation."""

MOST_US = 1e6 / 30_000
"""Microseconds of an operation, where 30,000 take a second."""


def made_logs(number: int) -> list[OperationLog]:
    """Record operations with suboperations; give a log of each."""

    def record(number: int) -> None:
        for series in range(number):
            with operation("analyse series"):
                for index in range(INSIDE):
                    with operation("fit", attributes={"ops.arg.path": "run1.csv"}) as fit:
                        fit.set(rows=index, energy=150.444 * series)

    with stock_sdk() as sdk, OperationContext(**VALUES):
        logs = logs_of(map(record_of, sdk.recorded(record, number)), unit="operation")
    assert [INSIDE + 1] * number == [sum(1 for _ in log.walk()) for log in logs]
    return logs


def each(convert: Callable[[Any], object], things: list[Any]) -> Side:
    """Convert things that stand for ten operations each, over and over."""

    def loop(calls: int) -> None:
        for index in range(calls // (INSIDE + 1)):
            convert(things[index % len(things)])

    return clocked(loop)


def empty(calls: int) -> None:
    """Do nothing so many times."""
    for _ in range(calls):
        pass


@contextmanager
def writing(formatter: OutputFormatter) -> Iterator[Sides]:
    """Write logs."""
    yield Sides(each(formatter.format_operation_log, made_logs(20)), clocked(empty))


@contextmanager
def reading(formatter: OutputFormatter) -> Iterator[Sides]:
    """Read what was written."""
    texts = [formatter.format_operation_log(log).encode() for log in made_logs(20)]
    yield Sides(each(read_operation_log, texts), clocked(empty))


def _case(
    way: Callable[[OutputFormatter], AbstractContextManager[Sides]], formatter: OutputFormatter, title: str
) -> Case:
    name = f"{way.__name__}-{type(formatter).__name__.removesuffix('Formatter').lower()}"
    return Case(name, title, partial(way, formatter), MICROSECONDS, target=MOST_US, calls=200, rounds=100)


CASES = (
    _case(writing, JSONFormatter(), "operation to JSON, of 30,000 a second"),
    _case(writing, XMLFormatter(), "operation to XML, of 30,000 a second"),
    _case(reading, JSONFormatter(), "operation from JSON, of 30,000 a second"),
    _case(reading, XMLFormatter(), "operation from XML, of 30,000 a second"),
)
