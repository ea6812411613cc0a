"""Failures in whole programs: each is handled once, wherever it happens, and no handler does the program harm."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.integration.conftest import RunProgram

HANDLER = """
import json, os, sys, threading, time
from otel_ops import OperationContext, configure, diagnostics, operation, shutdown
from otel_ops.errors import ErrorHandler, NotifyingErrorHandler

class Telling(ErrorHandler):
    def __init__(self, path="told.jsonl"):
        self.path = path

    def write(self, *told):
        with open(self.path, "a") as file:
            file.write(json.dumps(told) + "\\n")

    def handle_operation_error(self, operation_log, exception):
        self.write("operation", operation_log.name, operation_log.failure.message)

    def handle_suboperation_error(self, suboperation_log, error_data):
        self.write("suboperation", suboperation_log.name, error_data.message)

def fail(name, text="no"):
    with operation(name):
        raise ValueError(text)

def quietly(function, *args):
    try:
        function(*args)
    except ValueError:
        pass
"""


def told(folder: Path, name: str = "told.jsonl") -> list[list[str]]:
    """Give what the handlers of all processes have written."""
    path = folder / name
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_a_handler_is_called_for_what_ends_the_program(run_program: RunProgram, tmp_path: Path) -> None:
    """The exception that nobody catches is handled before the program is gone; it ends as without us."""
    ran = run_program(HANDLER + "configure(error_handlers=[Telling()], trace_file=False)\nfail('load')")

    assert [["operation", "load", "no"]] == told(tmp_path)
    assert 1 == ran.returncode
    assert ran.stderr.rstrip().endswith("ValueError: no")


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_failure_in_a_pool_is_one_failure(run_program: RunProgram, tmp_path: Path, method: str) -> None:
    """The child tells of its suboperation, the parent of its operation, and nobody of anything twice."""
    (tmp_path / "lab.py").write_text(
        HANDLER
        + "@operation\ndef step(number):\n    if number == 3:\n        raise ValueError('row 3')\n    return number\n"
    )
    program = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from lab import *

if __name__ == "__main__":
    configure(error_handlers=[Telling()], trace_file=False)
    context = multiprocessing.get_context(METHOD)

    @operation("series")
    def series():
        with ProcessPoolExecutor(2, mp_context=context) as pool:
            list(pool.map(step, range(6)))

    quietly(series)
""".replace("METHOD", repr(method))
    (tmp_path / "program.py").write_text(program)
    ran = run_program("import runpy; runpy.run_path('program.py', run_name='__main__')")

    assert ("", 0) == (ran.stderr, ran.returncode)
    assert sorted([["suboperation", "step", "row 3"], ["operation", "series", "row 3"]]) == sorted(told(tmp_path))


@pytest.mark.parametrize(
    "act",
    [
        "raise RuntimeError('broken handler')",
        "sys.exit(3)",
        "fail('inside the handler')",
        "import logging; logging.getLogger('lab').error('noise')",
        "configure(error_handlers=[self], trace_file=False)",
        "shutdown()",
        "os._exit(0) if os.fork() == 0 else os.wait()",
        "from opentelemetry import trace; trace.get_tracer_provider().force_flush(3_600_000)",
        "self.shutdown()",
    ],
)
@pytest.mark.parametrize("synchronous", [False, True])
def test_whatever_a_handler_does_the_others_are_called(
    run_program: RunProgram, tmp_path: Path, act: str, synchronous: bool
) -> None:
    """A handler that raises, exits, fails, logs, forks, flushes or reconfigures costs no other, and ends nothing."""
    ran = run_program(
        HANDLER
        + f"""
class Odd(Telling):
    def handle_operation_error(self, operation_log, exception):
        super().handle_operation_error(operation_log, exception)
        {act}

odd, other = Odd("odd.jsonl"), Telling()
odd.synchronous = {synchronous}
configure(error_handlers=[odd, other], trace_file=False)
quietly(fail, "load")
time.sleep(0.5)
print("the program goes on")
"""
    )

    assert "the program goes on\n" == ran.stdout
    assert 0 == ran.returncode
    assert "Traceback" not in ran.stderr
    assert [["operation", "load", "no"]] == told(tmp_path)
    assert [["operation", "load", "no"]] == told(tmp_path, "odd.jsonl")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("end", ["pass", "sys.exit(3)"])
