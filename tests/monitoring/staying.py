"""Programs that stay until they are told to end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FOLDER = Path(__file__).parent
_SECONDS = 60

READY = "ready\n"
"""The line that such a program writes."""


@contextmanager
def staying(program: str, folder: Path, **environment: str) -> Iterator[None]:
    """Run a program of this folder while the with-block is open, once it has said that it is ready.

    Args:
        program: Its file; it ends where its input ends.
        folder: Where it runs.
        environment: Variables beside those of this process; those of OpenTelemetry are not handed on.
    """
    kept = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
    command = [sys.executable, str(_FOLDER / program)]
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**kept, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert READY in iter(process.stdout.readline, ""), "it ended before it was ready"
        try:
            yield
        finally:
            process.communicate(timeout=_SECONDS)
    assert 0 == process.returncode
