"""Outputs and handlers that fail, block or are gone: the program runs and ends as ever, and what is lost is told."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from otel_ops.span_record import SpanRecord
from tests.integration.conftest import REPOSITORY, TIME, RunProgram
from tests.integration.programs import RUN, names_in, records_in

FULL_DISK = Path("/dev/full")

NOWHERE = subprocess.DEVNULL
Stream = int | BinaryIO | io.FileIO

OUTPUTS = """
import os, sys, threading, time
from otel_ops.errors import ErrorHandler
from otel_ops.formatters import FormattedSpanExporter, OutputFormatter

class Names(OutputFormatter):
    def format_operation_log(self, operation_log):
        return operation_log.name + "\\n"

class Bad(OutputFormatter, ErrorHandler):
    def __init__(self, do):
        self.do = do
    def format_operation_log(self, operation_log):
        return self.do()
    def handle_operation_error(self, operation_log, exception):
        self.do()
    def handle_suboperation_error(self, suboperation_log, error_data):
        self.do()

def throw(error):
    raise error

def fail(name):
    try:
        with operation(name):
            raise KeyError(name)
    except KeyError:
        pass
"""

RAISED = [
    "ValueError('bad')",
    "SystemExit(3)",
    "KeyboardInterrupt()",
    "GeneratorExit()",
    "__import__('asyncio').CancelledError()",
    "RecursionError()",
    "MemoryError()",
]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 64 KiB; skip where that may not be done."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no disk can be mounted here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


# What raises


@pytest.mark.parametrize("place", ["handler", "formatter", "output"])
def test_whatever_is_raised_costs_one_log_and_is_told_once(run_program: RunProgram, tmp_path: Path, place: str) -> None:
    """The worker goes on: spans and other outputs are whole; one warning names what was left out, all are counted."""
    source = f"""
errors = iter([{", ".join(RAISED)}])
bad = Bad(lambda: throw(next(errors)))
configure(trace_file="a.jsonl", announce=False, flush_seconds=0.001,
    error_handlers=[bad] if "{place}" == "handler" else [],
    outputs=[
        *({{"formatter": [bad], "output": [FormattedSpanExporter(Names(), lambda text: bad.do())]}}.get("{place}", [])),
        {{"format": Names(), "to": "names.txt"}},
    ])
for name in "abcdefg":
    fail(name)
    time.sleep(0.02)
print(shutdown(), diagnostics(), next(errors, "all raised"))
"""
    done = run_program(RUN + OUTPUTS + source)
    reason = "error_handler.failed" if place == "handler" else "output.failed"
    left_out = "a failure of 'a'" if place == "handler" else "the log of operation 'a'"
    which = {"handler": "error_handler Bad", "formatter": "output Bad to stderr", "output": "output Names"}[place]

    assert (0, f"True {{'{reason}': 7}} all raised\n") == (done.returncode, done.stdout)
    assert list("abcdefg") == names_in(tmp_path / "a.jsonl") == (tmp_path / "names.txt").read_text().split()
    (told,) = done.stderr.splitlines()
    assert told.startswith(f"otel_ops: {which} failed with ")
    assert f"left out: {left_out}." in told


@pytest.mark.parametrize("raised", RAISED[:2])
@pytest.mark.parametrize("place", ["handler", "formatter"])
def test_without_configure_the_same_holds(run_program: RunProgram, place: str, raised: str) -> None:
    """A handler, or a formatter behind a plain processor, that raises or exits does not reach the program either."""
    source = f"""
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
bad = Bad(lambda: throw({raised}))
provider = TracerProvider(shutdown_on_exit=False)
provider.add_span_processor(bad if "{place}" == "handler" else SimpleSpanProcessor(FormattedSpanExporter(bad)))
trace.set_tracer_provider(provider)
for name in "abc":
    fail(name)
print(provider.force_flush(), sum(diagnostics().values()))
"""
    done = run_program(RUN + OUTPUTS + source)

    assert (0, "True 3\n", 1) == (done.returncode, done.stdout, len(done.stderr.splitlines()))


@pytest.mark.parametrize("given", ["None", "7", "b'bytes'", "['list']"])
def test_a_formatter_that_gives_no_text(run_program: RunProgram, tmp_path: Path, given: str) -> None:
    """What is no text goes to no output, a function neither; the warning says what was given."""
    source = f"""
