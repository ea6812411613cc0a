"""The end of a program, in every way that it may come: what has ended is written; the exit code is the program's."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from tests.integration.collector import Silence
from tests.integration.conftest import RunProgram
from tests.integration.programs import RUN, names_in

LATE = "ended after everything was written at the end of the program, and is left out"


@pytest.mark.parametrize(
    ("end", "code", "names"),
    [
        ("sys.exit(3)", 3, ["before", "block"]),
        ("sys.exit()", 0, ["before", "block"]),
        ("raise SystemExit('text')", 1, ["before", "block"]),
        ("1 / 0", 1, ["before", "block"]),
        ("raise KeyboardInterrupt", -signal.SIGINT, ["before", "block"]),
        ("shutdown(); os._exit(4)", 4, ["before"]),
        ("os._exit(4)", 4, []),
        ("os.abort()", -signal.SIGABRT, []),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="exit codes of signals are others there")
def test_a_block_that_ends_the_program(
    run_program: RunProgram, tmp_path: Path, end: str, code: int, names: list[str]
) -> None:
    """Whatever ends the program in a block, its exit code is the usual one, and what has ended is written."""
    source = f"""
import os, sys
configure(trace_file="a.jsonl", announce=False, flush_seconds=3600)
run("before")
with operation("block"):
    {end}
"""
    done = run_program(RUN + source)
    path = tmp_path / "a.jsonl"

    assert (code, names) == (done.returncode, names_in(path) if path.exists() else [])
    assert "otel_ops" not in done.stderr.replace(str(Path(__file__).parents[2]), "").replace("otel_ops/", "")


def test_what_the_program_does_at_its_end_is_written(run_program: RunProgram, tmp_path: Path) -> None:
    """Callbacks registered after the import of otel_ops, before `configure` or after it, are watched."""
    source = """
import atexit
atexit.register(run, "before configure")
configure(trace_file="a.jsonl", announce=False)
atexit.register(run, "after configure")
"""
    done = run_program(RUN + source)

    assert (0, "") == (done.returncode, done.stderr)
    assert ["after configure", "before configure"] == names_in(tmp_path / "a.jsonl")


def test_what_comes_even_later_is_told(run_program: RunProgram, tmp_path: Path) -> None:
    """Callbacks registered before the import run after ours: one warning names the first operation left out."""
    source = """
import atexit
def late():
    import otel_ops
    for name in ("late", "later"):
        with otel_ops.operation(name):
            pass
    print(otel_ops.diagnostics())
atexit.register(late)
"""
    done = run_program(source + RUN + 'configure(trace_file="a.jsonl", announce=False); run("a")')

    assert (0, "{'span.after_exit': 2}\n", ["a"]) == (done.returncode, done.stdout, names_in(tmp_path / "a.jsonl"))
    assert (1, True) == (len(done.stderr.splitlines()), f"'late' {LATE}" in done.stderr)


@pytest.mark.parametrize("held", ["kept = Ending()", "sys.kept = Ending()", "kept = Ending(); kept.circle = kept"])
def test_objects_that_end_with_the_interpreter_are_harmless(run_program: RunProgram, tmp_path: Path, held: str) -> None:
    """An operation in `__del__` while Python takes itself down is told or written, and breaks nothing."""
    source = f"""
import sys
class Ending:
    def __del__(self):
        run("in __del__")
configure(trace_file="a.jsonl", announce=False)
{held}
run("a")
"""
    done = run_program(RUN + source)

    assert (0, ["a"]) == (done.returncode, names_in(tmp_path / "a.jsonl"))
    assert all("'in __del__'" in line and LATE in line for line in done.stderr.splitlines())


def test_at_the_very_end_it_is_too_late_to_begin(run_program: RunProgram) -> None:
    """A first `configure` where Python starts no threads any more says so; the program ends well."""
    source = """
import atexit
from otel_ops.exceptions import SettingsError
def late():
    try:
        configure(announce=False)
    except SettingsError as error:
        print(error)
    run("late")
