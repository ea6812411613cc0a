"""What tests of windows share: programs with a GUI, and screens to run them on."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.desktops import screen
from tests.integration.conftest import RunProgram

Told = list[dict[str, Any]]
Windowed = Callable[..., tuple[Told, str]]


@pytest.fixture
def windowed(run_program: RunProgram) -> Windowed:
    """Run a program that ends well; give what it said, and what it wrote to stderr."""

    def run(source: str, **environment: str) -> tuple[Told, str]:
        done = run_program(textwrap.dedent(source), **environment)
        assert 0 == done.returncode, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    return run


@pytest.fixture
def display() -> Iterator[str]:
    """Have a screen of one's own."""
    with screen() as name:
        yield name


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Give the place of a picture of the screen; pytest keeps it for a while."""
    return tmp_path / "screen.png"
