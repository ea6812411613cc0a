"""Processes of multiprocessing: below what started them, set up as their parent, and nothing lost at their end."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.integration.carriers.programs import METHODS, parents_in, run_file, written_in
from tests.integration.programs import names_in

pytestmark = pytest.mark.carrier("processes")

RUN = """
import json, multiprocessing, os, signal, sys, threading, time
from otel_ops import Detail, OperationContext, configure, diagnostics, operation, set_detail, shutdown

def work(name, level="STANDARD"):
    with operation(name, detail=level):
        pass

def context():
    return multiprocessing.get_context(sys.argv[1])

def done(process):
    process.start()
    process.join(60)
    return process.exitcode
"""

BOTH_WAYS = """
def own(context):
    class OwnProcess(context.Process):
        def __init__(self, name):
            super().__init__()
            self.told = name

        def run(self):
            work(self.told)
    return OwnProcess

OwnProcess = own(multiprocessing.get_context(sys.argv[1]))
OwnProcess.__qualname__ = "OwnProcess"

if __name__ == "__main__":
    configure(trace_file="{pid}.jsonl", flush_seconds=3600)
    with OperationContext("run", user="ada"):
        late = context().Process(target=work, args=("late",))
        with operation("target"):
            print(done(context().Process(target=work, args=("a",))))
        with operation("subclass"):
            print(done(OwnProcess("b")), done(late))
        with operation("daemon"):
            print(done(context().Process(target=work, args=("c",), daemon=True)))
    print(done(context().Process(target=work, args=("outside",))), diagnostics())
"""


@pytest.mark.parametrize("method", METHODS)
def test_processes_stand_below_what_started_them(tmp_path: Path, method: str) -> None:
    """Given a target or a class with a `run` of its own, the parent is the operation that was current at `start`."""
    ran = run_file(tmp_path, RUN + BOTH_WAYS, method)
    records = {record.name: record.attributes for record in written_in(tmp_path)}
    parents = {"a": "target", "b": "subclass", "late": "subclass", "c": "daemon", "outside": ""}

    assert (0, ["0", "0 0", "0", "0 {}"], 1) == (ran.returncode, ran.stdout.splitlines(), len(ran.stderr.splitlines()))
    assert parents == {name: parent for name, parent in parents_in(tmp_path).items() if name in parents}
    assert ["suboperation"] * 4 + ["operation"] == [str(records[name]["ops.kind"]) for name in parents]
    assert [True] * 4 == [records[name]["ops.process_root"] for name in list(parents)[:4]]
    assert ["ada"] * 4 + [None] == [records[name].get("user.id") for name in parents]


SETTINGS = """
from otel_ops.errors import ErrorHandler

class Telling(ErrorHandler):
    def handle_operation_error(self, operation_log, exception): pass
    def handle_suboperation_error(self, suboperation_log, error_data):
        print("handled", suboperation_log.name, flush=True)

class Locked(Telling):
    def __init__(self): self.lock = threading.Lock()

def fails():
    with operation("fails"):
        raise KeyError("a")

def report():
    work("debug", "DEBUG"), work("detailed", "DETAILED"), work("ruled", "DEBUG")
    try: fails()
    except KeyError: pass
    shutdown()
    print(json.dumps(diagnostics()), flush=True)

if __name__ == "__main__":
    os.makedirs("elsewhere", exist_ok=True)
    os.chdir("elsewhere")
    configure(trace_file="in/{service}.jsonl", announce=False, service_name="lab", detail="MINIMAL",
        error_handlers=[Telling()] + [Locked()] * int(sys.argv[2]))
    set_detail("DETAILED")
    set_detail("DEBUG", operation="rul*")
    with OperationContext("run"), operation("all"):
        done(context().Process(target=report))
"""


@pytest.mark.parametrize("method", METHODS)
def test_a_child_is_set_up_as_its_parent(tmp_path: Path, method: str) -> None:
    """Arguments of `configure`, ready objects among them, and levels that were changed since, count in the child."""
    ran = run_file(tmp_path, RUN + SETTINGS, method, "0")
    records = written_in(tmp_path)
    names = [record.name for record in records if "ops.process_root" in record.attributes]

    assert (0, "", ["handled fails", "{}"]) == (ran.returncode, ran.stderr, ran.stdout.splitlines())
    assert [tmp_path / "elsewhere" / "in" / "lab.jsonl"] == list(tmp_path.rglob("*.jsonl"))
    assert ["detailed", "fails", "ruled"] == sorted(names)
    assert {"lab"} == {record.resource.attributes["service.name"] for record in records}


def test_what_cannot_be_pickled_is_left_out_with_one_warning(tmp_path: Path) -> None:
    """An error handler that holds a lock does not reach a spawned child: it is named once, the others count."""
    ran = run_file(tmp_path, RUN + SETTINGS, "spawn", "2")

    assert (0, ["handled fails", "{}"]) == (ran.returncode, ran.stdout.splitlines())
    assert 1 == len(ran.stderr.splitlines())
    assert "error_handlers[1] (TypeError: " in ran.stderr
    assert "error_handlers[2] (TypeError: " in ran.stderr


NO_SETTINGS = """
class Text(str): pass

