"""Several outputs at once, in real programs: each has its own place, level and filter, and none harms another."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from otel_ops.formatters import read_operation_log
from tests.integration.conftest import RunProgram
from tests.integration.programs import RUN

CONTEXTS = """
def work(session, name, **metadata):
    with OperationContext(session=session, **metadata), operation(name), operation("step", detail="DEBUG"):
        pass

def fail(session, name, error):
    try:
        with OperationContext(session=session), operation(name):
            raise error
    except Exception:
        pass
"""


def names_in(path: Path) -> list[str]:
    """Read the names of the operations of a file of JSON lines, in which every line is a whole document."""
    return [read_operation_log(line).name for line in path.read_text(encoding="utf-8").splitlines()]


def test_each_output_has_its_own_level_place_and_filter(run_program: RunProgram, tmp_path: Path) -> None:
    """The settings of the how-to: a tree on stderr, a file for each session, the failures in one of their own."""
    (tmp_path / "otel_ops.toml").write_text(
        """
detail = "DEBUG"
trace_file = false
outputs = [
  {format = "tree", detail = "STANDARD"},
  {format = "json", to = "logs/{date}/{session}.json"},
  {format = "json", to = "failed.json", outcome = "error", options = {indent = 2}},
  {format = "table", to = "ada.txt", context = {user = "a*"}, operation = "b*"},
]
"""
    )
    source = """
configure()
work("s1", "a", user="ada"); work("s2", "b", user="bob"); work("s1", "bc", user="ada")
fail("s1", "timed", TimeoutError()); fail("s2", "failed", ValueError())
"""
    done = run_program(RUN + CONTEXTS + source)
    (day,) = (tmp_path / "logs").iterdir()

    assert "step" not in done.stderr
    assert ["a", "b", "bc", "timed", "failed"] == re.findall(r"^(?:\S )?(\w+) .*s *$", done.stderr, re.MULTILINE)
    assert {"s1.json": ["a", "bc", "timed"], "s2.json": ["b", "failed"]} == {
        path.name: names_in(path) for path in day.iterdir()
    }
    assert ["step"] == [
        log.name for log in read_operation_log((day / "s1.json").read_text().splitlines()[0]).suboperations
    ]
    assert ["failed", "timed"] == [
        read_operation_log((tmp_path / name).read_text()).name for name in ("failed.json", "failed~1.json")
    ]
    assert "bc" in (tmp_path / "ada.txt").read_text()
    assert " a " not in (tmp_path / "ada.txt").read_text()


HOSTILE = ["../" * 20 + "etc/x", "/etc/x", "a\0b", "x" * 5_000, "..", "", "con", "名\u202e\n"]


def test_no_value_leads_out_of_the_folder(run_program: RunProgram, tmp_path: Path) -> None:
    """Whatever a metadata value holds, the log is in the folder given, and none is lost."""
    source = f"""
configure(trace_file=False, outputs=[{{"format": "json", "to": "in/{{meta.batch}}/{{user}}.json"}}])
for value in {HOSTILE!r}:
    work("s", "a", user=value, batch=value)
print(shutdown(), diagnostics())
"""
    done = run_program(RUN + CONTEXTS + source)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]

    assert (0, "True", "") == (done.returncode, done.stdout.split()[0], done.stderr)
    assert len(HOSTILE) == sum(len(names_in(path)) for path in written)
    assert all(path.parent.parent == tmp_path / "in" for path in written)


def test_threads_and_processes_write_one_file(run_program: RunProgram, tmp_path: Path) -> None:
    """Forked workers append to one file that is put aside as it grows: every line is whole, none lost."""
    source = """
import os, threading
configure(trace_file=False, flush_seconds=0.01,
    outputs=[{"format": "json", "to": "{session}.json", "max_bytes": 20_000, "keep": 1_000}])
children = []
for child in range(3):
    pid = os.fork()
    if not pid:
        threads = [threading.Thread(target=lambda: [work("s", "a") for _ in range(50)]) for _ in range(2)]
        [thread.start() for thread in threads]; [thread.join() for thread in threads]
        shutdown()
        os._exit(0)
    children.append(pid)
for pid in children:
    os.waitpid(pid, 0)
