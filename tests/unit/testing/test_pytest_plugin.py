"""The fixtures of the plug-in, in a pytest of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MODULE = """
import threading
import pytest
from otel_ops import faults, operation
from otel_ops.testing import Clock, assert_tree, node

pytest_plugins = ["otel_ops.testing.pytest_plugin"]


@operation
def double(number):
    return 2 * number


def test_well(recorder):
    double(1)
    assert_tree(recorder, "double", exact=True)


def test_well_again(recorder):
    double(1)
    assert_tree(recorder, "double", exact=True)


class TestOptions:
    @pytest.fixture
    def recorder_options(self):
        return {"detail": "DEBUG", "clock": Clock(step_ns=5)}

    def test_well_with_options(self, recorder):
        with operation("fine", detail="DEBUG"):
            pass
        assert recorder.tree.duration_ns == 5


def test_wrong(recorder):
    double(1)
    assert_tree(recorder, "duoble")


def fault():
    with faults.guarded("formatter"):
        raise LookupError("no such column")


def test_fault_on_a_thread(recorder):
    thread = threading.Thread(target=fault)
    thread.start()
    thread.join()


def test_left_open(recorder):
    operation("work").__enter__()
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Run the module; give what pytest says."""
    folder = tmp_path_factory.mktemp("plugin")
    (folder / "test_program.py").write_text(MODULE, encoding="utf-8")
    without = [f"-pno:{plugin}" for plugin in ("asyncio", "cacheprovider", "randomly")]
    command = [sys.executable, "-m", "pytest", "-rA", "-Werror", *without, "test_program.py"]
    environment = {**os.environ, "COLUMNS": "200"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    "line",
    [
        "PASSED test_program.py::test_well",
        "PASSED test_program.py::test_well_again",
        "PASSED test_program.py::TestOptions::test_well_with_options",
        "FAILED test_program.py::test_wrong - AssertionError: 'duoble': missing",
        "ERROR test_program.py::test_fault_on_a_thread - AssertionError: otel_ops failed with LookupError",
        "ERROR test_program.py::test_left_open - AssertionError: left open at the end of the block: operation 'work'",
    ],
)
def test_the_fixture_judges_each_test(line: str, told: str) -> None:
    """Each test has a recorder of its own; what is wrong is told with its reason on the line of the summary."""
    assert line in told


def test_a_failure_shows_both_trees(told: str) -> None:
    """Pytest prints the message as it is."""
    assert "E         - duoble  <- missing" in told
    assert "E           double" in told


def test_nothing_loads_more_than_it_needs() -> None:
    """`import otel_ops` does not load the kit, and the kit does not load pytest."""
    program = """
import sys, otel_ops
assert "otel_ops.testing" not in sys.modules
import otel_ops.testing
assert "pytest" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[3], check=False, timeout=100)

    assert 0 == done.returncode
