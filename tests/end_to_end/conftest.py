"""What tests of the command share: running it as a person does."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def run_example(program: Path, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run an example in a folder, with an environment that sets nothing of OpenTelemetry's but the trace file."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
    return subprocess.run(
        [sys.executable, program, *arguments],
        cwd=folder,
        env={**kept, "PYTHONUTF8": "1", "OTEL_OPS_TRACE_FILE": "trace.jsonl"},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=100,
    )


@pytest.fixture
def otel_ops(tmp_path: Path) -> Command:
    """Run the command in an empty folder, with an environment that sets nothing of OpenTelemetry's."""

    def run(*arguments: object, stdin: bytes = b"", **environment: str) -> "subprocess.CompletedProcess[str]":
        kept = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
        done = subprocess.run(
            [Path(sys.executable).with_name("otel-ops"), *map(str, arguments)],
            cwd=tmp_path,
            env={**kept, "PYTHONUTF8": "1", **environment},
            input=stdin,
            capture_output=True,
            check=False,
        )
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())

    return run