def test_a_child_that_a_handler_forks_ends_with_its_call(run_program: RunProgram, tmp_path: Path, end: str) -> None:
    """A child in which the handler returns, or exits, does not live on, waiting for failures that never come."""
    ran = run_program(
        HANDLER
        + f"""
import warnings
warnings.simplefilter("ignore", DeprecationWarning)  # of Python 3.12 and later, about forks of threaded programs

class Forking(Telling):
    def handle_operation_error(self, operation_log, exception):
        if os.fork() == 0:
            {end}
        else:
            os.wait()
            super().handle_operation_error(operation_log, exception)

configure(error_handlers=[Forking()], trace_file=False)
quietly(fail, "load")
quietly(fail, "save")
shutdown()
"""
    )

    assert 0 == ran.returncode
    assert [["operation", "load", "no"], ["operation", "save", "no"]] == told(tmp_path)


def test_a_handler_that_hangs_costs_its_share_of_the_exit(run_program: RunProgram, tmp_path: Path) -> None:
    """Outputs and other handlers are done, the program ends within exit_seconds, and one line names the handler."""
    ran = run_program(
        HANDLER
        + """
class Hanging(ErrorHandler):
    def handle_operation_error(self, operation_log, exception):
        time.sleep(3600)
    handle_suboperation_error = handle_operation_error

configure(error_handlers=[Hanging(), Telling()], trace_file="a.jsonl", announce=False, exit_seconds=1)
quietly(fail, "load")
"""
    )

    assert 0 == ran.returncode
    assert [["operation", "load", "no"]] == told(tmp_path)
    assert (tmp_path / "a.jsonl").stat().st_size
    assert 1 == len(ran.stderr.splitlines()), ran.stderr
    assert "error handler Hanging was not done at the end; 1 failure(s)" in ran.stderr


def test_a_flood_is_bounded(run_program: RunProgram) -> None:
    """A hundred thousand failures cost bounded memory and lead to two reports: of the first, and of all the others."""
    ran = run_program(
        HANDLER
        + """
import psutil
reports = []

class Notes(NotifyingErrorHandler):
    def notify(self, report):
        reports.append((report.count, report.first.error_data.message, report.last.error_data.message))

configure(error_handlers=[Notes()], trace_file=False, announce=False)
for number in range(1_000):
    quietly(fail, "warm", f"id {number}")
before = psutil.Process().memory_info().rss
peak = 0
for number in range(100_000):
    quietly(fail, "load", f"row {number} of {number * 7}")
    if number % 1_000 == 0:
        peak = max(peak, psutil.Process().memory_info().rss)
shutdown()
print(json.dumps([reports, (peak - before) / 2**20, diagnostics()]))
""",
        measured=False,
    )
    reports, grown, counts = json.loads(ran.stdout)

    assert {} == counts
    assert 50 > grown
    assert [1, "id 0", "id 0"] == reports[0]
    assert ["id 1", "row 99999 of 699993"] == [reports[-2][1], reports[-1][2]]
    assert 101_000 == sum(report[0] for report in reports)


@pytest.mark.parametrize(
    "end",
    [
        "import atexit; atexit.register(quietly, fail, 'late')",
        "class Late:\n    def __del__(self, quietly=quietly, fail=fail): quietly(fail, 'late')\nlate = Late()",
        "threading.Thread(target=lambda: [quietly(fail, 'late') for _ in range(10**7)], daemon=True).start()",
        "def work():\n    time.sleep(0.3)\n    quietly(fail, 'late')\nthreading.Thread(target=work).start()",
    ],
    ids=["atexit", "finalizer", "daemon thread", "thread"],
)
@pytest.mark.parametrize("before", ["", "import atexit; atexit.register(print, 'last')\n"])
def test_failures_while_the_program_ends(run_program: RunProgram, tmp_path: Path, end: str, before: str) -> None:
    """It ends as without us, with its own code; nothing of ours is printed but a warning of what came too late."""
    ran = run_program(
        f"{before}{HANDLER}\nconfigure(error_handlers=[Telling()], trace_file=False)\nquietly(fail, 'load')\n{end}\n"
        "raise SystemExit(3)"
    )

    assert 3 == ran.returncode
    assert "Traceback" not in ran.stderr
    assert "Exception ignored" not in ran.stderr
    assert ["operation", "load", "no"] in told(tmp_path)
    is_silent = "__del__" in end or "daemon" in end  # modules are taken down around it; it may be stopped at any time
    assert ["operation", "late", "no"] in told(tmp_path) or "otel_ops" in ran.stderr or is_silent
