"""The command on files: good ones, broken ones, and those of others."""

import gzip
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from otel_ops import OperationContext, configure, operation
from otel_ops.cli.outcome import exit_code_of
from otel_ops.testing import Recorder
from tests.end_to_end.conftest import Command

COMMAND = Path(sys.executable).with_name("otel-ops")
CAPTURES = Path(__file__).parent.parent.parent.parent / "shared" / "data" / "traces"


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """A trace file with a context, an operation that fails, and one that goes well."""
    path = tmp_path / "trace.jsonl"
    with Recorder():
        configure(trace_file=str(path), announce=False)
        with OperationContext("night run", user="ada", file="run1.csv"):
            with operation("good") as good, operation("inner"):
                good.set(rows=3)
            with pytest.raises(ValueError), operation("bad"):
                raise ValueError("no [bold]such[/bold] row")
    return path


@pytest.mark.parametrize("shape", ["tree", "table"])
def test_show_gives_whole_trees_with_their_context(otel_ops: Command, trace: Path, shape: str) -> None:
    """Reading a file shows the context, its operations, their failures; plain where it is piped."""
    done = otel_ops("show", trace, "--format", shape)
    assert (0, "") == (done.returncode, done.stderr)
    names = [re.sub(r"[^a-z ]", "", line).split() for line in done.stdout.splitlines()]
    expected = ["night", "good", "inner", "bad"]
    assert expected == [row[0] for row in names if row and row[0] in expected]
    assert "user=ada file=run1.csv" in done.stdout
    assert "ValueError: no [bold]such[/bold] row" in done.stdout
    assert "\x1b" not in done.stdout


def test_show_in_json_gives_a_log_a_line(otel_ops: Command, trace: Path) -> None:
    """JSON is one versioned document a line."""
    done = otel_ops("show", trace, "--format", "json")
    (document,) = map(json.loads, done.stdout.splitlines())
    assert (1, "night run") == (document["version"], document["operation"]["name"])


def test_show_hides_what_is_finer_but_no_failure(otel_ops: Command, trace: Path) -> None:
    """--detail MINIMAL leaves the context and the failure."""
    shown = otel_ops("show", trace, "--detail", "MINIMAL").stdout
    assert "bad" in shown
    assert "good" not in shown


def test_show_one_trace(otel_ops: Command, trace: Path) -> None:
    """--trace takes the beginning of an id; one that is not there is an error that names those there are."""
    trace_id = json.loads(otel_ops("show", trace, "--format", "json").stdout)["operation"]["trace_id"]
    assert "good" in otel_ops("show", trace, "--trace", trace_id[:6].upper()).stdout
    missing = otel_ops("show", trace, "--trace", "xyz")
    assert 2 == missing.returncode
    assert f"no trace begins with 'xyz'; the input has {trace_id}" in missing.stderr


def test_stdin_and_gzip_and_a_line_that_was_cut(otel_ops: Command, trace: Path) -> None:
    """A compressed file from stdin whose last line was cut shows what is whole, and says what is not."""
    data = trace.read_bytes()
    whole = otel_ops("show", "-", stdin=gzip.compress(data))
    assert "night run" in whole.stdout
    cut = otel_ops("show", "-", stdin=data + data[:200])
    assert 0 == cut.returncode
    assert whole.stdout == cut.stdout
    assert "otel-ops: skipped" in cut.stderr


def test_a_file_that_cannot_be_read_does_not_hide_the_others(otel_ops: Command, trace: Path, tmp_path: Path) -> None:
    """Of several files the good ones are shown; the bad one is told in one line, and the exit code is 2."""
    (tmp_path / "other.bin").write_bytes(bytes(range(256)))
    done = otel_ops("show", tmp_path / "other.bin", tmp_path / "missing.jsonl", trace)
    assert 2 == done.returncode
    assert "night run" in done.stdout
    assert ["other.bin" in line or "missing.jsonl" in line for line in done.stderr.splitlines()] == [True, True]


@pytest.mark.parametrize("command", ["show", "analyze"])
def test_a_folder_stands_for_its_trace_files(otel_ops: Command, trace: Path, tmp_path: Path, command: str) -> None:
    """A folder shows what the files in it show; one that cannot be read does not hide the others."""
    whole = otel_ops(command, trace)
    assert (0, whole.stdout, "") == ((done := otel_ops(command, tmp_path)).returncode, done.stdout, done.stderr)
    (tmp_path / "other.json").write_bytes(bytes(range(256)))
    done = otel_ops(command, tmp_path)
    assert (2, whole.stdout, 1) == (done.returncode, done.stdout, len(done.stderr.splitlines()))
    assert f"{tmp_path / 'other.json'}: " in done.stderr


@pytest.mark.parametrize("command", ["show", "analyze"])
def test_logs_and_metrics_stand_beside_traces(otel_ops: Command, trace: Path, tmp_path: Path, command: str) -> None:
    """They get in nobody's way, as a collector's archive has them; alone they are refused."""
    alone = otel_ops(command, trace)
    others = [tmp_path / "logs.jsonl", tmp_path / "metrics.jsonl"]
    others[0].write_text('{"resourceLogs":[]}\n', encoding="utf-8")
    others[1].write_text('{"resourceMetrics":[]}\n', encoding="utf-8")
    done = otel_ops(command, tmp_path)
    assert (0, "", alone.stdout.count("\n")) == (done.returncode, done.stderr, done.stdout.count("\n"))
    refused = otel_ops(command, *others)
    assert 2 == refused.returncode
    assert "logs.jsonl:1: seems to be OTLP logs; give a file of traces" in refused.stderr
    assert "metrics.jsonl:1: seems to be OTLP metrics; give a file of traces" in refused.stderr


