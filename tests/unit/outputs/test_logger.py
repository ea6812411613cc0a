"""Logs that go to Python's logging: as messages with fields, at a level that tells failures."""

from __future__ import annotations

import io
import logging
import logging.handlers
import os
import queue
from collections.abc import Iterator

import pytest

from otel_ops import streams
from otel_ops.outputs import place_of
from otel_ops.testing import make_log


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    """Give a logger that passes nothing on, and take its handlers off at the end."""
    logger = logging.getLogger("tests.operations")
    logger.propagate, logger.handlers = False, []
    logger.setLevel(logging.INFO)
    yield logger
    logger.propagate, logger.handlers = True, []


def test_failures_are_errors_and_the_rest_is_information(logger: logging.Logger) -> None:
    """The text is the message; fields tell the rest, under names that no other has."""
    records: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    logger.addHandler(logging.handlers.QueueHandler(records))
    place = place_of("logger:tests.operations")
    place.write("fit 100 %\n", make_log("fit", 0, 1.5, context={"user.id": "ada"}))
    place.write("step\n", make_log("step", 0, 1, outcome="timed_out"))

    first, second = records.get(), records.get()
    assert [(logging.INFO, "fit 100 %"), (logging.ERROR, "step")] == [
        (record.levelno, record.getMessage()) for record in (first, second)
    ]
    fields = {key: value for key, value in vars(first).items() if key.startswith("ops_")}
    assert ("fit", "ok", 1.5, {"user.id": "ada"}) == tuple(
        fields[f"ops_{key}"] for key in ("operation", "outcome", "duration_ms", "context")
    )


def test_a_level_that_is_off_costs_nothing(logger: logging.Logger) -> None:
    """Logs of successes are left out where the logger tells errors only."""
    stream = io.StringIO()
    logger.addHandler(logging.StreamHandler(stream))
    logger.setLevel(logging.ERROR)
    place = place_of(logger)
    place.write("well\n", make_log("fit", 0, 1))
    place.write("bad\n", make_log("fit", 0, 1, outcome="error"))

    assert "bad\n" == stream.getvalue()
    assert "logger:tests.operations" == str(place)


def test_a_pipe_that_nobody_reads_is_not_waited_for(logger: logging.Logger, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an error that the output tells, once it has waited for a while."""
    monkeypatch.setattr(streams, "PATIENCE", 0.05)
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with pytest.raises(BlockingIOError):
        while True:
            os.write(writing, b"x" * 65_536)
    os.set_blocking(writing, True)
    with os.fdopen(writing, "w") as stream:
        logger.addHandler(logging.StreamHandler(stream))
        with pytest.raises(TimeoutError, match="nobody reads it"):
            place_of(logger).write("text\n", make_log("fit", 0, 1))
        logger.handlers = []
        os.close(reading)
