"""Runs the programs whose operations are looked for in back ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path

from otel_ops import OperationLog
from otel_ops.analysis import OperationAnalyzer, OperationStatistics
from otel_ops.analysis.sources import SpanSource
from otel_ops.log_builder import logs_of
from otel_ops.span_record import SpanRecord
from tests.back_ends.collector import Collector

_FOLDER = Path(__file__).parent
_NUMBERS = count(1)
_SECONDS = 300


@dataclass(frozen=True)
class Watched:
    """A run of a program, of which all is known from its trace file.

    Attributes:
        service: Its name, which no other run has.
        trace_file: What it wrote beside sending it.
        output: What it printed, where that is kept.
    """

    service: str
    trace_file: Path
    output: Path = Path(os.devnull)

    @property
    def logs(self) -> list[OperationLog]:
        """The trees, contexts on top."""
        return list(logs_of(SpanSource([self.trace_file])))

    @property
    def spans(self) -> list[OperationLog]:
        """What is in the trees: contexts, operations and suboperations."""
        return [log for root in self.logs for log in root.walk()]

    @cached_property
    def records(self) -> list[SpanRecord]:
        """What is in the trees, as it was written: much sooner read than trees are built."""
        return list(SpanSource([self.trace_file]))

    @property
    def span_ids(self) -> set[str]:
        """The id of each span that the program has ended."""
        return {record.span_id for record in self.records}

    @property
    def operations(self) -> dict[str, OperationStatistics]:
        """What the analyzer says of each operation, by name."""
        return {each.name: each for each in OperationAnalyzer.from_files([self.trace_file]).operations()}

    def has_printed(self, line: str) -> bool:
        """Tell whether it has printed a line."""
        return line in self.output.read_text(encoding="utf-8").splitlines()

    @property
    def diagnostics(self) -> dict[str, int]:
        """What it counted as dropped, cut or refused: the programs ``many`` and ``huge`` print that last."""
        counts: dict[str, int] = json.loads(self.output.read_text(encoding="utf-8").splitlines()[-1])
        return counts

    @property
    def dropped(self) -> int:
        """How many spans it counted that it could not send."""
        return sum(number for reason, number in self.diagnostics.items() if reason.startswith("exporter."))


def run_watched(
    folder: Path, collector: Collector, times: int = 1, *, program: str = "program.py", **more: str
) -> Watched:
    """Run a program of this folder to its end; what it does goes to a collector and to a trace file.

    Args:
        folder: Where it runs.
        collector: What it sends to.
        times: Its argument: how much it does.
        program: Its file.
        more: Further variables.
    """
    with running(folder, collector, times, program=program, **more) as watched:
        return watched


@contextmanager
def running(folder: Path, collector: Collector, *arguments: object, program: str, **more: str) -> Iterator[Watched]:
    """Run a program beside a block, which is left when the program has ended; else as `run_watched` does."""
    number = next(_NUMBERS)
    service = f"lab {os.getpid()}-{number}"
    watched = Watched(service, folder / f"trace-{number}.jsonl", folder / f"output-{number}.txt")
    command = [sys.executable, str(_FOLDER / program), *map(str, arguments)]
    environment = {**_environment(watched, collector), **more}
    with watched.output.open("wb") as output:
        with subprocess.Popen(command, env=environment, cwd=folder, stdout=output, stderr=subprocess.STDOUT) as process:
            try:
                yield watched
                code = process.wait(_SECONDS)
            except BaseException:
                process.kill()
                raise
    assert code == 0, watched.output.read_text(encoding="utf-8")


def _environment(watched: Watched, collector: Collector) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
    return {
        **kept,
        "OTEL_SERVICE_NAME": watched.service,
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.http,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_LOGS_EXPORTER": "otlp",
        "OTEL_OPS_TRACE_FILE": str(watched.trace_file),
    }