got = []
configure(trace_file="a.jsonl", announce=False, outputs=[
    Bad(lambda: {given}), {{"format": Bad(lambda: {given}), "to": "a.txt"}},
    FormattedSpanExporter(Bad(lambda: {given}), got.append)])
run("a")
print(shutdown(), got, diagnostics())
"""
    done = run_program(RUN + OUTPUTS + source)

    assert "True [] {'output.failed': 3}\n" == done.stdout
    assert "instead of text; left out: the log of operation 'a'" in done.stderr
    assert (["a"], False) == (names_in(tmp_path / "a.jsonl"), (tmp_path / "a.txt").exists())


@pytest.mark.parametrize("fault", ["return SpanExportResult.FAILURE", "raise ValueError('bad')", "raise SystemExit(3)"])
def test_an_exporter_that_takes_nothing_is_told_of(run_program: RunProgram, fault: str) -> None:
    """Spans that a plain exporter refuses, or raises at, are counted and told once."""
    source = f"""
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
class Refusing(SpanExporter):
    def export(self, spans):
        {fault}
configure(trace_file=False, outputs=[Refusing()])
run("a")
run("b")
print(shutdown(), sum(diagnostics().values()))
"""
    done = run_program(RUN + source)

    assert 0 == done.returncode
    assert done.stdout in {"True 1\n", "True 2\n"}
    assert 1 == done.stderr.count("left out: 2 span(s), the first of them 'a'")


@pytest.mark.parametrize("raised", ["ValueError()", "SystemExit(3)", "GeneratorExit()"])
def test_an_exporter_that_cannot_be_shut_down_costs_no_other(run_program: RunProgram, raised: str) -> None:
    """Those behind it are shut down and get their spans; the warning names the one at fault."""
    source = f"""
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
class Good(SpanExporter):
    def export(self, spans):
        print(*(span.name for span in spans))
        return SpanExportResult.SUCCESS
class Leaving(Good):
    def shutdown(self):
        raise {raised}
    def force_flush(self, timeout_millis=30_000):
        raise {raised}
configure(trace_file=False, outputs=[Leaving(), Good(), Good()])
run("a")
print(shutdown(), diagnostics())
"""
    done = run_program(RUN + source)

    assert (0, "a\na\na\nTrue {'exporter.failed': 1}\n") == (done.returncode, done.stdout)
    assert (1, True) == (len(done.stderr.splitlines()), "exporter Leaving failed with" in done.stderr)
    assert "left out: what it still held" in done.stderr


def test_each_output_that_fails_is_told_once(run_program: RunProgram, tmp_path: Path) -> None:
    """A second output that fails, too, is named as the first is; the count is one."""
    (tmp_path / "taken").write_text("")
    source = """
configure(trace_file="taken/a.jsonl", announce=False, outputs=[
    {"format": "json", "to": "taken/b.jsonl"}, {"format": Bad(lambda: 1 / 0), "to": "c.txt"}, Bad(lambda: 1 / 0)])
run("a")
run("b")
print(shutdown(), diagnostics()["output.failed"])
"""
    done = run_program(RUN + OUTPUTS + source)
    told = [line.partition(" failed with ")[0].removeprefix("otel_ops: ") for line in done.stderr.splitlines()]

    assert "True 7\n" == done.stdout
    assert [
        "output trace_file taken/a.jsonl",
        f"output JSONFormatter to {tmp_path}/taken/b.jsonl",
        f"output Bad to {tmp_path}/c.txt",
        "output Bad to stderr",
    ] == told


# What blocks


@pytest.mark.parametrize("place", ["output", "handler"])
@pytest.mark.parametrize("end", ["shutdown()", "configure(trace_file=False)", "sys.exit(3)"])
def test_what_hangs_costs_no_span(run_program: RunProgram, tmp_path: Path, place: str, end: str) -> None:
    """What ends while an output or handler hangs is in the trace file, and the logs that wait are counted."""
    source = f"""
entered = threading.Event()
def hang(*_):
    entered.set()
    time.sleep(3_600)
configure(trace_file="a.jsonl", announce=False, exit_seconds=1 if "{place}" == "handler" else 0.1, flush_seconds=0.001,
    error_handlers=[Bad(hang)] if "{place}" == "handler" else [],
    outputs=[FormattedSpanExporter(Names(), hang)] if "{place}" == "output" else [])
