"""What `compose.yaml` starts, without Docker: real programs, with users, files, names and ports of containers."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.back_ends.recipes import NotMadeError
from tests.monitoring.containers import PROGRAMS

pytestmark = pytest.mark.back_ends

TOOLS = ("unshare", "chroot", "mount", "ip")


@pytest.fixture
def needs() -> None:
    """Skip where containers cannot be acted, or what is to run in them is not made."""
    if not hasattr(os, "geteuid") or os.geteuid() or not all(map(shutil.which, TOOLS)):
        pytest.skip(f"only root can act containers, by {', '.join(TOOLS)}")
    try:
        for program in PROGRAMS.values():
            program()
    except NotMadeError as error:
        pytest.skip(str(error))


@pytest.mark.usefixtures("needs")
def test_what_is_copied_works_together(tmp_path: Path) -> None:
    """Jaeger and Prometheus have each operation, though Elasticsearch is away; the latter has our rules, too."""
    command = ["unshare", "--mount", "--net", sys.executable, "-m", "tests.monitoring.containers", str(tmp_path)]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=400)
    assert 0 == done.returncode, done.stderr
    answers = json.loads(done.stdout)
    assert answers["sent"] > 0
    assert {answers["sent"]} == {answers["in Jaeger"], answers["in Prometheus"]}
    assert 1 == answers["collectors fetched from"]
    assert 0 < answers["groups of rules"]
