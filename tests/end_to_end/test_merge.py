"""The trace files of many processes as one: ``otel-ops merge``."""

import gzip
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from otel_ops.analysis.content import sorted_out
from otel_ops.analysis.sources import InputSource, SpanSource
from otel_ops.cli.outcome import exit_code_of
from otel_ops.exporters import OTLPFileSpanExporter
from otel_ops.log_builder import logs_of
from otel_ops.otlp_json import encode_line
from otel_ops.span_record import ResourceRecord, ScopeRecord, SpanRecord
from tests.end_to_end.conftest import Command

FORKED = """
import logging
import os
from otel_ops import OperationContext, configure, operation, shutdown

configure(trace_file="{pid}.jsonl", announce=False, log_level="WARNING")
with OperationContext("run"), operation("outer"):
    logging.getLogger("lab").warning("begin")
    for number in range(3):
        with operation(f"step {number}"):
            pass
shutdown()
"""
Merge = Callable[..., tuple[int, str]]


@pytest.fixture
def merge(capsys: pytest.CaptureFixture[str]) -> Merge:
    """Run the subcommand in this process; give its exit code and what it says on stderr."""

    def run(*arguments: object) -> tuple[int, str]:
        code = exit_code_of(["merge", *map(str, arguments)])
        return code, capsys.readouterr().err

    return run


def write(path: Path, *numbers: int, resource: str = "a") -> Path:
    """Write spans that begin at their numbers."""
    scope, origin = ScopeRecord("otel_ops.standard"), ResourceRecord({"service.name": resource})
    records = [
        SpanRecord("0a" * 16, f"{number:016x}", "fit", number, 99, scope=scope, resource=origin) for number in numbers
    ]
    OTLPFileSpanExporter(path).export_records(records)
    return path


def spans_in(path: Path) -> list[SpanRecord]:
    """Read the spans of a file."""
    return list(SpanSource([path]))


def test_files_folders_and_gzip(tmp_path: Path, merge: Merge) -> None:
    """All spans stand in one file by their start, each once, with scope and resource; the doubles are told."""
    folder = tmp_path / "many"
    write(folder / "a.jsonl", 5, 3, 1)
    write(folder / "b.jsonl", 4, 3, 2, resource="b")
    packed = tmp_path / "c.jsonl.gz"
    packed.write_bytes(gzip.compress(write(tmp_path / "c.jsonl", 6, 1).read_bytes()))
    target = tmp_path / "all.jsonl"

    assert (0, "otel-ops: 2 span(s) were there more than once\n") == merge(folder, packed, "--to", target)
    merged = spans_in(target)
    assert [1, 2, 3, 4, 5, 6] == [record.start_ns for record in merged]
    assert {"otel_ops.standard"} == {record.scope.name for record in merged}
    assert ["a", "b"] == [record.resource.attributes["service.name"] for record in merged[:2]]


def test_real_processes(tmp_path: Path, otel_ops: Command) -> None:
    """The merged file shows the trees that the files of several programs show together."""
    for _ in range(2):
        subprocess.run([sys.executable, "-c", FORKED], cwd=tmp_path, check=True, timeout=60)
    files = sorted(tmp_path.glob("*.jsonl"))
    done = otel_ops("merge", *files, "--to", "all.jsonl.gz")

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)
    logs = [logs_of(sorted_out(InputSource(paths).items())[0]) for paths in (files, [tmp_path / "all.jsonl.gz"])]
    assert logs[0] == logs[1]
    assert {"begin"} == {record.body for log in logs[1] for each in log.walk() for record in each.log_records}
    shown = otel_ops("merge", *files, COLUMNS="80").stdout.encode()
    assert otel_ops("show", *files).stdout == otel_ops("show", "-", stdin=shown).stdout


def test_what_is_broken_is_skipped_and_told(tmp_path: Path, merge: Merge) -> None:
    """Lines that are cut cost themselves; a file that is missing costs the exit code, and the others are merged."""
    cut = write(tmp_path / "a.jsonl", 1, 2)
    cut.write_bytes(b'{"resourceSpans":[{"scopeS\n' + cut.read_bytes() + b'{"resourceSpans":[{"sco')
    target = tmp_path / "all.jsonl"
    code, told = merge(cut, tmp_path / "none.jsonl", "--to", target)

    assert 2 == code
    assert [1, 2] == [record.start_ns for record in spans_in(target)]
    assert f"skipped {cut}:1: " in told
    assert f"skipped {cut}:3: the last line is cut short" in told
    assert f"{tmp_path / 'none.jsonl'}: there is no such file" in told


@pytest.mark.parametrize("name", ["a.jsonl", "link.jsonl", "."])
def test_no_input_is_overwritten(tmp_path: Path, merge: Merge, name: str) -> None:
    """Neither a file that is given, nor one behind a link or in a folder: the error says so before anything is read."""
    path = write(tmp_path / "a.jsonl", 1)
    before = path.read_bytes()
    (tmp_path / "link.jsonl").symlink_to(path)

    assert (2, f"otel-ops: --to {path}: is one of the files that are merged; name another file\n") == merge(
        tmp_path / name, "--to", path
    )
    assert before == path.read_bytes()


def test_nothing_to_read_leaves_the_target(tmp_path: Path, merge: Merge) -> None:
    """Where no file can be read, the former result stays; operation logs are no trace files."""
    target, text = write(tmp_path / "all.jsonl", 1), tmp_path / "a.txt"
    text.write_text("no spans\n")
    before = target.read_bytes()

    assert 2 == merge(text, "--to", target)[0]
    assert before == target.read_bytes()


def test_a_full_temporary_folder_is_told_in_one_line(
    tmp_path: Path, merge: Merge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No traceback, and nothing beside the files."""
    monkeypatch.setattr("tempfile.TemporaryFile", _full)
    path = write(tmp_path / "a.jsonl", 1)

    assert (2, "otel-ops: the output cannot be written: No space left on device\n") == merge(
        path, "--to", tmp_path / "b"
    )
    assert [path] == list(tmp_path.iterdir())


def _full(**_: object) -> None:
    raise OSError(28, os.strerror(28))


def test_a_trace_that_was_delivered_by_child_and_parent(tmp_path: Path, merge: Merge) -> None:
    """Of a span that two processes wrote, the one that lasted stays."""
    short, long = (SpanRecord("0a" * 16, "0b" * 8, "fit", 1, end) for end in (2, 9))
    for name, record in (("a", short), ("b", long)):
        (tmp_path / f"{name}.jsonl").write_bytes(encode_line([record]))
    target = tmp_path / "all"
    merge(tmp_path / "a.jsonl", tmp_path / "b.jsonl", "--to", target)

    assert [long] == spans_in(target)
