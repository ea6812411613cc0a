"""The command where stdout fails, characters lack, Ctrl-C comes, and arguments are junk: never a traceback."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from otel_ops import OperationContext, configure, operation
from otel_ops.testing import Recorder
from tests.end_to_end.conftest import Command

COMMAND = str(Path(sys.executable).with_name("otel-ops"))
ASCII = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}
SUBCOMMANDS = [
    ["show", "trace.jsonl"],
    ["show", "trace.jsonl", "--json"],
    ["analyze", "trace.jsonl", "--format", "csv"],
    ["convert", "trace.jsonl", "--to", "xml"],
    ["settings"],
    ["version"],
    ["show", "--help"],
    [],
]
PRINTING = [arguments for arguments in SUBCOMMANDS if "convert" not in arguments]
WITH_DEMO = [*SUBCOMMANDS, ["demo", "--only-tree"]]


@pytest.fixture(autouse=True)
def trace(tmp_path: Path) -> Path:
    """A trace file of names that ASCII lacks, with a lone surrogate in a value."""
    path = tmp_path / "trace.jsonl"
    with Recorder():
        configure(trace_file=str(path), announce=False)
        with OperationContext("nüght \U0001d11e run", user="adä"), operation("gööd 漢字") as good:
            good.set(rows=3, what="é\udc80x")
    return path


Shell = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Run a line of shell in which `$0 "$@"` is the command; its output is buffered, as it is by default."""

    def run(line: str, arguments: list[str], unbuffered: str = "") -> "subprocess.CompletedProcess[str]":
        kept = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
        environment = {**kept, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": unbuffered}
        return subprocess.run(
            ["bash", "-c", line, COMMAND, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=60,
        )

    return run


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", WITH_DEMO, ids=" ".join)
def test_a_full_disk_is_told_in_one_line(shell: Shell, arguments: list[str], unbuffered: str) -> None:
    """Output that cannot be written is an error with its reason."""
    done = shell('"$0" "$@" > /dev/full', arguments, unbuffered)
    expected = "otel-ops: the output cannot be written: No space left on device\n"
    assert (2, expected) == (done.returncode, done.stderr)


@pytest.mark.parametrize("arguments", WITH_DEMO, ids=" ".join)
def test_a_closed_stdout_is_told_in_one_line(shell: Shell, arguments: list[str]) -> None:
    """Where stdout is closed, nothing is done; a line says so."""
    done = shell('"$0" "$@" >&-', arguments)
    expected = "otel-ops: stdout is closed; leave it open, or send it to a file or to /dev/null\n"
    assert (2, expected) == (done.returncode, done.stderr)


@pytest.mark.parametrize("arguments", WITH_DEMO, ids=" ".join)
def test_a_reader_that_is_gone_is_no_news(shell: Shell, arguments: list[str]) -> None:
    """Where nobody reads, the command ends with 141 and says nothing."""
    done = shell('exec 9> >(exec 0<&-); wait $!; "$0" "$@" >&9', arguments)
    assert (141, "") == (done.returncode, done.stderr)


@pytest.mark.parametrize("closed", ["2>&-", "2> /dev/full"])
def test_a_stderr_that_fails_leaves_the_exit_code(shell: Shell, closed: str) -> None:
    """An error that cannot be told is an error all the same, and does not end up in the output."""
    if closed.endswith("full") and not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    done = shell(f'"$0" "$@" {closed}', ["show", "missing.jsonl"])
    assert (2, "") == (done.returncode, done.stdout)


@pytest.mark.parametrize("arguments", [*PRINTING, ["demo"]], ids=" ".join)
def test_ascii_is_enough(otel_ops: Command, arguments: list[str]) -> None:
    """Every subcommand prints on an ASCII stdout, with nothing but ASCII."""
    done = otel_ops(*arguments, **ASCII)
    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout.isascii()


@pytest.mark.parametrize("arguments", [["show", "trace.jsonl", "--json"], ["analyze", "trace.jsonl", "--json"]])
def test_json_on_ascii_says_the_same(otel_ops: Command, arguments: list[str]) -> None:
    """JSON whose characters are escaped reads as JSON that holds them."""
    escaped, plain = otel_ops(*arguments, **ASCII).stdout, otel_ops(*arguments).stdout
    assert json.loads(plain) == json.loads(escaped)
    assert "nüght" in plain or "gööd" in plain


def test_a_lone_surrogate_is_escaped(otel_ops: Command, tmp_path: Path) -> None:
    """A name that no encoding has is shown escaped in each format."""
    (tmp_path / "line.jsonl").write_text(
        '{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": '
        '"b7ad6b7169203331", "name": "a\\udc80b", "startTimeUnixNano": "1", "endTimeUnixNano": "2"}]}]}]}\n'
    )
    for environment in ({}, ASCII):
        for arguments in (["show"], ["show", "--format", "table"], ["show", "--json"], ["analyze", "--format", "csv"]):
            done = otel_ops(*arguments, "line.jsonl", **environment)
            assert (0, "") == (done.returncode, done.stderr)


@pytest.mark.parametrize("columns", ["100000000", "9" * 5000, "abc", "0", "1"])
@pytest.mark.parametrize("arguments", [["show", "trace.jsonl"], ["analyze", "trace.jsonl"], ["settings"]])
def test_any_columns_give_a_page(otel_ops: Command, arguments: list[str], columns: str) -> None:
    """Whatever COLUMNS holds, the output stays small."""
    done = otel_ops(*arguments, COLUMNS=columns)
    assert (0, "") == (done.returncode, done.stderr)
    assert len(done.stdout) < 100_000


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["show", "folder"], "otel-ops: folder: is a folder without trace files; their names end in .jsonl, "),
        (["show", "x" * 5000], f"otel-ops: {'x' * 5000}: cannot be opened: File name too long"),
        (["show", "\x1b[31m"], r"otel-ops: \x1b[31m: there is no such file"),
        (["analyze", b"\xff"], r"otel-ops: \udcff: there is no such file"),
        (["settings", "detial"], "otel-ops: detial: no such setting; did you mean detail?"),
        (["demo", "--folder", "trace.jsonl"], "otel-ops: --folder trace.jsonl: trace.jsonl cannot be written there: "),
        (["demo", "--folder", "/dev/null/x"], "otel-ops: --folder /dev/null/x: trace.jsonl cannot be written there: "),
    ],
)
def test_junk_is_told_in_one_line(tmp_path: Path, arguments: list[str | bytes], told: str) -> None:
    """An argument that cannot be used is named, in one line without control characters; the exit code is 2."""
    (tmp_path / "folder").mkdir()
    done = subprocess.run([COMMAND, *arguments], cwd=tmp_path, capture_output=True, check=False)
    (line,) = done.stderr.decode().splitlines()
    assert 2 == done.returncode
    assert line.startswith(told)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read and write everything")
