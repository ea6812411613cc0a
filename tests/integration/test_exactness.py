"""What is collected from many threads and processes at once is exact."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.exactness import PER_BLOCK
from tests.integration.conftest import REPOSITORY

LONG = 900
"""Seconds within which even a machine that does other work besides is done."""


@pytest.mark.parametrize(("how", "workers", "number"), [("threads", 64, 20_000), ("processes", 8, 50_000)])
def test_nothing_is_lost_or_double_or_in_a_wrong_place(how: str, workers: int, number: int, tmp_path: Path) -> None:
    """Each operation of each worker is in the file once, below its own block, in its own context."""
    unmeasured = {key: value for key, value in os.environ.items() if not key.startswith(("COVERAGE_", "OTEL_"))}
    done = subprocess.run(
        [sys.executable, "-m", "tests.exactness", how, str(workers), str(number), str(tmp_path)],
        cwd=REPOSITORY,
        env=unmeasured,
        stdout=subprocess.PIPE,
        timeout=LONG,
        check=True,
    )
    assert 0 == number % PER_BLOCK
    assert {
        "spans": workers * number + 1,
        "double": 0,
        "of_each": [number],
        "workers": workers,
        "wrong_parents": 0,
        "of_other_contexts": 0,
        "diagnostics": {},
    } == json.loads(done.stdout)