work("s", "last")
"""
    done = run_program(RUN + CONTEXTS + source)
    files = list(tmp_path.glob("s*.json"))

    assert (0, "") == (done.returncode, done.stderr)
    assert 3 * 100 + 1 == sum(len(names_in(path)) for path in files)
    assert len(files) > 2
    assert all(path.stat().st_size <= 20_000 for path in files)


def test_a_formatter_of_somebody_elses_that_fails_costs_no_other_output(
    run_program: RunProgram, tmp_path: Path
) -> None:
    """One that raises, one that gives bytes, a path that is a folder at run time: the rest goes on, each told once."""
    source = """
from otel_ops.formatters import OutputFormatter
class Bad(OutputFormatter):
    def format_operation_log(self, operation_log): raise LookupError("no")
class Bytes(OutputFormatter):
    def format_operation_log(self, operation_log): return b"x"
import os; os.makedirs("f/a")
configure(trace_file=False, outputs=[Bad(), Bytes(), {"format": "json", "to": "f/{operation}"},
    {"format": "json", "to": "good.json"}])
run("a"); run("a")
print(shutdown(), diagnostics())
"""
    done = run_program(RUN + source)

    assert "True {'output.failed': 6}\n" == done.stdout
    assert ["a", "a"] == names_in(tmp_path / "good.json")
    assert 3 == len(done.stderr.splitlines())
    assert "Bytes gave bytes instead of text" in done.stderr


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ('{"format": "json", "to": "."}', "outputs[0].to = '.' (setting): is a folder; add the name of a file"),
        ('{"format": "json", "to": "{user}/"}', "outputs[0].to = '{user}/' (setting): is a folder; add the name"),
        ('{"format": "json", "options": {"x": 1}}', "outputs[0].options.x = 1 (setting): no such option; "),
        (
            '{"format": "json", "to": "a", "mode": "replace", "max_bytes": 9}',
            "outputs[0].mode = 'replace' (setting): a",
        ),
    ],
)
def test_what_cannot_be_written_is_a_settings_error(run_program: RunProgram, output: str, told: str) -> None:
    """Before anything has changed, and for `otel-ops settings`, too."""
    source = f"""
from otel_ops.exceptions import SettingsError
try:
    configure(trace_file=False, outputs=[{output}])
except SettingsError as error:
    print(error)
"""
    assert run_program(RUN + source).stdout.startswith(told)


def test_a_logger_whose_handler_runs_operations_does_not_loop(run_program: RunProgram, tmp_path: Path) -> None:
    """What a logging handler does for a log is no log of its own, by configure and behind a plain processor."""
    source = """
import logging
class Handler(logging.Handler):
    def emit(self, record):
        run("inside")
        print(record.levelname, record.getMessage().split()[0], record.ops_outcome)
logger = logging.getLogger("my.logs")
logger.addHandler(Handler()); logger.setLevel("INFO")
configure(trace_file=False, outputs=[{"format": "tree", "to": "logger:my.logs"}])
run("a")
fail("s", "b", ValueError("no"))
shutdown()
"""
    done = run_program(RUN + CONTEXTS + source)

    assert ["INFO a ok", "ERROR ✗ error"] == done.stdout.splitlines()


BY_NAME = """
from opentelemetry.sdk._configuration import _OTelSDKConfigurator
_OTelSDKConfigurator().configure()
from otel_ops import OperationContext, operation
from opentelemetry import trace
with OperationContext(session="s1", user="ada"), operation("outer"):
    with operation("inner"):
        pass
    with trace.get_tracer("somebody").start_as_current_span("theirs"):
        pass
"""
NOTHING_ELSE = {"OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none"}


def test_xml_is_one_document_for_each_failure(run_program: RunProgram, tmp_path: Path) -> None:
    """The latest is in the file that was named, those before beside it, each as a whole; nothing else is."""
    source = """
configure(trace_file=False, outputs=[{"format": "xml", "to": "failed.xml", "outcome": "error"}])
fail("s", "one", ValueError()); work("s", "well"); fail("s", "two", TimeoutError()); fail("s", "three", KeyError())
"""
    run_program(RUN + CONTEXTS + source)

    assert {"failed.xml": "three", "failed~1.xml": "two", "failed~2.xml": "one"} == {
        path.name: read_operation_log(path.read_bytes()).name for path in tmp_path.iterdir()
    }


@pytest.mark.parametrize("name", ["tree", "table", "json", "jsonl", "xml"])
def test_opentelemetry_makes_exporters_by_name(run_program: RunProgram, name: str) -> None:
    """Without any code of ours called first, whole trees go to stderr, once each, also of other libraries' spans."""
    done = run_program(BY_NAME, OTEL_TRACES_EXPORTER=f"ops_{name}", COLUMNS="120", **NOTHING_ELSE)

    assert (0, "") == (done.returncode, done.stdout)
    assert ["outer", "inner", "theirs"] == sorted(
        (word for word in ("inner", "outer", "theirs") if word in done.stderr), key=done.stderr.index
    )
    if name not in {"tree", "table"}:
        assert ["inner", "theirs"] == [log.name for log in read_operation_log(done.stderr).suboperations]
    else:
        assert 120 >= max(map(len, done.stderr.splitlines())) > 90


