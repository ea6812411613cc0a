"""Operations without a span in metrics: each is counted once, whatever becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from opentelemetry import metrics as global_metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from otel_ops import Detail, OperationContext, configure, operation, set_detail, shutdown
from otel_ops.faults import diagnostics
from otel_ops.processors import hidden
from tests.measured import Values, metrics_in, values_of


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemoryMetricReader]:
    """Give a reader of the global meter provider."""
    made = InMemoryMetricReader()
    provider = MeterProvider([made], shutdown_on_exit=False)
    monkeypatch.setattr(global_metrics._internal, "_METER_PROVIDER", provider)
    yield made
    provider.shutdown()


def measure(**settings: Any) -> None:
    """Have hidden operations measured, unless settings say otherwise."""
    configure(**{"metrics": ["program"], "metrics_hidden": True, "trace_file": False, "announce": False, **settings})


def read(reader: InMemoryMetricReader, name: str = "ops.operation.runs") -> Values:
    """Give what was measured in all."""
    shutdown()
    found = metrics_in(reader)
    return values_of(found[name]) if name in found else {}


@operation(detail=Detail.DEBUG)
def parse(row: int) -> None:
    """Parse a row, of which the third is bad."""
    if row == 3:
        raise ValueError(row)


NAME = parse.__qualname__


def run_all() -> None:
    """Run hidden operations below one that is not, and outside of any."""
    with operation("load"):
        for row in range(4):
            with suppress(ValueError):
                parse(row)
    parse(1)
    with suppress(ValueError):
        parse(3)


def test_hidden_operations_are_counted_where_that_is_asked_for(reader: InMemoryMetricReader) -> None:
    """Those that fail are so once: also the one for whose failure a span is made."""
    measure()
    run_all()

    assert {
        ("load", "operation", "ok", "standard"): 1,
        (NAME, "suboperation", "ok", "debug"): 3,
        (NAME, "suboperation", "error", "debug"): 1,
        (NAME, "operation", "ok", "debug"): 1,
        (NAME, "operation", "error", "debug"): 1,
    } == read(reader)


def test_else_they_are_not(reader: InMemoryMetricReader) -> None:
    """But for the failure that a span is made for."""
    measure(metrics_hidden=False)
    run_all()

    assert {("load", "operation", "ok", "standard"): 1, (NAME, "operation", "error", "debug"): 1} == read(reader)


def test_their_failures_and_durations_are_measured(reader: InMemoryMetricReader) -> None:
    """By type, and with the values of their context."""
    measure(metrics_context=["user"])
    with OperationContext(user="ada", span=False), suppress(ValueError):
        parse(3)

    shutdown()
    found = metrics_in(reader)
    assert {(NAME, "operation", "ValueError", "error", "ada"): 1} == values_of(found["ops.operation.failures"])
    assert {(NAME, "operation", "error", "debug", "ada"): 1} == values_of(found["ops.operation.duration"])


def test_every_kind_of_operation_is_counted(reader: InMemoryMetricReader) -> None:
    """Blocks, coroutines, generators, those that were told to have failed, and those that were cancelled."""
    measure()

    @operation("rows", detail=Detail.DEBUG)
    def rows() -> Iterator[int]:
        yield from range(3)

    @operation("wait", detail=Detail.DEBUG)
    async def wait(seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def cancel() -> None:
        task = asyncio.create_task(wait(60))
        await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await wait(0)

    with operation("load"):
        list(rows())
        asyncio.run(cancel())
        with operation("check", detail=Detail.DEBUG) as run:
            run.fail("3 rows are missing")

    assert {
        ("load", "operation", "ok", "standard"): 1,
        ("rows", "suboperation", "ok", "debug"): 1,
        ("wait", "suboperation", "cancelled", "debug"): 1,
        ("wait", "suboperation", "ok", "debug"): 1,
        ("check", "suboperation", "error", "debug"): 1,
    } == read(reader)


def test_the_level_that_is_asked_is_the_one_of_now(reader: InMemoryMetricReader) -> None:
    """What is recorded is counted by its span."""
    measure()
    parse(0)
    set_detail("DEBUG")
    parse(0)
    set_detail("STANDARD")
    parse(0)

    assert {(NAME, "operation", "ok", "debug"): 3} == read(reader)


@pytest.mark.usefixtures("quiet")
def test_those_that_wait_are_bounded(reader: InMemoryMetricReader, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is beyond the bound is counted as dropped."""
    monkeypatch.setattr(hidden, "MAX_WAITING", 3)
    measure(flush_seconds=60)
    for _ in range(5):
        parse(0)

    assert {"metrics.hidden_dropped": 2} == diagnostics()
    assert {(NAME, "operation", "ok", "debug"): 3} == read(reader)
