"""Runs programs that start processes, and reads who stands below whom in what they wrote."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from otel_ops.span_record import SpanRecord
from tests.integration.conftest import REPOSITORY
from tests.integration.programs import records_in

METHODS = [
    pytest.param("fork", marks=pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")),
    pytest.param("forkserver", marks=pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")),
    "spawn",
]
"""The ways to start a process."""

JOBS = """
from otel_ops import operation

def job(name):
    with operation(name):
        return name

def fail(name):
    with operation(name):
        raise LookupError(name)
"""
"""Tasks for a pool, in a module of their own."""

TIME = 90
"""Seconds after which a program, and all that it has started, is ended."""

_FORKS_WITH_THREADS = "ignore:This process:DeprecationWarning"
"""What Python 3.12 and later say of each fork of a program with threads."""


def run_file(
    folder: Path, source: str, *arguments: str, wrapper: tuple[str, ...] = (), **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a program from a file, as processes that are spawned need it; end its whole group if it takes too long."""
    program = folder / "program.py"
    program.write_text(textwrap.dedent(source), encoding="utf-8")
    kept = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
    flags = [] if wrapper else ["-W", "error", "-W", _FORKS_WITH_THREADS]
    process = subprocess.Popen(
        [*wrapper, sys.executable, *flags, program.name, *arguments],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(REPOSITORY), "PYTHONUTF8": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=TIME)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        pytest.fail(f"the program hung; it said {out!r} and {err!r}")
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def parents_in(folder: Path) -> dict[str, str]:
    """Give the name of the parent of each span of a folder's trace files by its own name; empty where it has none."""
    records = written_in(folder)
    names = {record.span_id: record.name for record in records}
    assert len(records) == len(names), "a span was written twice"
    return {record.name: names[record.parent_id] if record.parent_id else "" for record in records}


def written_in(folder: Path) -> list[SpanRecord]:
    """Read all spans of a folder's trace files."""
    return records_in(*sorted(folder.rglob("*.jsonl")))
