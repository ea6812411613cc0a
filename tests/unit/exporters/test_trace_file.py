"""The trace file: where it is, what is said of it, and what when it cannot be written."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from otel_ops.exporters import TraceFile
from otel_ops.faults import diagnostics
from tests.records import span


def test_it_stays_where_it_was_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path does not follow the program into other folders."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    file = TraceFile("a.jsonl", announce=False)
    monkeypatch.chdir(tmp_path / "elsewhere")
    file.export_records([span("a")])

    assert (tmp_path / "a.jsonl").exists()


def test_it_is_announced_once_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line on stderr comes with the first spans, and only once for all that write to it."""
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    for _ in range(2):
        TraceFile(tmp_path / "a.jsonl").export_records([span("a")])

    assert 1 == len(stderr.getvalue().splitlines())
    assert str(tmp_path / "a.jsonl") in stderr.getvalue()


def test_what_cannot_be_written_is_not_announced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names file, reason and remedy; nobody is told to read what is not there."""
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    (tmp_path / "taken").write_text("mine")
    file = TraceFile(tmp_path / "taken" / ".otel_ops" / "a.jsonl")
    with pytest.raises(OSError, match=r"a\.jsonl cannot be written: .*; set trace_file to another path, or to false"):
        file.export_records([span("a"), span("b")])

    assert ("", {"file_exporter.lost": 2}) == (stderr.getvalue(), diagnostics())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_its_path_has_the_identifier_of_the_process_that_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A forked child writes a file of its own where ``{pid}`` is in the path, in the folder of before."""
    monkeypatch.chdir(tmp_path)
    file = TraceFile("{service}-{pid}.jsonl", announce=False, values={"service": "lab"})
    child = os.fork()
    if child == 0:
        try:
            os.chdir("/")
            file.export_records([span("child")])
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    file.export_records([span("parent")])

    assert {f"lab-{child}.jsonl", f"lab-{os.getpid()}.jsonl"} == {path.name for path in tmp_path.glob("*.jsonl")}
