"""Tests that every error handler should pass: derive a test class from the suite."""

from __future__ import annotations

import copy
import pickle
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar

from otel_ops.errors import ErrorData, ErrorHandler, FailureFilter
from otel_ops.errors.names import make_error_handler
from otel_ops.operation_log import OperationFailure, OperationLog
from otel_ops.operations import operation
from otel_ops.sdk import configure, shutdown
from otel_ops.testing.logs import make_log, sample_logs
from otel_ops.testing.recorder import Recorder

_THREADS = 4
_FAILURES = 1_000
_WIDTH = 3_000
_LONG = 1_000_000


class _ProgramError(Exception):
    """What the program of the tests fails with."""


class _HostileError(_ProgramError):
    """An exception that cannot be read."""

    def __str__(self) -> str:
        msg = "no text"
        raise RuntimeError(msg)

    __repr__ = __str__


class HandlerCompatibilitySuite(ABC):
    """Tests of an `ErrorHandler`; the test class that derives from it says how one is made."""

    handler_name: ClassVar[str] = ""
    """The name under which it is installed, for settings; empty where it has none."""

    secrets: ClassVar[tuple[str, ...]] = ()
    """What `make_handler` gives or lets the handler read that is nobody's business, such as a password."""

    @abstractmethod
    def make_handler(self) -> ErrorHandler:
        """Make the handler to be tested; each test makes its own."""

    def options(self) -> Mapping[str, Any]:
        """Give options that settings may give it, to be tried with its name."""
        return {}

    @contextmanager
    def _made(self) -> Iterator[ErrorHandler]:
        """Give a handler, and let it go of what it holds afterwards."""
        handler = self.make_handler()
        try:
            yield handler
        finally:
            handler.shutdown()

    def test_failed_operations_are_handled(self) -> None:
        """With and without the live exception."""
        with self._made() as handler:
            for log in _failed_logs():
                handler.handle_operation_error(log, _ProgramError("no"))
                handler.handle_operation_error(log, None)

    def test_failed_suboperations_are_handled(self) -> None:
        """With and without the live exception."""
        with self._made() as handler:
            for log in _failed_logs():
                for exception in (_ProgramError("no"), None):
                    handler.handle_suboperation_error(log, _data_of(log, exception))

    def test_any_failure_is_handled(self) -> None:
        """Long texts, exceptions that cannot be read, large trees, attempts, and what was repaired."""
        with self._made() as handler:
            for log in _odd_logs():
                handler.handle_failure(log, replace(_data_of(log, _HostileError()), attempt=3))
                handler.handle_recovered(log)

    def test_logs_are_left_alone(self) -> None:
        """Handling changes nothing in the log, which other handlers are given, too."""
        with self._made() as handler:
            for log in _failed_logs():
                before = copy.deepcopy(log)
                handler.handle_failure(log, _data_of(log, None))
                assert before == log, f"the log of {log.name!r} was changed"

    def test_the_program_sees_its_own_exception(self) -> None:
        """Behind a provider of anybody's, the exception comes out as it is, and the handler has no fault."""
        with Recorder() as recorder, self._made() as handler:
            recorder.provider.add_span_processor(handler)
            _fail()
            assert handler.force_flush(), "the handler was not done in time"
            handler.shutdown()

    def test_it_can_be_configured(self) -> None:
        """So it is in `otel_ops.configure`, called on its own thread or before the program goes on."""
        for synchronous in (False, True):
            with Recorder():
                configure(
                    error_handlers=[{"handler": self.make_handler(), "synchronous": synchronous}], trace_file=False
                )
                _fail()
                assert shutdown(), "the handler was not done in time"

    def test_it_is_found_by_its_name(self) -> None:
        """Settings that name it get one of the same class, made with the options."""
        if self.handler_name:
            made = make_error_handler(self.handler_name, self.options())
            assert type(made) is type(self.make_handler()), f"{self.handler_name} is a {type(made).__name__}"
            made.shutdown()

    def test_filters_are_heeded(self) -> None:
        """What it is not called for costs it nothing, and has no fault."""
        with Recorder(), self._made() as handler:
            handler.only = FailureFilter(exceptions=("KeyError",))
            configure(error_handlers=[handler], trace_file=False)
            _fail()
            assert shutdown(), "the handler was not done in time"

    def test_failures_come_from_threads(self) -> None:
        """One handler may be called on several threads at once."""
        with self._made() as handler:
            with ThreadPoolExecutor(_THREADS) as pool:
                calls = [pool.submit(handler.handle_operation_error, log, None) for log in 9 * _failed_logs()]
            for call in calls:
                call.result()

    def test_a_flood_is_survived(self) -> None:
        """A thousand failures of one kind have no fault, and an end."""
        with self._made() as handler:
            log = _failed_logs()[0]
            for _ in range(_FAILURES):
                handler.handle_failure(log, _data_of(log, None))
            handler.on_idle()
            handler.on_close()

    def test_another_process_can_have_it(self) -> None:
        """It can be pickled, also once it was called, and does what it does there."""
        with self._made() as handler:
            for _ in range(2):
                sent = pickle.loads(pickle.dumps(handler))
                assert type(sent) is type(handler)
                handler.handle_operation_error(_failed_logs()[0], None)

    def test_secrets_are_not_shown(self) -> None:
        """Neither its `repr` nor what is pickled holds what is nobody's business."""
        with self._made() as handler:
            for secret in self.secrets:
                assert secret not in repr(handler), "its repr shows a secret"
                assert secret.encode() not in pickle.dumps(handler), "a secret would be sent to other processes"

    def test_it_ends_quietly(self) -> None:
        """It can be flushed and shut down, twice, whether or not it was called."""
        with self._made() as handler:
            for _ in range(2):
                assert handler.force_flush(1_000), "force_flush did not say that all was done"
                handler.shutdown()


def _failed_logs() -> list[OperationLog]:
    return [log for log in sample_logs().values() if log.failed]


def _data_of(log: OperationLog, exception: BaseException | None) -> ErrorData:
    return ErrorData(log.failure or OperationFailure("_OTHER"), exception, make_log("all", 0, 100, log))


def _odd_logs() -> list[OperationLog]:
    texts = ["", "\n", "\x1b[31mred\x1b[0m", "<b>&amp;</b>\r\nBcc: eve@example.org", "é\u202e\ud800", "x" * _LONG]
    failures = [OperationFailure(f"lab.{text[:99]}", text, text[:99], text[:99], text) for text in texts]
    wide = [make_log(f"step {number}", number, number + 1) for number in range(_WIDTH)]
    logs = [make_log(failure.message[:99], 0, 10, outcome="error", failure=failure) for failure in failures]
    return [*logs, make_log("wide", 0, _WIDTH, *wide, outcome="error", failure=failures[0])]


def _fail() -> None:
    error = _ProgramError("row 7 is bad")
    seen = _what_comes_out(error)
    assert seen is error, f"the program failed with {error!r}, but {seen!r} came out"


def _what_comes_out(error: Exception) -> Exception:
    try:
        with operation("outer"), operation("inner"):
            raise error
    except Exception as seen:  # noqa: BLE001 - whatever it is, it is compared
        return seen
