"""Blocks and decorated calls: recorded, hidden, without an SDK, and failing, against the idiom of the SDK."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import repeat
from pathlib import Path

from opentelemetry import trace

from otel_ops import Detail, OperationContext, configure, operation, semconv, shutdown
from otel_ops.analysis.sources import SpanSource
from tests.benchmarks.harness import Case, Loop, Sides, clocked
from tests.benchmarks.stock import CHECKED_CALLS, StockSdk, Told, assert_same, stock_sdk
from tests.benchmarks.values import KIND, VALUES, VALUES_AND_KIND

FRAMES = 21

OF_FAILURES = (semconv.ERROR_TYPE, semconv.OUTCOME, semconv.FAILURE_ID, semconv.FAILURE_ORIGIN)


def blocks(calls: int) -> None:
    """Open and close blocks."""
    for _ in repeat(None, calls):
        with operation("block"):
            pass


def hidden_blocks(calls: int) -> None:
    """Open and close blocks that the level of detail hides."""
    for _ in repeat(None, calls):
        with operation("block", detail=Detail.DEBUG):
            pass


def blocks_of_idiom(tracer: trace.Tracer, attributes: Mapping[str, str]) -> Loop:
    """Open and close blocks, as the documentation of OpenTelemetry does."""

    def loop(calls: int) -> None:
        for _ in repeat(None, calls):
            with tracer.start_as_current_span("block", attributes=attributes):
                pass

    return loop


@operation
def decorated() -> None:
    """Do nothing, as an operation."""


@operation(detail=Detail.DEBUG)
def hidden() -> None:
    """Do nothing, as an operation that the level of detail hides."""


def decorated_calls(calls: int) -> None:
    """Call an operation."""
    for _ in repeat(None, calls):
        decorated()


def hidden_calls(calls: int) -> None:
    """Call an operation that is hidden."""
    for _ in repeat(None, calls):
        hidden()


def calls_of_idiom(tracer: trace.Tracer) -> Loop:
    """Call a function that is decorated as the documentation of OpenTelemetry does."""

    @tracer.start_as_current_span("decorated", attributes=KIND)
    def function() -> None:
        pass

    def loop(calls: int) -> None:
        for _ in repeat(None, calls):
            function()

    return loop


def fall(frames: int) -> None:
    """Raise an exception so many frames deeper."""
    if frames == 1:
        raise ValueError
    fall(frames - 1)


def failures(calls: int) -> None:
    """Let exceptions pass through three operations."""
    for _ in repeat(None, calls):
        with suppress(ValueError), operation("outer"), operation("middle"), operation("inner"):
            fall(FRAMES)


def failures_of_idiom(tracer: trace.Tracer) -> Loop:
    """Let exceptions pass through three spans."""
    sub = {semconv.KIND: "suboperation"}

    def loop(calls: int) -> None:
        for _ in repeat(None, calls):
            with (
                suppress(ValueError),
                tracer.start_as_current_span("outer", attributes=KIND),
                tracer.start_as_current_span("middle", attributes=sub),
                tracer.start_as_current_span("inner", attributes=sub),
            ):
                fall(FRAMES)

    return loop


@contextmanager
def block() -> Iterator[Sides]:
    """Compare blocks outside of all contexts."""
    with stock_sdk() as sdk:
        yield sdk.compared(blocks, blocks_of_idiom(sdk.tracer, KIND))


@contextmanager
def block_in_context() -> Iterator[Sides]:
    """Compare blocks under a context with the idiom that sets all its values."""
    with stock_sdk() as sdk, OperationContext(**VALUES):
        yield sdk.compared(blocks, blocks_of_idiom(sdk.tracer, VALUES_AND_KIND))


@contextmanager
def decorated_call() -> Iterator[Sides]:
    """Compare decorated functions."""
    with stock_sdk() as sdk:
        yield sdk.compared(decorated_calls, calls_of_idiom(sdk.tracer))


@contextmanager
def hidden_call() -> Iterator[Sides]:
    """Compare a hidden operation with the idiom, which cannot hide."""
    with stock_sdk() as sdk:
        yield sdk.compared_to_nothing(hidden_calls, calls_of_idiom(sdk.tracer))


@contextmanager
def hidden_block() -> Iterator[Sides]:
    """Compare a hidden block with the idiom, which cannot hide."""
    with stock_sdk() as sdk:
        yield sdk.compared_to_nothing(hidden_blocks, blocks_of_idiom(sdk.tracer, KIND))


@contextmanager
def call_without_sdk() -> Iterator[Sides]:
    """Compare an operation where no provider is set with the idiom on a provider."""
    with stock_sdk(in_use=False) as sdk:
        yield sdk.compared_to_nothing(decorated_calls, calls_of_idiom(sdk.tracer))


@contextmanager
def block_without_sdk() -> Iterator[Sides]:
    """Compare a block where no provider is set with the idiom on a provider."""
    with stock_sdk(in_use=False) as sdk:
        yield sdk.compared_to_nothing(blocks, blocks_of_idiom(sdk.tracer, KIND))


@contextmanager
def failure() -> Iterator[Sides]:
    """Compare exceptions; ours also sets what tells of the failure."""
    with stock_sdk() as sdk:
        yield sdk.compared(failures, failures_of_idiom(sdk.tracer), beside=OF_FAILURES)


@contextmanager
def configured_block() -> Iterator[Sides]:
    """Compare blocks after `configure`, with all that it sets up, with the idiom on the stock SDK."""
    with stock_sdk(in_use=False) as sdk, _configured() as trace_file:
        yield _compared_by_file(sdk, blocks_of_idiom(sdk.tracer, KIND), trace_file)


@contextmanager
def configured_block_in_context() -> Iterator[Sides]:
    """Compare blocks under a context after `configure` with the idiom on the stock SDK."""
    with stock_sdk(in_use=False) as sdk, _configured() as trace_file, OperationContext(**VALUES):
        yield _compared_by_file(sdk, blocks_of_idiom(sdk.tracer, VALUES_AND_KIND), trace_file)


@contextmanager
def _configured() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "trace.jsonl")
        configure(trace_file=path, announce=False)
        yield path
        shutdown()


def _compared_by_file(sdk: StockSdk, theirs: Loop, trace_file: Path) -> Sides:
    blocks(CHECKED_CALLS)
    _flush_all(sdk)
    ours = [Told(span.name, span.parent_id or None, dict(span.attributes)) for span in SpanSource([trace_file])]
    assert_same(sdk.told(theirs), ours)
    return Sides(clocked(blocks), clocked(theirs), lambda: _flush_all(sdk))


def _flush_all(sdk: StockSdk) -> None:
    sdk.provider.force_flush()
    trace.get_tracer_provider().force_flush()  # type: ignore[attr-defined] # configure has made it a provider of the SDK


CASES = (
    Case("block", "block, without a context", block, target=0.90),
    Case("block-in-context", "block, in a context with 4 values", block_in_context, target=0.90),
    Case("decorated", "decorated call", decorated_call, target=0.85),
    Case("hidden-decorated", "decorated call, hidden by level", hidden_call, target=0.03),
    Case("hidden-block", "block, hidden by level", hidden_block, target=0.06),
    Case("no-sdk-decorated", "decorated call, no SDK configured", call_without_sdk, target=0.08),
    Case("no-sdk-block", "block, no SDK configured", block_without_sdk, target=0.08),
    Case(
        "failure",
        f"exception, 3 operations, {FRAMES} frames",
        failure,
        target=0.10,
        calls=20,
        rounds=60,
    ),
)

INFORMATION = (
    Case("configured-block", "block, after configure()", configured_block),
    Case("configured-block-in-context", "block, 4 values, after configure()", configured_block_in_context),
)