def test_what_may_not_be_read_or_written_is_told(otel_ops: Command, tmp_path: Path, trace: Path) -> None:
    """A file without the right to read, and a folder without that to write, are told in one line."""
    trace.chmod(0)
    assert f"otel-ops: {trace}: cannot be opened: Permission denied\n" == otel_ops("show", trace).stderr
    (tmp_path / "closed").mkdir(mode=0o500)
    assert "cannot be written there: Permission denied" in otel_ops("demo", "--folder", "closed").stderr


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_named_pipe_is_read(otel_ops: Command, tmp_path: Path, trace: Path) -> None:
    """A named pipe is read until its writer is done."""
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cp", trace, tmp_path / "pipe"]):
        assert otel_ops("show", trace).stdout == otel_ops("show", "pipe").stdout


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="there is no such file")
def test_a_file_that_fails_while_it_is_read_is_told(otel_ops: Command) -> None:
    """An error of the disk is told with the file."""
    done = otel_ops("show", "/proc/self/mem")
    assert "otel-ops: /proc/self/mem:1: the file is cut short or damaged here: " in done.stderr
    assert 1 == len(done.stderr.splitlines())


def test_the_demo_tells_that_the_sdk_is_disabled(otel_ops: Command) -> None:
    """Without an SDK there is nothing to show; the demo says that instead of showing nothing."""
    done = otel_ops("demo", OTEL_SDK_DISABLED="true")
    assert (2, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("otel-ops: OTEL_SDK_DISABLED = true (environment): there are no spans")


def unmeasured() -> dict[str, str]:
    """Give an environment without measuring of coverage: Ctrl-C in the midst of it leaves a lock held."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE_")}
    return {**kept, "PYTHONUTF8": "1"}


@pytest.mark.skipif(os.name == "nt", reason="signals are of POSIX")
@pytest.mark.parametrize("share", [0.35, 0.6, 0.8])
def test_ctrl_c_is_quiet(tmp_path: Path, share: float) -> None:
    """Ctrl-C while modules are imported, while the demo works or while it ends: no word, and 130 for a shell."""
    pytest.importorskip("scipy")
    environment = unmeasured()
    begin = time.monotonic()
    subprocess.run([COMMAND, "demo"], cwd=tmp_path, env=environment, capture_output=True, check=True)
    whole = time.monotonic() - begin
    with subprocess.Popen(
        [COMMAND, "demo"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        time.sleep(share * whole)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert b"" == errors
    assert process.returncode in {0, 130, -signal.SIGINT}


def interrupted(process: "subprocess.Popen[bytes]") -> int:
    """Press Ctrl-C until the process ends, as a person does: one that comes right before a read waits for its end."""
    for _ in range(30):
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            return process.wait(timeout=1)
    process.kill()
    pytest.fail("Ctrl-C does not end it")


@pytest.mark.skipif(os.name == "nt", reason="signals are of POSIX")
def test_ctrl_c_while_waiting_for_input(tmp_path: Path) -> None:
    """Ctrl-C while more input is awaited ends the command with 130."""
    with subprocess.Popen(
        [COMMAND, "show", "-"],
        cwd=tmp_path,
        env=unmeasured(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(b"{" + b" " * 300_000)  # more than a pipe holds: it is read by now
        process.stdin.flush()
        assert 130 == interrupted(process)
        process.stdin.close()
        assert process.stdout is not None
        assert process.stderr is not None
        assert (b"", b"") == (process.stdout.read(), process.stderr.read())


@pytest.mark.parametrize("subcommand", [["version"], ["settings"], ["show", "x"], ["--help"]])
def test_variables_that_the_sdk_refuses_are_one_line(tmp_path: Path, subcommand: list[str]) -> None:
    """The SDK reads its limits while it is imported; what it refuses is told with name and value."""
    environment = {**os.environ, "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "junk"}
    done = subprocess.run(
        [COMMAND, *subcommand], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert (2, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("otel-ops: OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT = 'junk' (environment): ")
    assert 1 == len(done.stderr.splitlines())
