"""`otel-ops run`: the program is what it is without us, but for the tree or file of its operations."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.conftest import Command
from tests.integration.programs import names_in, records_in, trace_files

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a process cannot become another one there")

PROGRAM = """
import os, signal, sys
from opentelemetry import trace
from otel_ops import Detail, operation

with operation("work"), operation("step", detail=Detail.DEBUG):
    pass
print(sys.argv[1:], sys.path[0], __name__, __file__, repr(sys.stdin.read()), flush=True)
{end}
"""


def _program(folder: Path, end: str = "") -> None:
    (folder / "program.py").write_text(PROGRAM.format(end=end))


def _shown(stderr: str) -> list[str]:
    return re.findall("^(?:└─ )?(work|step) ", stderr, re.MULTILINE)


@pytest.mark.parametrize("how", [["program.py"], ["--", "program.py"], ["-m", "program"]])
def test_the_program_is_untouched(otel_ops: Command, tmp_path: Path, how: list[str]) -> None:
    """Arguments, first import path, name, stdin and stdout are those of `python`; the tree is on stderr."""
    _program(tmp_path)
    arguments = [*how, "a", "--detail", "x", "--", "-m", "y"]
    command = [sys.executable, *arguments[how[0] == "--" :]]
    expected = subprocess.run(command, cwd=tmp_path, input=b"hello", capture_output=True, check=True)
    done = otel_ops("run", *arguments, stdin=b"hello")

    assert (0, expected.stdout.decode()) == (done.returncode, done.stdout)
    assert ["work"] == _shown(done.stderr)
    assert ["work"] == names_in(*trace_files(tmp_path))


def test_children_write_nothing_of_ours_where_the_program_reads(otel_ops: Command, tmp_path: Path) -> None:
    """A program that reads what a Python child of its own tells reads no announcement."""
    _program(tmp_path)
    code = "import subprocess, sys; print(subprocess.run([sys.executable, 'program.py'], capture_output=True).stderr)"
    done = otel_ops("run", "--to", "tree.txt", "-c", code)

    assert "b''" == done.stdout.strip()
    assert ["work"] == names_in(*trace_files(tmp_path))


def test_code_and_a_module_written_together(otel_ops: Command, tmp_path: Path) -> None:
    """-c takes a text, and -mMODULE, as Python reads it, keeps its arguments."""
    _program(tmp_path)
    code = otel_ops("run", "-c", "import sys; print(sys.argv)", "-m", "--to", OTEL_OPS_ANNOUNCE="false")
    module = otel_ops("run", "-mprogram", "a", "b")

    assert (0, "['-c', '-m', '--to']\n", "") == (code.returncode, code.stdout, code.stderr)
    assert (0, True) == (module.returncode, module.stdout.startswith("['a', 'b']"))


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("sys.exit(3)", 3),
        ("1 / 0", 1),
        ("trace.get_tracer_provider().force_flush(); os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM),
        ("import time; os.kill(os.getpid(), signal.SIGINT); time.sleep(60)", -signal.SIGINT),
    ],
)
def test_however_it_ends_the_tree_is_printed(otel_ops: Command, tmp_path: Path, end: str, code: int) -> None:
    """The exit code is the program's own, signals included; SIGTERM leaves what was written before."""
    _program(tmp_path, end)
    done = otel_ops("run", "--detail", "DEBUG", "program.py")

    assert (code, ["work", "step"]) == (done.returncode, _shown(done.stderr))
    assert ["step", "work"] == names_in(*trace_files(tmp_path))


def test_children_are_watched_too(otel_ops: Command, tmp_path: Path) -> None:
    """Processes of multiprocessing, however they start, and other Python programs write what they do."""
    source = """
import multiprocessing, subprocess, sys
from otel_ops import operation

def run(name):
    with operation(name):
        pass

if __name__ == "__main__":
    for kind in multiprocessing.get_all_start_methods():
        child = multiprocessing.get_context(kind).Process(target=run, args=(kind,))
        child.start()
        child.join()
    subprocess.run([sys.executable, "-c", "import program; program.run('subprocess')"], check=True)
"""
    (tmp_path / "program.py").write_text(source)
    done = otel_ops("run", "program.py")

    assert 0 == done.returncode
    assert ["fork", "forkserver", "spawn", "subprocess"] == sorted(names_in(*trace_files(tmp_path)))


def test_format_and_place_are_chosen(otel_ops: Command, tmp_path: Path) -> None:
    """--format and --to win over the settings' outputs; without both, those are used instead of the tree."""
    _program(tmp_path)
    otel_ops("run", "--format", "json", "--to", 'a "b".jsonl', "program.py", OTEL_OPS_OUTPUTS="table")
    by_settings = otel_ops("run", "program.py", OTEL_OPS_OUTPUTS="table")

    assert '"name":"work"' in (tmp_path / 'a "b".jsonl').read_text()
    assert "share" in by_settings.stderr


