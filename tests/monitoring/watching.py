"""Runs the program whose operations are looked for in back ends."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from otel_ops import OperationLog
from otel_ops.analysis import OperationAnalyzer, OperationStatistics
from otel_ops.analysis.sources import SpanSource
from otel_ops.log_builder import logs_of
from tests.back_ends.collector import Collector

_FOLDER = Path(__file__).parent
_NUMBERS = count(1)


@dataclass(frozen=True)
class Watched:
    """A run of the program, of which all is known from its trace file.

    Attributes:
        service: Its name, which no other run has.
        trace_file: What it wrote beside sending it.
    """

    service: str
    trace_file: Path

    @property
    def logs(self) -> list[OperationLog]:
        """The trees, contexts on top."""
        return list(logs_of(SpanSource([self.trace_file])))

    @property
    def spans(self) -> list[OperationLog]:
        """What is in the trees: contexts, operations and suboperations."""
        return [log for root in self.logs for log in root.walk()]

    @property
    def operations(self) -> dict[str, OperationStatistics]:
        """What the analyzer says of each operation, by name."""
        return {each.name: each for each in OperationAnalyzer.from_files([self.trace_file]).operations()}


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
    watched = Watched(f"lab {os.getpid()}-{next(_NUMBERS)}", folder / "trace.jsonl")
    kept = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
    environment = {
        "OTEL_SERVICE_NAME": watched.service,
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.http,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_LOGS_EXPORTER": "otlp",
        "OTEL_OPS_TRACE_FILE": str(watched.trace_file),
    }
    command = [sys.executable, str(_FOLDER / program), str(times)]
    subprocess.run(
        command, env={**kept, **environment, **more}, cwd=folder, check=True, timeout=300, capture_output=True
    )
    return watched
