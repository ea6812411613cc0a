"""What integration tests share: programs of their own, since a process sets its tracer provider only once."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.collector import Collector

REPOSITORY = Path(__file__).parents[2]
APART = Path(sys.prefix) / "apart"
"""Where ``make`` installs what changes every program that finds it, each in a folder of its own."""

ONLY_TRACES = {"OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none"}
TIME = 60
"""Seconds after which a program that should have ended is ended."""

RunProgram = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run_program(tmp_path: Path) -> RunProgram:
    """Run a program in an empty folder, with an environment that sets nothing of OpenTelemetry's but what is given.

    One whose signal handlers raise is not to be measured: raised in the midst of measuring, that leaves a lock held.
    """

    def run(
        source: str, *arguments: str, measured: bool = True, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        left_out = ("OTEL_",) if measured else ("OTEL_", "COVERAGE_")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(left_out)}
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", textwrap.dedent(source), *arguments],
            cwd=tmp_path,
            env={**kept, "PYTHONPATH": str(REPOSITORY), "PYTHONUTF8": "1", **environment},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=TIME,
            check=False,
        )

    return run


@pytest.fixture
def instrumented(tmp_path: Path) -> RunProgram:
    """Run a program under ``opentelemetry-instrument``, beside a distro or none, with no signal but traces."""

    def run(source: str, *flags: str, distro: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
        places = [str(REPOSITORY), *([str(APART / distro)] if distro else [])]
        told = {"PYTHONPATH": os.pathsep.join(places), "PYTHONUTF8": "1", "OTEL_SERVICE_NAME": "lab", **ONLY_TRACES}
        program = tmp_path / "program.py"
        program.write_text(textwrap.dedent(source), encoding="utf-8")
        return subprocess.run(
            [Path(sys.executable).with_name("opentelemetry-instrument"), *flags, sys.executable, program.name],
            cwd=tmp_path,
            env={**kept, **told, **environment},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=TIME,
            check=False,
        )

    return run


@pytest.fixture
def collector() -> Iterator[Collector]:
    """Run what stands for a collector."""
    with Collector() as collector:
        yield collector
