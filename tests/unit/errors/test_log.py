"""The handler that tells failures to Python's logging."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from otel_ops import Detail, OperationContext, operation
from otel_ops.errors import ErrorHandler, LogErrorHandler
from otel_ops.testing import Clock, HandlerCompatibilitySuite, Recorder, make_log
from tests.logs import failure


class TestCompatibility(HandlerCompatibilitySuite):
    handler_name = "log"

    def options(self) -> dict[str, Any]:
        return {"logger": "laboratory", "tree": True}

    def make_handler(self) -> ErrorHandler:
        return LogErrorHandler()


@pytest.fixture
def recorder_options() -> dict[str, Any]:
    """Let a second go by with each reading of the clock."""
    return {"clock": Clock(step_ns=1_000_000_000)}


@pytest.fixture
def told(recorder: Recorder, caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Attach the handler; give what it logs."""
    handler = LogErrorHandler()
    handler.synchronous = True
    recorder.provider.add_span_processor(handler)
    caplog.set_level(logging.DEBUG)
    return caplog


def fail(error: BaseException, detail: Detail = Detail.STANDARD) -> None:
    """Run an operation in which a suboperation fails."""
    with operation("evaluate"), operation("load", detail=detail):
        raise error


def test_an_operation_is_an_error_and_a_suboperation_a_warning(told: pytest.LogCaptureFixture) -> None:
    """Both levels go to the logger `otel_ops.errors`, what happened in plain words."""
    with pytest.raises(KeyError):
        fail(KeyError("run9"))

    suboperation, operation_ = told.records
    assert ("otel_ops.errors", logging.WARNING) == (suboperation.name, suboperation.levelno)
    assert ("otel_ops.errors", logging.ERROR) == (operation_.name, operation_.levelno)
    assert "suboperation 'load' failed after 2.00 s: KeyError: 'run9'" == suboperation.getMessage()
    assert "operation 'evaluate' failed after 4.00 s: KeyError: 'run9' (began in 'load')" == operation_.getMessage()


def test_the_traceback_comes_with_the_operation(told: pytest.LogCaptureFixture) -> None:
    """One failure is told with one traceback, that of the operation."""
    error = KeyError("run9")
    with pytest.raises(KeyError):
        fail(error)

    assert [None, error] == [record.exc_info and record.exc_info[1] for record in told.records]


def test_an_exception_that_is_false_has_its_traceback(told: pytest.LogCaptureFixture) -> None:
    """One that counts what it holds, and holds nothing, is an exception none the less."""

    class RowsError(Exception):
        def __len__(self) -> int:
            return 0

    error = RowsError("run9")
    with pytest.raises(RowsError):
        fail(error)

    _, operation_ = told.records
    assert operation_.exc_info is not None
    assert (RowsError, error) == operation_.exc_info[:2]


def test_without_the_live_exception_the_recorded_stack_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """The traceback of what failed in another process, or is kept no more, stands behind the message."""
    log = make_log("evaluate", 0, 1, kind="operation", **failure())

    LogErrorHandler().handle_operation_error(log, None)

    (record,) = caplog.records
    assert record.getMessage().endswith("pkg.BrokenError: no such row (began in 'load')\n…")


def test_a_timeout_is_called_a_timeout(told: pytest.LogCaptureFixture) -> None:
    """The outcome is part of what is told."""
    with pytest.raises(TimeoutError):
        fail(TimeoutError())

    assert [
        "suboperation 'load' timed out after 2.00 s: TimeoutError",
        "operation 'evaluate' timed out after 4.00 s: TimeoutError (began in 'load')",
    ] == [record.getMessage() for record in told.records]


def test_durations_are_worded_as_in_trees(recorder: Recorder, caplog: pytest.LogCaptureFixture) -> None:
    """A short one has its own unit."""
    handler = LogErrorHandler()
    handler.handle_operation_error(make_log("fit", 0, 0.0905, **failure(origin="fit")), None)

    assert ["operation 'fit' failed after 90.5 µs: pkg.BrokenError: no such row\n…"] == caplog.messages


def test_of_a_hidden_suboperation_no_duration_is_told(told: pytest.LogCaptureFixture) -> None:
    """How long a hidden operation ran is not known, so nothing is said of it."""
    with operation("evaluate"), pytest.raises(KeyError), operation("load", detail=Detail.DEBUG):
        raise KeyError("run9")

    assert ["suboperation 'load' failed: KeyError: 'run9'"] == told.messages


def test_the_context_comes_along(told: pytest.LogCaptureFixture) -> None:
    """Each record carries the values of the operation's context."""
    with pytest.raises(KeyError), OperationContext(session="s1", user="ada"):
        fail(KeyError())

    assert [{"session.id": "s1", "user.id": "ada"}] * 2 == [
        record.__dict__["operation_context"] for record in told.records
    ]


def test_what_is_no_logger_is_refused() -> None:
    """It is told when the handler is made, rather than with each failure."""
    with pytest.raises(ValueError, match="logger = 5: must be a logger, or the name of one"):
        LogErrorHandler(5)  # type: ignore[arg-type]


def test_percent_signs_are_text(told: pytest.LogCaptureFixture) -> None:
    """A message that looks like a format is told as it is."""
    with pytest.raises(ValueError):
        fail(ValueError("100 %d of %(rows)s"))

    assert told.messages[0].endswith("100 %d of %(rows)s")


def test_the_logger_can_be_chosen(recorder: Recorder, caplog: pytest.LogCaptureFixture) -> None:
    """A program's own logger is told instead of ours."""
    handlers = [LogErrorHandler(logging.getLogger("laboratory")), LogErrorHandler("laboratory")]
    for handler in handlers:
        recorder.provider.add_span_processor(handler)
    with pytest.raises(KeyError):
        fail(KeyError())

    assert [True, True] == [handler.force_flush() for handler in handlers]
    assert 4 * ["laboratory"] == [record.name for record in caplog.records]
