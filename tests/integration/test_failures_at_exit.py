"""Failures at the very end of a program: no traceback of ours, the exit code kept, handled while it can be."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.collector import Collector
from tests.integration.conftest import RunProgram
from tests.integration.programs import names_in
from tests.integration.test_failures import HANDLER, told

BEGIN = (
    HANDLER
    + """
import atexit

def failing(name):
    quietly(fail, name)

class Failing:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        failing(self.name)

def stopping(name):
    try:
        yield
    finally:
        failing(name)

SETUP
"""
)
CONFIGURE = "configure(error_handlers=[Telling()], trace_file='trace.jsonl', announce=False)"
EARLY = {
    "atexit": "atexit.register(failing, 'late')",
    "thread": "threading.Thread(target=lambda: (time.sleep(0.2), failing('late'))).start()",
    "block": "try:\n    sys.exit(3)\nfinally:\n    failing('late')",
}
TOO_LATE = {
    "del": "kept = Failing('late')",
    "cycle": "kept = Failing('late'); kept.cycle = kept; sys.kept = kept",
    "module": "sys.modules['kept'] = Failing('late')",
    "generator": "kept = stopping('late'); next(kept)",
}
DAEMON = """
def run():
    while True:
        failing("late")

threading.Thread(target=run, daemon=True).start()
time.sleep(0.2)
"""


@pytest.mark.parametrize("how", EARLY)
def test_what_fails_before_the_end_is_handled(how: str, run_program: RunProgram, tmp_path: Path) -> None:
    """In functions of `atexit`, in threads that are waited for, and while the program exits."""
    ran = run_program(BEGIN.replace("SETUP", CONFIGURE) + EARLY[how] + "\nsys.exit(3)")

    assert (3, "") == (ran.returncode, ran.stderr)
    assert [["operation", "late", "no"]] == told(tmp_path)
    assert ["late"] == names_in(tmp_path / "trace.jsonl")


@pytest.mark.parametrize("setup", [CONFIGURE, ""])
@pytest.mark.parametrize("how", [*EARLY, *TOO_LATE])
def test_nothing_of_ours_is_seen_at_the_end(setup: str, how: str, run_program: RunProgram) -> None:
    """Also where the interpreter is taken apart, in finalizers and generators; the exit code is the program's."""
    ran = run_program(BEGIN.replace("SETUP", setup) + {**EARLY, **TOO_LATE}[how] + "\nsys.exit(3)")

    assert (3, False) == (ran.returncode, "Traceback" in ran.stderr)


def test_a_daemon_thread_that_fails_and_fails_ends_with_the_program(run_program: RunProgram, tmp_path: Path) -> None:
    """What it had done until then is handled."""
    ran = run_program(BEGIN.replace("SETUP", CONFIGURE) + DAEMON + "sys.exit(3)")

    assert (3, False) == (ran.returncode, "Traceback" in ran.stderr)
    assert ["operation", "late", "no"] in told(tmp_path)


def test_what_fails_for_good_at_the_end_is_pythons_to_tell(run_program: RunProgram, tmp_path: Path) -> None:
    """An exception that leaves a function of `atexit` is handled, and Python prints its traceback."""
    ran = run_program(BEGIN.replace("SETUP", CONFIGURE) + "atexit.register(fail, 'late')\nsys.exit(3)")

    assert 3 == ran.returncode
    assert 1 == ran.stderr.count("Traceback")
    assert "ValueError: no" in ran.stderr
    assert [["operation", "late", "no"]] == told(tmp_path)


@pytest.mark.parametrize(("signal", "events"), [("logs", 0), ("logs/dup", 1)])
def test_exceptions_go_to_a_collector_as_log_records(
    run_program: RunProgram, tmp_path: Path, signal: str, events: int
) -> None:
    """Through the exporters of OTEL_LOGS_EXPORTER, with the id of the operation's span; in the trace file, too."""
    program = BEGIN.replace("SETUP", CONFIGURE) + "failing('load')\nshutdown()"
    with Collector() as collector:
        ran = run_program(
            program,
            OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN=signal,
            OTEL_LOGS_EXPORTER="otlp",
            OTEL_TRACES_EXPORTER="otlp",
            OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf",
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint,
        )

    assert "" == ran.stderr
    ((logger, body, span_id),) = collector.logs
    assert ("otel_ops", "ValueError: no", "load") == (logger, body, collector.span_ids[span_id])
    assert [["operation", "load", "no"]] == told(tmp_path)
    written = (tmp_path / "trace.jsonl").read_text()
    assert (events, 1) == (written.count('"events"'), written.count('"exception.stacktrace"'))
