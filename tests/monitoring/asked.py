"""A program that stays until its input ends, so that Prometheus can ask it for its metrics."""

from __future__ import annotations

import sys
import time

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from otel_ops import OperationContext, configure, operation, shutdown


@operation("load")
def load(rate: int) -> int:
    """Read a series; that of 80 K/min is broken."""
    if rate == 80:
        raise ValueError(f"{rate} K/min: line 251 has no number")
    time.sleep(rate / 1_000)
    return rate


@operation("analyse series")
def analyse(rate: int) -> None:
    """Load a series."""
    load(rate)


def flush() -> None:
    """Have all written that was done."""
    provider = trace.get_tracer_provider()
    assert isinstance(provider, TracerProvider)
    provider.force_flush()


if __name__ == "__main__":
    configure()
    for number in range(10):
        with OperationContext("thermal run", user="ada", batch=number):
            for series in (5, 10, 20, 80):
                try:
                    analyse(series)
                except ValueError as error:
                    print(error)
    flush()
    print("ready", flush=True)
    sys.stdin.read()
    shutdown()