fail("first")
entered.wait(20)
import atexit
atexit.register(lambda: print(diagnostics()) if "{end}" != "sys.exit(3)" else None)
for number in range(1_999):
    fail(str(number))
{end}
"""
    done = run_program(RUN + OUTPUTS + source)

    assert 2_000 == len(names_in(tmp_path / "a.jsonl"))
    if place == "handler":
        assert "error handler Bad was not done at the end; 1000 failure(s) wait in vain for it" in done.stderr
        assert "more than 1,000 failures wait for it" in done.stderr
    if end == "sys.exit(3)":
        told = "with 0 span(s) and 2000 log(s) waiting" if place == "output" else "1000 failure(s) wait"
        assert (3, True) == (done.returncode, told in done.stderr)
    elif place == "handler":
        assert (0, "{'error_handler.queue_full': 1000, 'error_handler.given_up': 1000}\n") == (
            done.returncode,
            done.stdout,
        )
    else:
        assert (0, "{'log.undelivered': 2000, 'exit.given_up': 1}\n") == (done.returncode, done.stdout)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes cannot be asked there")
@pytest.mark.parametrize("base", ["object", "io.TextIOBase"])
def test_a_stream_in_the_place_of_a_stderr_that_nobody_reads(tmp_path: Path, base: str) -> None:
    """A stream without a descriptor, through which all goes to a full pipe, holds up the end no more than that."""
    source = f"""
import io
import otel_ops.streams
otel_ops.streams.PATIENCE = 0.1
class Tee({base}):
    encoding, closed = "utf-8", False
    def __init__(self, inner):
        self.inner = inner
    def write(self, text):
        return self.inner.write(text)
    def flush(self):
        self.inner.flush()
    def isatty(self):
        return False
sys.stderr = Tee(sys.stderr)
configure(trace_file="a.jsonl", announce=False, outputs=["tree"], exit_seconds=1)
for number in range(300):
    run(str(number))
shutdown()
os._exit(3 if diagnostics() == {{"output.failed": 300, "warning.unwritten": 1}} else 1)
"""
    assert (3, b"") == stuck(tmp_path, RUN + OUTPUTS + source)
    assert 300 == len(names_in(tmp_path / "a.jsonl"))


@pytest.mark.parametrize(
    ("place", "end"),
    [("handler", ""), ("formatter", "sys.exit(3)"), ("output", "provider.shutdown()"), ("formatter", "1 / 0")],
)
def test_what_blocks_for_ever_is_given_up_at_the_end(
    run_program: RunProgram, tmp_path: Path, place: str, end: str
) -> None:
    """The program ends by itself within its time, in whatever way; spans are written, and the loss is told."""
    source = f"""
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
provider = TracerProvider()  # ends its processors at the exit by itself
trace.set_tracer_provider(provider)
bad = Bad(lambda: time.sleep(3_600))
configure(trace_file="a.jsonl", announce=False, exit_seconds=0.3,
    error_handlers=[bad] if "{place}" == "handler" else [],
    outputs={{"handler": [], "formatter": [bad],
              "output": [FormattedSpanExporter(Names(), lambda text: bad.do())]}}["{place}"])
fail("a")
with OperationContext("ctx") as context:
    run("b")
print([log.name for log in context.operations], provider.force_flush(100), flush=True)
begun = time.monotonic()
import atexit
atexit.register(lambda: print("ended", flush=True))
{end}
"""
    done = run_program(RUN + OUTPUTS + source)

    assert {"sys.exit(3)": 3, "1 / 0": 1}.get(end, 0) == done.returncode
    assert ["['b'] False", "ended"] == done.stdout.splitlines()
    waiting = "the trace file and the outputs, with 0 span(s) and 2 log(s) waiting, was not done within exit_seconds"
    handler = "error handler Bad was not done at the end; 1 failure(s) wait in vain for it"
    assert (handler if place == "handler" else waiting) in done.stderr
    assert ["a", "b", "ctx"] == sorted(names_in(tmp_path / "a.jsonl"))


def stuck(tmp_path: Path, source: str, stream: str = "stderr") -> tuple[int, bytes]:
    """Run a program whose stdout or stderr is a full pipe that nobody reads while it runs."""
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as pipe:
        with os.fdopen(writer, "wb", buffering=0) as full:
            fill(full)
            code = run_with(tmp_path, source, *((full, NOWHERE) if stream == "stdout" else (NOWHERE, full)))
        return code, pipe.read().strip(b"x")


def fill(pipe: io.FileIO) -> None:
    """Write until it takes no more."""
    os.set_blocking(pipe.fileno(), False)
    while pipe.write(b"x" * 4_096):
        pass
    os.set_blocking(pipe.fileno(), True)


def run_with(folder: Path, source: str, stdout: Stream, stderr: Stream) -> int:
    """Run a program with these streams; give its exit code."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
    return subprocess.run(
        [sys.executable, "-c", source],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(REPOSITORY)},
        stdout=stdout,
        stderr=stderr,
        timeout=TIME,
        check=False,
    ).returncode