def test_operations_are_declared(otel_ops: Command, tmp_path: Path) -> None:
    """--operations, as often as one likes, watches functions that nobody decorated."""
    (tmp_path / "lab.py").write_text("def load(): pass\nclass Model:\n    def fit(self): load()\n")
    (tmp_path / "program.py").write_text("import lab; lab.Model().fit()")
    done = otel_ops("run", "--operations", "lab:load", "--operations", "lab:Model.*", "program.py")
    otel_ops("run", "--operations", "lab:load, lab:Model.*", "program.py", OTEL_OPS_TRACE_FILE="at_once.jsonl")

    assert ["load", "Model.fit"] == names_in(*trace_files(tmp_path))
    assert ["load", "Model.fit"] == names_in(tmp_path / "at_once.jsonl")
    assert "└─ load" in done.stderr


ENDS = ["", "raise ValueError", "import subprocess, sys; subprocess.run([sys.executable, '-c', ''])"]


@pytest.mark.parametrize("end", ENDS)
def test_nothing_seen_is_one_line_that_tells_what_to_do(otel_ops: Command, tmp_path: Path, end: str) -> None:
    """Whoever has heard only of the command sees why there is no tree; children say nothing."""
    (tmp_path / "program.py").write_text(f"def fit(): pass\nfit()\n{end}")
    remedy = "name what to watch, as in: otel-ops run --operations 'module:function' ..."
    done = otel_ops("run", "--detail", "DEBUG", "program.py")

    assert 1 == done.stderr.count("otel_ops: ")
    assert f"otel_ops: no operations in this process, up to level DEBUG; {remedy}" == done.stderr.splitlines()[-1]


def test_nothing_called_and_nothing_to_announce(otel_ops: Command, tmp_path: Path) -> None:
    """What was named and not called is told as such; `announce = false` keeps it quiet."""
    (tmp_path / "lab.py").write_text("def load(): pass")
    arguments = ["run", "--operations", "lab:load", "-c", "import lab"]
    told, quiet = otel_ops(*arguments), otel_ops(*arguments, OTEL_OPS_ANNOUNCE="false")

    assert "nothing that is declared or decorated was called" in told.stderr
    assert "" == quiet.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "otel-ops: no program is named; give a script, -m MODULE or -c CODE"),
        (["nope.py"], "otel-ops: nope.py: no such file; for a module, use -m"),
        (
            ["otel-ops"],
            f"otel-ops: otel-ops: no such file; the command is {Path(sys.executable).with_name('otel-ops')}",
        ),
        (["--format", "treee", "p.py"], "otel-ops: outputs[0].format = 'treee' (argument): no such format"),
    ],
)
def test_what_cannot_be_run_is_one_line(otel_ops: Command, tmp_path: Path, arguments: list[str], message: str) -> None:
    """Nothing is started where the program or a setting is wrong."""
    (tmp_path / "p.py").write_text("print('started')")
    done = otel_ops("run", *arguments)

    assert (2, "", 1) == (done.returncode, done.stdout, len(done.stderr.splitlines()))
    assert done.stderr.startswith(message)


@pytest.mark.parametrize(
    "environment", [{"OTEL_SDK_DISABLED": "true"}, {"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "flask,otel_ops"}]
)
def test_switched_off_it_runs_and_says_so(otel_ops: Command, tmp_path: Path, environment: dict[str, str]) -> None:
    """The standard variables win; one line names the one that does."""
    _program(tmp_path)
    done = otel_ops("run", "program.py", **environment)
    (line,) = done.stderr.splitlines()

    assert (0, True) == (done.returncode, line.startswith(f"otel-ops: {next(iter(environment))} = "))
    assert [] == trace_files(tmp_path)


JOB = """
from otel_ops import operation

def job(name):
    with operation(name):
        pass
"""

POOL = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from joblib import Parallel, delayed
from jobs import job

if __name__ == "__main__":
    for method in "spawn", "forkserver":
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method)) as pool:
            pool.submit(job, method).result()
    Parallel(n_jobs=2)([delayed(job)("loky")])
"""


def test_workers_have_the_name_of_the_program(otel_ops: Command, tmp_path: Path) -> None:
    """Their spans are of the same service, whatever they were started with."""
    (tmp_path / "jobs.py").write_text(JOB)
    (tmp_path / "kiln.py").write_text(POOL)
    done = otel_ops("run", "kiln.py")

    expected = {"spawn": "kiln", "forkserver": "kiln", "loky": "kiln"}
    records = records_in(*trace_files(tmp_path))
    assert expected == {record.name: record.resource.attributes["service.name"] for record in records}, done.stderr
