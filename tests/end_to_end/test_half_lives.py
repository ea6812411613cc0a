"""The parallel example: tasks, threads, processes and a queue, and one tree of all of them."""

import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from otel_ops.analysis.sources import SpanSource
from otel_ops.log_builder import logs_of
from tests.end_to_end.conftest import Command, run_example

PROGRAM = Path(__file__).parents[2] / "docs" / "examples" / "half_lives" / "half_lives.py"
METHODS = ["spawn", *(["fork", "forkserver"] if hasattr(os, "fork") else [])]
STEPS = ("sample", "count", "correct", "fit", "resample", "regress", "write")


def run_program(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    done = run_example(PROGRAM, folder, *arguments)
    done.check_returncode()
    return done


@pytest.mark.parametrize("method", METHODS)
def test_it_is_one_tree(tmp_path: Path, method: str) -> None:
    """Whatever starts the processes, all spans are there, and stand below the one context."""
    done = run_program(tmp_path, method)
    assert 4 == len(done.stdout.splitlines())

    (tree,) = logs_of(SpanSource([tmp_path / "trace.jsonl"]))
    inside = [(log.name, child.name) for log in tree.walk() for child in log.suboperations]
    assert {
        ("half-lives", "run"): 1,
        ("run", "sample"): 4,
        **{("sample", step): 4 for step in ("count", "correct", "fit", "write")},
        **{("fit", step): 4 for step in ("resample", "regress")},
    } == Counter(inside)


def test_the_half_lives_are_right(tmp_path: Path) -> None:
    """Within three of the uncertainties that it gives."""
    lines = dict(line.split(",", 1) for line in run_program(tmp_path).stdout.splitlines())
    found, uncertainty = map(float, lines["Ba-137m"].split(","))
    assert abs(found - 153.1) < 3 * uncertainty < 15


def test_its_lanes(otel_ops: Command, tmp_path: Path) -> None:
    """The main thread, a thread of asyncio, the writer and the processes have one each."""
    run_program(tmp_path)
    shown = otel_ops("show", tmp_path / "trace.jsonl", "--by", "thread").stdout
    for lane in "MainThread", "asyncio_", "writer":
        assert lane in shown