@pytest.mark.skipif(sys.platform == "win32", reason="pipes cannot be asked there")
@pytest.mark.parametrize(
    "settings",
    [
        "trace_file='a.jsonl'",
        "trace_file='a.jsonl', outputs=['tree']",
        "trace_file='a.jsonl', error_handlers=['log']",
        "trace_file='a.jsonl', outputs=[Bad(lambda: 1 / 0)]",
        "trace_file='a.jsonl', outputs=[{'format': Bad(lambda: time.sleep(3_600)), 'to': 'a.txt'}], exit_seconds=0.2",
    ],
)
def test_a_stderr_that_nobody_reads_holds_up_nothing(tmp_path: Path, settings: str) -> None:
    """Neither the announcement, nor trees, failures or warnings block the trace file or the end of the program."""
    source = f"""
import otel_ops.streams
otel_ops.streams.PATIENCE = 0.1
configure({settings})
fail("a")
fail("b")
done = shutdown()
with open("told.json", "w") as file:
    print(diagnostics(), file=file)
"""
    code, told = stuck(tmp_path, RUN + OUTPUTS + source)

    assert (0, b"") == (code, told)
    assert ["a", "b"] == names_in(tmp_path / "a.jsonl")
    counts = json.loads((tmp_path / "told.json").read_text().replace("'", '"'))
    assert bool(counts) == ("outputs" in settings or "error_handlers" in settings)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes cannot be asked there")
def test_a_stdout_that_nobody_reads_costs_only_what_goes_there(tmp_path: Path) -> None:
    """A tree for a full pipe is given up and counted; the rest is written."""
    source = """
import otel_ops.streams
otel_ops.streams.PATIENCE = 0.1
configure(trace_file="a.jsonl", announce=False, outputs=[{"format": "tree", "to": "stdout"}])
run("a")
run("b")
shutdown()
os._exit(0 if diagnostics() == {"output.failed": 2} else 1)
"""
    assert (0, b"") == stuck(tmp_path, RUN + OUTPUTS + source, "stdout")
    assert ["a", "b"] == names_in(tmp_path / "a.jsonl")


# What is gone


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.parametrize("how", ["sys.{0}.close()", "os.close({1})", "sys.{0} = None"])
def test_a_stream_that_is_closed_costs_only_what_goes_there(
    run_program: RunProgram, tmp_path: Path, stream: str, how: str
) -> None:
    """However it was closed, the program ends well, spans and other outputs are written, and the loss is counted."""
    number = {"stdout": 1, "stderr": 2}[stream]
    source = f"""
configure(trace_file="a.jsonl", announce=False,
          outputs=[{{"format": "tree", "to": "{stream}"}}, {{"format": Names(), "to": "names.txt"}}])
{how.format(stream, number)}
run("a")
run("b")
shutdown()
with open("told.json", "w") as file:
    print(diagnostics(), file=file)
if os.path.exists("told.json"):
    os._exit(0)
"""
    done = run_program(RUN + OUTPUTS + source)

    assert 0 == done.returncode
    assert ["a", "b"] == names_in(tmp_path / "a.jsonl") == (tmp_path / "names.txt").read_text().split()
    counts = json.loads((tmp_path / "told.json").read_text().replace("'", '"'))
    assert 2 == counts.get("output.closed", 0) + counts.get("output.failed", 0)
    assert (1 if stream == "stdout" else 0) == len(done.stderr.splitlines())


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such pipes")
def test_a_reader_that_leaves_does_not_change_the_exit_code(tmp_path: Path) -> None:
    """A program whose stdout is read no more, as by `head`, ends as it would without us."""
    source = """
configure(trace_file="a.jsonl", announce=False, outputs=[{"format": "tree", "to": "stdout"}])
run("a")
"""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as broken, (tmp_path / "stderr").open("w+b") as stderr:
        code = run_with(tmp_path, RUN + source, stdout=broken, stderr=stderr)

    assert (0, 1) == (code, (tmp_path / "stderr").read_text().count("left out: the log of operation 'a'"))
    assert ["a"] == names_in(tmp_path / "a.jsonl")


