"""Faults of our own: counted, logged once, and harmless whatever the program logs to."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import dedent

import pytest

from otel_ops import diagnostics, faults, operation
from otel_ops.testing import Spans


class MuteError(Exception):
    """Cannot be told."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


@contextmanager
def handled_by(handler: logging.Handler) -> Iterator[None]:
    logger = logging.getLogger("otel_ops")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def test_each_reason_is_logged_once_and_always_counted(caplog: pytest.LogCaptureFixture) -> None:
    """What is about another thing is logged again."""
    for about in (None, None, "a", "a", "b"):
        faults.warn("test.reason", f"something about {about}", 2, about=about)
    assert ["None", "a", "b"] == [record.getMessage().split()[2] for record in caplog.records]
    assert {"test.reason": 10} == diagnostics()


def test_warnings_are_bounded(caplog: pytest.LogCaptureFixture) -> None:
    """Neither a long message nor one about ever new things floods the log."""
    for number in range(1_500):
        faults.warn("test.reason", "x" * 5_000, about=number)
    assert 1_000 == len(caplog.records)
    assert 1_500 == diagnostics()["test.reason"]
    assert 1_100 > max(len(record.getMessage()) for record in caplog.records)


def test_a_fault_whose_exception_cannot_be_told_stays_ours(quiet: None, caplog: pytest.LogCaptureFixture) -> None:
    """An exception whose own text raises is named by its type."""
    with faults.guarded("thing"):
        raise MuteError
    assert "thing failed with MuteError (test_faults.py:55). Your program goes on" in caplog.text


def test_a_handler_that_raises_is_counted() -> None:
    """What the program logs to may be broken."""

    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise OSError("gone")

    with handled_by(Broken()):
        faults.warn("test.reason", "x")
    assert {"test.reason": 1, "warning.failed": 1} == diagnostics()


def test_a_handler_may_use_operations(spans: Spans) -> None:
    """A warning that its handler's own operations cause is only counted, so that there is an end."""

    class Reporting(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            with operation("report") as report:
                report.set(**{"ops.kind": "x"})
                faults.warn("test.inner", record.getMessage())

    with handled_by(Reporting()):
        faults.warn("test.reason", "x")
    assert ["report"] == spans.names
    assert {"test.reason": 1, "attribute.refused": 1, "test.inner": 1} == diagnostics()


def test_a_fault_comes_in_between_another() -> None:
    """A signal handler, or a finalizer, that counts while its thread is counting does not wait for itself."""
    with faults._faults.lock:
        faults.count("test.reason")
    assert {"test.reason": 1} == diagnostics()


@pytest.mark.skipif(sys.platform == "win32", reason="pipes are not polled there")
@pytest.mark.parametrize("setup", ["pass", "logging.basicConfig()"])
def test_a_stderr_that_nobody_reads_stops_nothing(setup: str) -> None:
    """Where stderr is a full pipe, a warning is not written but counted, and the program ends."""
    program = f"""
        import logging, os, sys
        from otel_ops import diagnostics, operation
        {setup}
        os.set_blocking(2, False)
        try:
            while True:
                os.write(2, b"x" * 1024)
        except BlockingIOError:
            os.set_blocking(2, True)
        operation("a", attributes={{"ops.kind": "x"}})
        print(diagnostics())
    """
    command = [sys.executable, "-c", dedent(program)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            assert 0 == child.wait(timeout=60)
            assert "{'attribute.refused': 1, 'warning.unwritten': 1}\n" == child.stdout.read()
        finally:
            child.kill()


def test_a_warning_is_written_to_stderr_where_nothing_is_set_up() -> None:
    """Without any logging of the program's, the first one of a kind is seen, and who says it."""
    program = "from otel_ops import operation\nfor _ in 1, 2: operation('a', attributes={'ops.kind': 'x'})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert 1 == done.stderr.count("otel_ops: attribute 'ops.kind'='x' was left out")


def test_values_are_shown_short() -> None:
    """Whatever a value is, its place in a message is bounded."""
    for value in ("x" * 10**6, b"x" * 10**6, list(range(10**5)), {"a": "x" * 10**6}, MuteError()):
        assert faults.MAX_SHOWN >= len(faults.shown(value))