def test_variables_and_settings_say_where_and_how_much(run_program: RunProgram, tmp_path: Path) -> None:
    """The place by a variable like those of OTLP, the level by ours; others beside it are not disturbed."""
    done = run_program(
        BY_NAME,
        OTEL_TRACES_EXPORTER="console,ops_json,ops_tree",
        OTEL_EXPORTER_OPS_JSON_TO="logs/{session}.json",
        OTEL_EXPORTER_OPS_TREE_OUTCOME="error",
        OTEL_OPS_DETAIL="STANDARD",
        **NOTHING_ELSE,
    )
    (log,) = map(read_operation_log, (tmp_path / "logs" / "s1.json").read_text().splitlines())

    assert ["inner"] == [each.name for each in log.suboperations]
    assert 3 == done.stdout.count('"trace_state"')
    assert "" == done.stderr


def test_variables_that_cannot_be_used_are_told_and_left_out(run_program: RunProgram) -> None:
    """Neither the program nor other exporters have any trouble of it."""
    done = run_program(
        BY_NAME,
        OTEL_TRACES_EXPORTER="console,ops_jsonl",
        OTEL_EXPORTER_OPS_JSONL_TO="{sesion}.json",
        OTEL_OPS_DETIAL="DEBUG",
        **NOTHING_ELSE,
    )
    first, second, third = done.stderr.splitlines()

    assert first.startswith(
        "otel_ops: OTEL_OPS_DETIAL = 'DEBUG' (environment variable): no such setting; did you mean OTEL_OPS_DETAIL"
    )
    assert second.startswith(
        "otel_ops: OTEL_EXPORTER_OPS_JSONL_TO = '{sesion}.json': no such placeholder as {sesion}; did you mean"
    )
    assert "outer" == read_operation_log(third).name
    assert 3 == done.stdout.count('"trace_state"')


def test_options_of_a_declarative_file_are_keys_of_an_output(run_program: RunProgram, tmp_path: Path) -> None:
    """They win over variables; what is wrong is an error that names the key."""
    source = """
from otel_ops.exceptions import SettingsError
from otel_ops.formatters.by_name import JSONSpanExporter
print(JSONSpanExporter(to="stdout", options={"indent": 2}, outcome="error"))
for wrong in ({"too": "a"}, {"options": {"indnt": 2}}):
    try:
        JSONSpanExporter(**wrong)
    except SettingsError as error:
        print(error)
"""
    made, first, second = run_program(source, OTEL_EXPORTER_OPS_JSON_TO="a").stdout.splitlines()

    assert "JSONFormatter to stdout" == made
    assert first.startswith("ops_json.too = 'a': no such key; did you mean to?")
    assert second.startswith("ops_json.options.indnt = 2: no such option; did you mean indent?")


def test_configure_makes_the_same_exporters_and_nothing_twice(run_program: RunProgram, tmp_path: Path) -> None:
    """They share the builder of the outputs; the same output asked for in both ways is written once."""
    source = """
configure(outputs=["json", {"format": "json", "to": "a.json"}])
run("a")
"""
    done = run_program(RUN + source, OTEL_TRACES_EXPORTER="ops_json,ops_tree")
    lines = done.stderr.splitlines()

    assert ["a"] == names_in(tmp_path / "a.json")
    assert ("a", 2) == (json.loads(lines[0])["operation"]["name"], len(lines))
    assert lines[1].startswith("a  ")


def test_beside_somebody_elses_provider_nothing_is_written_twice(run_program: RunProgram) -> None:
    """What OpenTelemetry's own configurator has made by name, configure does not make again."""
    source = BY_NAME + "from otel_ops import configure, shutdown\nconfigure()\nwith operation('later'): pass\n"
    done = run_program(source, OTEL_TRACES_EXPORTER="ops_jsonl", OTEL_OPS_ANNOUNCE="false", **NOTHING_ELSE)

    assert ["outer", "later"] == [read_operation_log(line).name for line in done.stderr.splitlines()]