# Disks


def test_a_disk_that_fills_up(run_program: RunProgram, tmp_path: Path, small_disk: Path) -> None:
    """Spans that do not fit are counted and told once, with the file; when there is room again, writing goes on."""
    source = f"""
import shutil
configure(trace_file="{small_disk / "a.jsonl"}", announce=False,
          outputs=[{{"format": Names(), "to": "{small_disk / "names.txt"}"}}, {{"format": Names(), "to": "names.txt"}}])
ballast = open("{small_disk / "ballast"}", "wb", buffering=0)
ballast.write(b"x" * 40_000)
with OperationContext("ctx") as context:
    for number in range(1_000):
        run(f"early {{number}}")
    from opentelemetry import trace
    trace.get_tracer_provider().force_flush()
    os.unlink("{small_disk / "ballast"}"); ballast.close()
    run("late")
print(shutdown(), diagnostics()["file_exporter.lost"] >= 1)
"""
    done = run_program(RUN + OUTPUTS + source)

    assert (0, "True True\n") == (done.returncode, done.stdout)
    assert "a.jsonl cannot be written: No space left on device; set trace_file to another path" in done.stderr
    lines = (small_disk / "a.jsonl").read_bytes().splitlines()
    assert ["late", "ctx"] == [record.name for record in _readable(lines, tmp_path)][-2:]
    assert 1_001 == len((tmp_path / "names.txt").read_text().splitlines())


def test_a_log_behind_one_that_was_cut(run_program: RunProgram, small_disk: Path) -> None:
    """Where a full disk has cut a log, the next one begins a new line, and can be read."""
    source = f"""
configure(trace_file=False, outputs=[{{"format": "json", "to": "{small_disk / "logs.jsonl"}"}}])
ballast = open("{small_disk / "ballast"}", "wb", buffering=0)
ballast.write(b"x" * 40_000)
for number in range(1_000):
    run(f"early {{number}}")
from opentelemetry import trace
trace.get_tracer_provider().force_flush()
os.unlink("{small_disk / "ballast"}"); ballast.close()
run("late")
print(shutdown(), diagnostics()["output.failed"] >= 1)
"""
    done = run_program(RUN + OUTPUTS + source)
    *_, cut, late = (small_disk / "logs.jsonl").read_text().splitlines()

    assert "True True\n" == done.stdout
    assert not cut.endswith("}")
    assert "late" == json.loads(late)["operation"]["name"]


def _readable(lines: list[bytes], folder: Path) -> list[SpanRecord]:
    """Read the spans of the lines that are whole."""
    whole = folder / "whole.jsonl"
    whole.write_bytes(b"".join(line + b"\n" for line in lines if line.endswith(b"}")))
    return records_in(whole)


@pytest.mark.skipif(not FULL_DISK.exists(), reason="the system has no /dev/full")
def test_a_disk_that_is_full(run_program: RunProgram) -> None:
    """Nothing can be written anywhere: a warning names file, reason and what was left out; the program ends well."""
    source = """
configure(trace_file="/dev/full", announce=False, outputs=[{"format": "tree", "to": "/dev/full"}])
for name in "abc":
    run(name)
print(shutdown(), diagnostics()["file_exporter.lost"], diagnostics()["output.failed"])
"""
    done = run_program(RUN + source)

    assert (0, "True 3 4\n") == (done.returncode, done.stdout)
    file, tree = done.stderr.splitlines()
    assert "/dev/full cannot be written: No space left on device" in file
    assert "left out: 3 span(s), the first of them 'a'" in file
    assert "output TreeFormatter to /dev/full failed with OSError: [Errno 28] No space left on device" in tree
    assert "left out: the log of operation 'a'" in tree


def test_a_folder_that_is_read_only(run_program: RunProgram, small_disk: Path) -> None:
    """A program in a folder that it may not write to runs and ends as ever; one warning says what to set."""
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    source = f"""
import os
os.chdir("{small_disk}")
configure()
for name in "abc":
    run(name)
print(shutdown(), diagnostics())
"""
    done = run_program(RUN + source)
    (line,) = done.stderr.splitlines()

    assert (0, "True {'file_exporter.lost': 3, 'output.failed': 1}\n") == (done.returncode, done.stdout)
    assert "cannot be written: Read-only file system; set trace_file to another path, or to false" in line
    assert "left out: 3 span(s), the first of them 'a'" in line