def test_nothing_to_show_is_no_error(otel_ops: Command, tmp_path: Path) -> None:
    """An empty file has no spans; that is said on stderr."""
    (tmp_path / "empty.jsonl").touch()
    done = otel_ops("analyze", tmp_path / "empty.jsonl")
    assert (0, "", "otel-ops: no spans in the input\n") == (done.returncode, done.stdout, done.stderr)


def test_statistics_in_three_forms(otel_ops: Command, trace: Path) -> None:
    """Statistics come as a table for people, and as JSON and CSV with the same figures."""
    table = otel_ops("analyze", trace).stdout
    assert "✗ bad: 1 × ValueError" in table
    document = json.loads(otel_ops("analyze", trace, "--format", "json").stdout)
    assert 1 == document["version"]
    keys = ["name", "count", "errors", "total_ns", "self_ns", "mean_ns", "p50_ns", "p95_ns", "p99_ns"]
    assert [keys] * 3 == [list(found) for found in document["operations"]]
    rows = otel_ops("analyze", trace, "--format", "csv").stdout.splitlines()
    assert [found["name"] for found in document["operations"]] == [row.split(",")[0].strip('"') for row in rows[1:]]


def test_a_broken_pipe_is_quiet(trace: Path) -> None:
    """Where nobody reads any more, nothing is said."""
    shell = f"{COMMAND} show {' '.join([str(trace)] * 1)} --format table; echo $? >&2"
    program = ["bash", "-c", f"({shell}) | true; sleep 0.1"]
    done = subprocess.run(program, capture_output=True, text=True, check=True)
    assert done.stderr.strip() in {"0", "141"}


def test_colours_and_width_on_a_terminal(trace: Path) -> None:
    """On a terminal there are colours, lines fit its width, and the progress bar leaves nothing behind."""
    shown = on_a_terminal([str(COMMAND), "show", str(trace)], columns=72)
    assert "\x1b[" in shown
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    assert "✗ bad" in plain
    assert max(len(line) for line in plain.splitlines()) <= 72


def on_a_terminal(command: list[str], columns: int) -> str:
    """Run a command on a pseudo-terminal of this width; give everything that it prints."""
    controller, terminal = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm-256color", "PYTHONUTF8": "1"}
    environment.pop("NO_COLOR", None)
    with subprocess.Popen(command, stdout=terminal, stderr=terminal, stdin=terminal, env=environment) as process:
        os.close(terminal)
        parts = []
        while part := _read(controller):
            parts.append(part)
        assert 0 == process.wait()
    os.close(controller)
    return b"".join(parts).decode()


def _read(controller: int) -> bytes:
    try:
        return os.read(controller, 65_536)
    except OSError:
        return b""


def test_help_has_examples(otel_ops: Command) -> None:
    """Each subcommand's help ends with examples."""
    for subcommand in ("show", "analyze", "settings", "doctor", "demo", "version"):
        assert f"examples:\n  otel-ops {subcommand}" in otel_ops(subcommand, "--help").stdout


def test_version(otel_ops: Command) -> None:
    """The version command tells ours, OpenTelemetry's and Python's."""
    assert re.fullmatch(r"otel-ops \S+ \(OpenTelemetry \S+, Python \S+\)\n", otel_ops("version").stdout)


@pytest.mark.skipif(not CAPTURES.is_dir(), reason="the captures are not here")
def test_real_captures_are_shown_or_refused_clearly(capsys: pytest.CaptureFixture[str]) -> None:
    """Every JSON file of others is shown and analyzed, or refused in one line that names it; never with a traceback."""
    files = sorted(path for path in CAPTURES.rglob("*") if path.suffix in {".json", ".jsonl"})
    assert files
    for file in files:
        codes = {exit_code_of(["show", str(file)]), exit_code_of(["analyze", str(file), "--format", "json"])}
        told = capsys.readouterr().err
        assert codes in ({0}, {2})
        assert "Traceback" not in told
        if codes == {2}:
            assert all(line.startswith("otel-ops: ") for line in told.splitlines())
            assert file.name in told


def test_without_a_subcommand_there_is_help(otel_ops: Command) -> None:
    """The bare command prints its help; --version works as the subcommand does."""
    assert otel_ops().stdout.startswith("usage: otel-ops")
    assert otel_ops("version").stdout == otel_ops("--version").stdout


@pytest.mark.parametrize(("columns", "last"), [("60", "p95"), ("80", "share of self"), ("100", "share of self")])
def test_statistics_fit_the_page(otel_ops: Command, trace: Path, columns: str, last: str) -> None:
    """On a narrow page the table has fewer columns."""
    lines = otel_ops("analyze", trace, COLUMNS=columns).stdout.splitlines()
    assert lines[0].rstrip().endswith(last)
    assert max(map(len, lines)) <= int(columns)
