"""Many processes that write to one file, and are killed while they do."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from otel_ops.analysis.sources import InputSource
from otel_ops.cli.outcome import exit_code_of
from otel_ops.outputs import FileRules
from otel_ops.outputs.appending import append
from otel_ops.outputs.file_lock import held
from otel_ops.span_record import SpanRecord

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL and no such locks")

WRITER = """
import itertools, os, sys, time
from pathlib import Path
from otel_ops.otlp_json import encode_line
from otel_ops.outputs import FileRules
from otel_ops.span_record import SpanRecord

path, name, max_bytes, length = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
rules = FileRules("append", max_bytes=max_bytes or None, keep=1_000)
for number in itertools.count(1):
    span = SpanRecord("0a" * 16, f"{number:016x}", f"{name}-{number}", 1, 2, attributes={"text": "x" * length})
    rules.put(path, encode_line([span]))
    os.write(1, b"%s-%d\\n" % (name.encode(), number))
    time.sleep(0.003)
"""
WRITERS, KILLED = 8, 10


class Writers:
    """Processes that write spans to one file, and tell on their stdout which ones they have written."""

    def __init__(self, folder: Path, *options: int) -> None:
        self._folder = folder
        self._options = list(map(str, options))
        self._begun = 0
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def begin(self) -> None:
        self._begun += 1
        name = f"writer{self._begun}"
        command = [sys.executable, "-c", WRITER, str(self._folder / "all.jsonl"), name, *self._options]
        with (self._folder / f"{name}.told").open("wb") as told:
            self._processes[name] = subprocess.Popen(command, stdout=told)

    def kill_oldest(self) -> None:
        """Kill the one that was begun first, when it has written something."""
        name = next(iter(self._processes))
        while not (self._folder / f"{name}.told").stat().st_size:
            time.sleep(0.01)
        process = self._processes.pop(name)
        process.kill()
        process.wait(20)

    def end(self) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait(20)

    def told(self) -> list[str]:
        return [name for file in self._folder.glob("*.told") for name in file.read_text().split()]


@pytest.mark.parametrize(("max_bytes", "length"), [(0, 100_000), (0, 10), (400_000, 20_000)])
def test_writers_that_are_killed(
    tmp_path: Path, max_bytes: int, length: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """No line is mixed with another or lost; each killed writer has cut one at most, which reading counts."""
    writers = Writers(tmp_path, max_bytes, length)
    try:
        for _ in range(WRITERS):
            writers.begin()
        for _ in range(KILLED):
            writers.kill_oldest()
            writers.begin()
    finally:
        writers.end()

    source = InputSource(sorted(tmp_path.glob("all*.jsonl")))
    found = Counter(item.name for item in source.items() if isinstance(item, SpanRecord))
    told = set(writers.told())
    assert told <= found.keys()
    assert {1} == set(found.values())
    assert len(found) - len(told) <= WRITERS + KILLED
    assert source.broken_count <= WRITERS + KILLED
    assert 0 == exit_code_of(["analyze", str(tmp_path)])
    assert source.broken_count == capsys.readouterr().err.count("skipped")


def test_a_line_is_begun_where_another_one_died_in_the_middle(tmp_path: Path) -> None:
    """Who comes next waits for the one that is writing, sees that it was killed, and loses nothing."""
    path = tmp_path / "all"
    program = (
        "import os, sys, time\nfrom otel_ops.outputs.file_lock import held\n"
        f"file = os.open({str(path)!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT)\n"
        "with held(file):\n os.write(1, b'+')\n time.sleep(0.3)\n"
        " os.write(file, b'half of a li')\n os.kill(os.getpid(), 9)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert b"+" == process.stdout.read(1)
        append(path, b"whole\n")

    assert b"half of a li\nwhole\n" == path.read_bytes()


def test_a_writer_that_was_stopped_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the lock is not given back, the line is written all the same."""
    monkeypatch.setattr("otel_ops.outputs.file_lock.PATIENCE", 0.05)
    path = tmp_path / "all"
    path.touch()
    descriptor = os.open(path, os.O_RDONLY)
    with held(descriptor):
        FileRules("append").put(path, b"whole\n")
    os.close(descriptor)

    assert b"whole\n" == path.read_bytes()
