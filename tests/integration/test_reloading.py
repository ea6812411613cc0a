"""Whole programs whose settings change while they run: from outside, in forked children, and up to their end."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from textwrap import dedent

import pytest

from tests.integration.conftest import RunProgram

PROGRAM = """
import os, signal, sys, threading, time
from pathlib import Path
from otel_ops import Detail, configure, diagnostics, operation, set_detail, shutdown
from otel_ops.detail import GATE

def put(text):
    new = Path(f"new {os.getpid()}")
    new.write_text(text)
    new.replace("otel_ops.toml")

def wait_for(level):
    ends_at = time.monotonic() + 20
    while GATE.level.name != level and time.monotonic() < ends_at:
        time.sleep(0.01)
    print(GATE.level.name, flush=True)
"""

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
needs_signal = pytest.mark.skipif(not hasattr(signal, "SIGUSR2"), reason="there is no such signal here")


@needs_fork
@needs_signal
def test_forked_children_watch_and_listen(run_program: RunProgram) -> None:
    """A child has threads of its own: its settings change, and the parent's as well."""
    source = """
    configure(trace_file=False, watch=True, reload_signal="SIGUSR2")
    child = os.fork()
    put('detail = "DEBUG"')
    wait_for("DEBUG")
    if not child:
        os.environ["OTEL_OPS_DETAIL"] = "MINIMAL"
        os.kill(os.getpid(), signal.SIGUSR2)
        wait_for("MINIMAL")
        shutdown()
        os._exit(0)
    os.waitpid(child, 0)
    """
    done = run_program(PROGRAM + dedent(source))
    assert ("", 0, ["DEBUG", "DEBUG", "MINIMAL"]) == (done.stderr, done.returncode, sorted(done.stdout.split()))


@needs_signal
def test_a_signal_from_outside(run_program: RunProgram) -> None:
    """Another process asks for it; the program, which waits in the midst of something, goes on with it."""
    source = """
    import subprocess
    configure(trace_file=False, reload_signal="SIGUSR2")
    put('detail = "DEBUG"')
    subprocess.run(["kill", "-USR2", str(os.getpid())], check=True)
    wait_for("DEBUG")
    """
    done = run_program(PROGRAM + dedent(source))
    assert ("", "DEBUG\n", 0) == (done.stderr, done.stdout, done.returncode)


@needs_signal
def test_a_signal_at_the_end(run_program: RunProgram) -> None:
    """One that comes while outputs are waited for leaves the exit code and what is written as they are."""
    source = """
    from otel_ops.formatters import OutputFormatter
    class Slow(OutputFormatter):
        def format_operation_log(self, log):
            os.kill(os.getpid(), signal.SIGUSR2)
            return log.name
    outputs = [{"format": Slow(), "to": sys.stdout}]
    configure(trace_file=False, reload_signal="SIGUSR2", flush_seconds=60, outputs=outputs)
    with operation("written"):
        pass
    sys.exit(3)
    """
    done = run_program(PROGRAM + dedent(source))
    assert ("", 3) == (done.stderr, done.returncode)
    assert "written" in done.stdout


@pytest.mark.parametrize("end", ["", "shutdown()", "sys.exit(3)", "raise SystemExit(3)"])
def test_the_end_waits_for_nothing(run_program: RunProgram, end: str) -> None:
    """However the program ends while files are watched, it ends as it would, at once, and without a word."""
    source = f"""
    put('detail = "DEBUG"')
    configure(trace_file=False, watch=True)
    put('detail = "MINIMAL"')
    print(GATE.level is not None)
    {end}
    """
    done = run_program(PROGRAM + dedent(source))
    assert ("", "True\n", 3 if "3" in end else 0) == (done.stderr, done.stdout, done.returncode)


def test_a_program_keeps_its_settings_when_its_file_breaks(run_program: RunProgram, tmp_path: Path) -> None:
    """One line on stderr names file, line and column; the program goes on."""
    source = """
    put('detail = "DEBUG"')
    configure(trace_file=False, watch=True)
    put('detail = "MINIMAL')
    while not diagnostics():
        time.sleep(0.01)
    wait_for("DEBUG")
    """
    done = run_program(PROGRAM + dedent(source))
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"otel_ops: {tmp_path / 'otel_ops.toml'} is no valid TOML: ")
    assert "(at line 1, column 18, the end); the settings in force stay as they are" in line
    assert ("DEBUG\n", 0) == (done.stdout, done.returncode)
