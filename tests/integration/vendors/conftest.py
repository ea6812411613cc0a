"""What tests of vendors share: a server in the place of them all, and a program with something to send."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import APART, REPOSITORY, TIME
from tests.integration.vendors.server import VendorServer

PROGRAM = """
import logging
from opentelemetry import metrics
from otel_ops import operation

with operation("charge"):
    logging.getLogger("kiln").warning("it is hot")
metrics.get_meter("kiln").create_counter("charges").add(3)
metrics.get_meter("kiln").create_histogram("weights").record(7)
"""
INSTRUMENTED = "opentelemetry-instrument python"
"""How a program gets OpenTelemetry's SDK, with all signals."""

Charge = Callable[..., None]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[VendorServer]:
    """Be every host."""
    with VendorServer(tmp_path) as server:
        yield server


@pytest.fixture
def charge(tmp_path: Path) -> Charge:
    """Run the program below a shell that has read a block of variables; it must tell of no problem."""

    def charge(block: str = "", command: str = INSTRUMENTED, apart: str = "opentelemetry", **environment: str) -> None:
        (tmp_path / "block.sh").write_text(block, encoding="utf-8")
        (tmp_path / "charge.py").write_text(PROGRAM, encoding="utf-8")
        kept = {name: text for name, text in os.environ.items() if not name.startswith("OTEL_")}
        search = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join([str(REPOSITORY), *(str(APART / name) for name in apart.split())]),
        }
        done = subprocess.run(
            ["sh", "-euc", f". ./block.sh; exec {command} charge.py"],
            cwd=tmp_path,
            env={**kept, **search, "PYTHONUTF8": "1", **environment},
            capture_output=True,
            text=True,
            timeout=TIME,
            check=False,
        )
        assert (0, "") == (done.returncode, done.stderr.replace("it is hot\n", "").strip())

    return charge
