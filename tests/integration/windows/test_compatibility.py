"""Handlers that show windows pass the suite for handlers, in a process that has Qt and Tk."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.windows.test_qt import OFFSCREEN

REPOSITORY = Path(__file__).parents[3]
SUITES = Path(__file__).with_name("suites.py")


def test_windows_pass_the_suite(display: str) -> None:
    """Qt without a screen, Tk on one of its own."""
    pytest.importorskip("tkinter", reason="Python has no tkinter: apt-get install python3-tk")
    environment = {**os.environ, **OFFSCREEN, "DISPLAY": display, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", SUITES],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert 0 == done.returncode, done.stdout
    assert "skipped" not in done.stdout.splitlines()[-1]
