"""logfire beside the idiom, where the extra ``bench`` is installed; nothing leaves the machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import repeat
from typing import Any

from opentelemetry.sdk.trace.export import BatchSpanProcessor

from otel_ops.exceptions import MissingExtraError
from tests.benchmarks.harness import Case, Loop, Sides, clocked
from tests.benchmarks.operations import blocks_of_idiom, calls_of_idiom
from tests.benchmarks.stock import Nowhere, StockSdk, stock_sdk
from tests.benchmarks.values import KIND


def _logfire() -> Any:
    """Set logfire up like the stock SDK: a batch processor, and an exporter that does nothing."""
    try:
        logfire: Any = import_module("logfire")
    except ImportError as error:
        raise MissingExtraError("logfire", "bench", ["logfire"]) from error
    logfire.configure(
        send_to_logfire=False,
        console=False,
        metrics=False,
        inspect_arguments=False,
        additional_span_processors=[BatchSpanProcessor(Nowhere())],
    )
    return logfire


def _sides(logfire: Any, sdk: StockSdk, ours: Loop, theirs: Loop) -> Sides:
    def flush() -> None:
        logfire.force_flush()
        sdk.provider.force_flush()

    return Sides(clocked(ours), clocked(theirs), flush)


@contextmanager
def logfire_block() -> Iterator[Sides]:
    """Compare ``logfire.span`` as a block."""
    logfire = _logfire()

    def loop(calls: int) -> None:
        for _ in repeat(None, calls):
            with logfire.span("block", **KIND):
                pass

    with stock_sdk(in_use=False) as sdk:
        yield _sides(logfire, sdk, loop, blocks_of_idiom(sdk.tracer, KIND))


@contextmanager
def logfire_call() -> Iterator[Sides]:
    """Compare ``@logfire.instrument``."""
    logfire = _logfire()

    @logfire.instrument("decorated", extract_args=False)  # type: ignore[untyped-decorator] # logfire may be absent
    def decorated() -> None:
        pass

    def loop(calls: int) -> None:
        for _ in repeat(None, calls):
            decorated()

    with stock_sdk(in_use=False) as sdk:
        yield _sides(logfire, sdk, loop, calls_of_idiom(sdk.tracer))


INFORMATION = (
    Case("logfire-block", "logfire.span, as a block", logfire_block, rounds=100),
    Case("logfire-decorated", "logfire.instrument, decorated call", logfire_call, rounds=100),
)
