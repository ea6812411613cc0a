"""All that a process does for an operation: created, encoded and written, against created, encoded and sent.

Each way is a program of its own (see ``programs/``), and what counts is the CPU time of its process, user and system,
from the start of the interpreter to the end of the last span. The sink that stands for a collector is a third process.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from tests.benchmarks.harness import Case, Sides

OPERATIONS = 50_000
REPOSITORY = Path(__file__).parents[2]


def _command(program: str, *arguments: object) -> list[str]:
    return [sys.executable, "-m", f"tests.benchmarks.programs.{program}", *map(str, arguments)]


def _cpu_seconds(program: str, *arguments: object) -> float:
    done = subprocess.run(_command(program, *arguments), cwd=REPOSITORY, check=True, stdout=subprocess.PIPE)
    return float(done.stdout)


def to_file(calls: int) -> float:
    """Write operations to a file, and count them there."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "trace.jsonl")
        seconds = _cpu_seconds("to_file", calls, path)
        with path.open("rb") as lines:
            written = sum(map(_spans_of_line, lines))
    assert calls == written, f"{calls - written} operations of {calls} are not in the file"
    return seconds


def _spans_of_line(line: bytes) -> int:
    groups = json.loads(line)["resourceSpans"]
    return sum(len(scope["spans"]) for group in groups for scope in group["scopeSpans"])


class Sink:
    """A process that takes spans over HTTP and counts them."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(_command("sink"), cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._address = f"http://127.0.0.1:{int(self._process.stdout.readline())}"

    def send(self, calls: int) -> float:
        """Send spans, and count what arrived."""
        seconds = _cpu_seconds("to_sink", calls, f"{self._address}/v1/traces")
        with urlopen(f"{self._address}/taken") as answer:
            arrived = int(answer.read())
        assert calls == arrived, f"{calls - arrived} spans of {calls} did not arrive"
        return seconds

    def close(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.communicate(timeout=10)


@contextmanager
def whole_process() -> Iterator[Sides]:
    """Compare the programs."""
    sink = Sink()
    try:
        yield Sides(to_file, sink.send)
    finally:
        sink.close()


CASES = (
    Case(
        "whole-process",
        "process CPU, file against OTLP/HTTP",
        whole_process,
        target=0.55,
        calls=OPERATIONS,
        rounds=7,
    ),
)
