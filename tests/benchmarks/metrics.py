"""What metrics cost: the thread that runs operations, and the worker that measures them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import repeat
from typing import Any

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from otel_ops import configure, operation, shutdown
from otel_ops.core.hooks import HOOKS
from otel_ops.processors import LogPipeline
from otel_ops.sdk.setup import SETUP
from tests.benchmarks.harness import MICROSECONDS, Case, Side, Sides, clocked


@operation
def work() -> None:
    """Do nothing."""


def _calls(calls: int) -> None:
    for _ in repeat(None, calls):
        work()


@contextmanager
def _measured() -> Iterator[tuple[Any, LogPipeline]]:
    """Have operations measured; nothing is done with them until somebody asks for it."""
    metrics.set_meter_provider(MeterProvider([InMemoryMetricReader()], shutdown_on_exit=False))
    configure(trace_file=False, announce=False, flush_seconds=3_600, metrics=["program"])
    installed, pipeline = SETUP._installed, HOOKS.sink
    assert installed is not None
    assert isinstance(pipeline, LogPipeline)
    yield installed, pipeline
    shutdown()


@contextmanager
def calling() -> Iterator[Sides]:
    """Compare calls with those while nobody measures."""
    with _measured() as (installed, _):
        processor, delegates = installed.processor, installed.delegates

        def side(taking_part: tuple[Any, ...]) -> Side:
            def run(calls: int) -> float:
                processor.delegates = taking_part
                return clocked(_calls)(calls)

            return run

        yield Sides(side(delegates), side(delegates[:-1]), trace.get_tracer_provider().force_flush)  # type: ignore[attr-defined] # ours
        processor.delegates = delegates


@contextmanager
def recording() -> Iterator[Sides]:
    """Compare what the worker does with ended operations with what it does while nobody measures."""
    with _measured() as (_, pipeline):
        measures = pipeline.measuring.by

        def side(taking_part: Any) -> Side:
            def run(calls: int) -> float:
                pipeline.measuring.by = taking_part
                _calls(calls)
                return clocked(lambda _: pipeline.flush())(calls)

            return run

        yield Sides(side(measures), side(None))
        pipeline.measuring.by = measures


CASES = (
    Case("metrics-call", "call, with metrics ÷ without", calling, target=1.15, calls=500),
    Case("metrics-worker", "measuring an operation, by the worker", recording, MICROSECONDS, target=10, calls=500),
)
