"""A call of a logger inside an operation: with ids on its record, and with the record kept, against without us."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import repeat
from typing import Any

from otel_ops import configure, operation, shutdown
from otel_ops.core.emitted import KEEPING
from otel_ops.sdk import carriers
from tests.benchmarks.harness import Case, Loop, Sides, clocked


class _Formatting(logging.Handler):
    """Makes the line, and writes it nowhere."""

    def emit(self, record: logging.LogRecord) -> None:
        self.format(record)


def _logger() -> logging.Logger:
    logger = logging.getLogger("tests.benchmarks")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    handler = _Formatting()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logger.addHandler(handler)
    return logger


def _calls(logger: logging.Logger) -> Loop:
    def loop(calls: int) -> None:
        with operation("block"):
            for row in repeat(7, calls):
                logger.info("row %d of %s", row, "run1.csv")

    return loop


def _without_us(loop: Loop) -> Loop:
    logging_carrier: Any = dict(carriers._CARRIERS)["logging"]

    def bare(calls: int) -> None:
        logging_carrier.uninstrument()
        try:
            loop(calls)
        finally:
            logging_carrier.instrument()

    return bare


@contextmanager
def _sides(**settings: Any) -> Iterator[Sides]:
    configure(trace_file=False, **settings)
    loop = _calls(_logger())
    try:
        with operation("block"):
            loop(10)
        assert bool(settings) is (KEEPING.level is not None)
        yield Sides(clocked(loop), clocked(_without_us(loop)))
    finally:
        shutdown()


CASES = (
    Case(
        "log-call-ids",
        "log call in an operation, with ids",
        _sides,
        target=1.5,
    ),
    Case(
        "log-call-kept",
        "log call in an operation, kept",
        partial(_sides, log_level="INFO"),
        target=2.0,
    ),
)
