"""What one operation costs beside a span of the SDK: recorded, hidden, without an SDK, and failing.

Usage: ``python tests/benchmarks/bench_operation.py``. All ways are measured in turns, in one run; what counts is the
ratio to the SDK's own ``start_as_current_span``, which records neither context values nor kind.
"""

from __future__ import annotations

import contextlib
import timeit
from collections.abc import Callable

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from otel_ops import OperationContext, operation

CALLS = 5_000
ROUNDS = 9


@operation
def recorded() -> None:
    """Do nothing, as an operation."""


@operation(detail="DEBUG")
def hidden() -> None:
    """Do nothing, hidden by the level of detail."""


@operation(capture=["path"], record_result=True)
def capturing(path: str = "run1.csv") -> str:
    """Return the argument, which is captured."""
    return path


@operation
def failing() -> None:
    """Fail."""
    raise ValueError


def block() -> None:
    """Do nothing, in a block."""
    with operation("block"):
        pass


def failed() -> None:
    """Call what fails."""
    with contextlib.suppress(ValueError):
        failing()


def ways() -> dict[str, Callable[[], object]]:
    """Give what is compared; the first is the measure."""
    tracer = trace.get_tracer("benchmark")

    @tracer.start_as_current_span("sdk")
    def sdk() -> None:
        pass

    @tracer.start_as_current_span("sdk failing")
    def sdk_failing() -> None:
        raise ValueError

    def sdk_failed() -> None:
        with contextlib.suppress(ValueError):
            sdk_failing()

    return {
        "start_as_current_span": sdk,
        "@operation": recorded,
        "@operation with capture and result": capturing,
        "with operation": block,
        "@operation, hidden": hidden,
        "start_as_current_span, failing": sdk_failed,
        "@operation, failing": failed,
    }


def measure(functions: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Give the best time of one call, in microseconds, for each way; the ways take turns."""
    best = dict.fromkeys(functions, float("inf"))
    for _ in range(ROUNDS):
        for name, function in functions.items():
            best[name] = min(best[name], timeit.timeit(function, number=CALLS) / CALLS * 1e6)
    return best


def report(title: str, best: dict[str, float]) -> None:
    """Print microseconds and ratios."""
    unit = next(iter(best.values()))
    print(title)
    for name, microseconds in best.items():
        print(f"  {name:36} {microseconds:8.2f} µs {microseconds / unit:7.2f} ×")


def main() -> None:
    """Measure without an SDK, with one, and inside a context."""
    report("without a tracer provider", measure(ways()))
    trace.set_tracer_provider(TracerProvider())
    report("with a tracer provider", measure(ways()))
    with OperationContext("context", user="ada", file="run1.csv", series="10 K/min", batch=7):
        report("inside a context with five values", measure(ways()))


if __name__ == "__main__":
    main()
