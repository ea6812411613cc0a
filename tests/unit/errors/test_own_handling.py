"""`on_error` of one operation: called once for each of its failures, whatever becomes of its span."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from otel_ops import Detail, OperationContext, configure, operation, shutdown
from otel_ops.errors import ErrorData, Retry
from otel_ops.faults import diagnostics
from otel_ops.operation_log import OperationLog
from otel_ops.testing import Recorder
from tests.live import Failures


class Told:
    """Keeps what it is called with."""

    def __init__(self) -> None:
        self.calls: list[tuple[OperationLog, ErrorData]] = []
        self.threads: list[str] = []

    def __call__(self, log: OperationLog, error_data: ErrorData) -> None:
        self.calls.append((log, error_data))
        self.threads.append(threading.current_thread().name)

    @property
    def names(self) -> list[tuple[str, str]]:
        return [(log.name, data.message) for log, data in self.calls]


@pytest.fixture(autouse=True)
def _configured(recorder: Recorder) -> Iterator[None]:
    """Have a pipeline, without outputs."""
    configure(trace_file=False)
    yield
    shutdown()


def test_it_is_called_for_its_operation_only() -> None:
    """With the log, the live exception, the stack and the whole operation, on a thread that is not the program's."""
    told = Told()

    @operation("load", on_error=told)
    def load() -> None:
        with operation("parse"):
            raise ValueError("row 7")

    with OperationContext(user="ada"), pytest.raises(ValueError) as error, operation("evaluate"):
        load()
    with pytest.raises(KeyError), operation("other"):
        raise KeyError
    shutdown()

    assert [("load", "row 7")] == told.names
    _, data = told.calls[0]
    assert ("evaluate", "parse", error.value, "ada") == (
        data.operation_log.name,
        data.origin,
        data.exception,
        (data.context or {})["user.id"],
    )
    assert "in load" in data.stacktrace
    assert ["otel_ops on_error"] == told.threads


def test_a_handler_may_be_given() -> None:
    """An ErrorHandler is called with the method of the level."""
    failures = Failures()
    with pytest.raises(ValueError), operation("evaluate"), operation("load", on_error=failures):
        raise ValueError
    with pytest.raises(ValueError), operation("load", on_error=failures):
        raise ValueError
    shutdown()

    assert [("suboperation", "load"), ("operation", "load")] == failures.told


@pytest.mark.parametrize("outer", [True, False])
def test_hidden_operations_call_it(outer: bool) -> None:
    """A level hides no failure, inside of a recorded operation or not."""
    told = Told()

    def run() -> None:
        with operation("noise", detail=Detail.DEBUG, on_error=told):
            raise ValueError("row 7")

    with pytest.raises(ValueError):
        if outer:
            with operation("evaluate"):
                run()
        else:
            run()
    shutdown()

    assert [("noise", "row 7")] == told.names


def test_dropped_operations_call_it(provider: TracerProvider) -> None:
    """So does a sampler."""
    provider.sampler = ALWAYS_OFF
    told = Told()
    with pytest.raises(ValueError), operation("load", on_error=told):
        raise ValueError("row 7")
    shutdown()

    assert [("load", "row 7")] == told.names


def test_what_was_repaired_or_expected_does_not_call_it() -> None:
    """Neither a retry that helped nor an exception that the operation expects is a failure."""
    told, calls = Told(), iter([ValueError(), None])

    @operation(recover=[Retry(wait=0)], on_error=told)
    def flaky() -> None:
        error = next(calls)
        if error is not None:
            raise error

    flaky()
    with pytest.raises(KeyError), operation("look up", expected=KeyError, on_error=told):
        raise KeyError
    shutdown()

    assert [] == told.calls


def test_a_failure_inside_of_an_attempt_that_was_repeated_does_not_call_it() -> None:
    """Only what the last attempt failed with counts."""
    told, numbers = Told(), iter([1, 2, 3])

    @operation("read", on_error=told)
    def read() -> None:
        raise ValueError(f"attempt {next(numbers)}")

    @operation("fetch", recover=[Retry(wait=0)])
    def fetch() -> None:
        read()

    with pytest.raises(ValueError):
        fetch()
    shutdown()

    assert [("read", "attempt 3")] == told.names
    assert 3 == told.calls[0][1].attempt


@pytest.mark.usefixtures("quiet")
def test_one_that_raises_reaches_nobody() -> None:
    """The program's own exception comes out, and the fault is counted."""

    def broken(log: OperationLog, error_data: ErrorData) -> None:
        raise RuntimeError("broken on_error")

    with pytest.raises(ValueError), operation("load", on_error=broken):
        raise ValueError
    shutdown()

    assert {"error_handler.failed": 1} == diagnostics()


def test_what_cannot_be_called_is_refused() -> None:
    """At decoration, with what to give."""
    with pytest.raises(TypeError, match="on_error=3: give a function of the log and the error data, or an Err"):
        operation("load", on_error=3)  # type: ignore[call-overload] # that is the point