if __name__ == "__main__":
    configure(announce=False, service_name=Text("lab"))
    Text.__qualname__ = "nowhere.Text"
    with operation("around"):
        process = context().Process(target=work, args=("a",))
        process.start()
        process.join()
    print(process.exitcode, diagnostics())
"""


def test_settings_that_cannot_be_pickled_at_all(tmp_path: Path) -> None:
    """A spawned child starts without them, with one warning."""
    ran = run_file(tmp_path, RUN + NO_SETTINGS, "spawn")

    assert (0, "0 {'child.settings.failed': 1}\n", 1) == (ran.returncode, ran.stdout, len(ran.stderr.splitlines()))
    assert "the settings of a process that is spawned" in ran.stderr


NOT_SET_UP = """
def report(path):
    if path:
        configure(trace_file=path)
    work("a")

if __name__ == "__main__":
    if sys.argv[2]:
        configure(trace_file="parent.jsonl")
        work("parent")
    done(context().Process(target=report, args=(sys.argv[3],)))
"""


def test_where_the_parent_is_not_set_up_nothing_happens(tmp_path: Path) -> None:
    """A child that is spawned by a program without `configure` writes nothing."""
    ran = run_file(tmp_path, RUN + NOT_SET_UP, "spawn", "", "")

    assert (0, "", "", []) == (ran.returncode, ran.stdout, ran.stderr, list(tmp_path.rglob("*.jsonl")))


@pytest.mark.parametrize("method", METHODS)
def test_a_child_that_sets_itself_up_wins(tmp_path: Path, method: str) -> None:
    """What its own code tells `configure` counts in the child, and leaves the announcement to the parent."""
    ran = run_file(tmp_path, RUN + NOT_SET_UP, method, "yes", "child.jsonl")

    assert (0, 1) == (ran.returncode, len(ran.stderr.splitlines()))
    assert (["a"], ["parent"]) == (names_in(tmp_path / "child.jsonl"), names_in(tmp_path / "parent.jsonl"))


AT_IMPORT = """
configure(trace_file=f"{sys.argv[2]}-{'parent' if __name__ == '__main__' else 'child'}.jsonl")
work("import")

if __name__ == "__main__":
    set_detail("DEBUG")
    done(context().Process(target=work, args=("a", "DEBUG")))
"""


def test_a_program_that_sets_up_where_it_is_imported_announces_once(tmp_path: Path) -> None:
    """A spawned child imports its parent's program: `configure` there is its own code's, and says nothing."""
    ran = run_file(tmp_path, RUN + AT_IMPORT, "spawn", "x")

    assert (0, 1) == (ran.returncode, len(ran.stderr.splitlines()))
    assert (["import"], ["import"]) == (names_in(tmp_path / "x-parent.jsonl"), names_in(tmp_path / "x-child.jsonl"))


INSTRUMENTED = """
if __name__ == "__main__":
    if len(sys.argv) > 2: configure(detail=sys.argv[2])
    set_detail("DEBUG")
    with operation("all"):
        print(done(context().Process(target=work, args=("a", "DEBUG"))))
"""


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("level", [(), ("DETAILED",)])
def test_under_auto_instrumentation(tmp_path: Path, method: str, level: tuple[str, ...]) -> None:
    """A child that auto-instrumentation has set up already is set up once, with its parent's levels; one line tells."""
    command = str(Path(sys.executable).with_name("opentelemetry-instrument"))
    kept = {"OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none", "OTEL_OPS_TRACE_FILE": "{pid}.jsonl"}
    ran = run_file(tmp_path, RUN + INSTRUMENTED, method, *level, wrapper=(command,), **kept)

    assert (0, "0\n", 1) == (ran.returncode, ran.stdout, len(ran.stderr.splitlines()))
    assert {"a": "all", "all": ""} == parents_in(tmp_path)
