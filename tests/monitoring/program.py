"""A program as tests of monitoring watch it: series of which one is broken, steps of known length, logs, a context."""

from __future__ import annotations

import logging
import sys
import time

from otel_ops import Detail, OperationContext, configure, operation, shutdown

log = logging.getLogger("lab.series")


class BrokenSeriesError(ValueError):
    """A series that cannot be read."""


@operation("load", capture=["rate"])
def load(rate: int) -> list[float]:
    """Read a series; that of 80 K/min is broken."""
    log.info("loading %s K/min", rate)
    if rate == 80:
        raise BrokenSeriesError(f"{rate} K/min: line 251 has no number")
    time.sleep(rate / 1_000)
    return [float(rate)] * 3


@operation("fit", detail=Detail.DETAILED)
def fit(values: list[float]) -> float:
    """Fit a series, with a step for each value."""
    for value in values:
        with operation("step") as step:
            step.set(value=value)
    return sum(values)


@operation("analyse series")
def analyse(rate: int) -> None:
    """Load a series and fit it."""
    fit(load(rate))


def main(times: int) -> None:
    """Analyse all series a number of times."""
    logging.basicConfig(level=logging.INFO, stream=sys.stdout)
    configure(detail="DETAILED")
    for number in range(times):
        with OperationContext("thermal run", user="ada", series=f"run {number}", batch=number):
            for rate in (5, 10, 20, 80):
                try:
                    analyse(rate)
                except BrokenSeriesError:
                    log.exception("left out")
    shutdown()


if __name__ == "__main__":
    main(int(sys.argv[1]))