atexit.register(late)
"""
    done = run_program(RUN + source, OTEL_TRACES_EXPORTER="console")

    assert (0, "") == (done.returncode, done.stderr)
    assert "call configure before the program ends" in done.stdout


def test_threads_that_end_late_are_waited_for_by_python(run_program: RunProgram, tmp_path: Path) -> None:
    """What a thread does after the main one has ended is written."""
    source = """
import threading, time
configure(trace_file="a.jsonl", announce=False, flush_seconds=3600)
def work():
    threading.main_thread().join()
    run("late")
threading.Thread(target=work).start()
run("main")
"""
    done = run_program(RUN + source)

    assert (0, "", ["main", "late"]) == (done.returncode, done.stderr, names_in(tmp_path / "a.jsonl"))


def test_daemon_threads_are_cut_off_without_harm(run_program: RunProgram, tmp_path: Path) -> None:
    """Threads that work until Python is gone break nothing; what they had ended before is written once."""
    source = """
import threading, time
configure(trace_file="a.jsonl", outputs=[{"format": "tree", "to": "tree.txt"}], announce=False, flush_seconds=0.001)
ran = []
def work(thread):
    number = 0
    while True:
        run(f"{thread}.{number}")
        ran.append(f"{thread}.{number}")
        number += 1
        time.sleep(1e-4)
for thread in range(3):
    threading.Thread(target=work, args=(thread,), daemon=True).start()
time.sleep(0.2)
print(*ran.copy())
"""
    done = run_program(RUN + source)
    written = names_in(tmp_path / "a.jsonl")

    assert (0, "") == (done.returncode, done.stderr)
    assert set(done.stdout.split()) <= set(written)
    assert len(set(written)) == len(written)


def test_ctrl_c_while_the_end_waits_ends_it(run_program: RunProgram) -> None:
    """Somebody who does not want to wait for an endpoint that is away presses Ctrl-C, and sees no traceback of ours."""
    source = """
import os, signal, time
configure(exit_seconds=3600)
run("a")
if os.fork() == 0:
    time.sleep(1)
    os.kill(os.getppid(), signal.SIGINT)
    os._exit(0)
"""
    with Silence() as silence:
        done = run_program(RUN + source, measured=False, OTEL_EXPORTER_OTLP_ENDPOINT=silence.endpoint)

    assert 0 == done.returncode
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not hasattr(signal, "SIGTERM") or sys.platform == "win32", reason="there are no such signals")
@pytest.mark.parametrize("handler", ["sys.exit(0)", "shutdown(); os._exit(0)", "configure(trace_file='b.jsonl')"])
def test_signal_handlers_may_end_or_reconfigure(run_program: RunProgram, tmp_path: Path, handler: str) -> None:
    """A handler that runs in the midst of anything on the main thread neither waits for that nor loses a span."""
    source = f"""
import os, signal, sys
numbers = []
def on_signal(*_):
    {handler}
    signal.setitimer(signal.ITIMER_REAL, 0.005)
signal.signal(signal.SIGALRM, on_signal)
configure(trace_file="a.jsonl", announce=False, flush_seconds=0.001)
signal.setitimer(signal.ITIMER_REAL, 0.02)
with OperationContext("ctx") as context:
    try:
        for number in range(300):
            run(str(number))
            numbers.append(str(number))
            context.operations
    finally:
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        print(*numbers[:-1], flush=True)
"""
    done = run_program(RUN + source, measured=False)
    written = names_in(*tmp_path.glob("?.jsonl"))

    assert 0 == done.returncode
    assert "Traceback" not in done.stderr
    assert set(done.stdout.split()) <= set(written)
    assert len(set(written)) == len(written)


def test_a_disabled_sdk_ends_without_a_word(run_program: RunProgram, tmp_path: Path) -> None:
    """With `OTEL_SDK_DISABLED=true` everything runs to its end, also at exit, and nothing is written or said."""
    source = """
import atexit
configure(outputs=["tree"], error_handlers=["log"])
atexit.register(run, "late")
with OperationContext("ctx") as context:
    run("a")
print(context.operations, shutdown(), diagnostics())
"""
    done = run_program(RUN + source, OTEL_SDK_DISABLED="true")

    assert (0, "() True {}\n", "", []) == (done.returncode, done.stdout, done.stderr, list(tmp_path.iterdir()))
