"""``pytest --ops-tree``, in a pytest of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

MODULE = """
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from otel_ops import OperationContext, configure, operation, shutdown
from otel_ops.testing import Recorder
import program

@operation
def load(number):
    if number > 1:
        raise ValueError(number)

@operation
def report(number):
    load(1)
    load(number)

def test_decorated():
    with OperationContext("session", user="ada"):
        report(2)

def test_declared():
    program.declared()
    assert False, "declared"

def test_passes():
    report(1)

def test_configures():
    configure(trace_file=False)
    report(1)
    shutdown()
    report(3)

def test_many():
    for _ in range(30):
        load(1)
    assert False, "many"

def test_debug():
    with operation("fine", detail="DEBUG"):
        assert False, "debug"

def test_fixture_recorder(recorder):
    report(4)

def test_own_recorder():
    with Recorder():
        report(5)

def test_nothing():
    assert False, "nothing"

@pytest.fixture
def failing():
    yield
    report(6)

def test_teardown(failing):
    pass

def test_sets_a_provider():
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    trace.set_tracer_provider(provider)
    load(1)
    assert ["load"] == [span.name for span in kept.get_finished_spans()]

def test_afterwards():
    report(7)
"""
PROGRAM = "def declared():\n    return helper()\ndef helper(): ...\n"
SETTINGS = 'detail = "DEBUG"\noperations = ["program:*"]\noutputs = ["tree"]\n'
WORKER = """
def pytest_configure(config):
    config.option.color, config.option.code_highlight = "yes", "no"  # as pytest-xdist hands options on
def pytest_runtest_logreport(report):
    for title, text in report.sections:
        print(report.nodeid, report.when, title, text, flush=True)
"""


def run(folder: Path, *options: str, **variables: str) -> str:
    """Run the module in this folder; give what pytest says."""
    for name, text in [("test_program.py", MODULE), ("program.py", PROGRAM), ("otel_ops.toml", SETTINGS)]:
        (folder / name).write_text(text, encoding="utf-8")
    plugins = [f"-pno:{plugin}" for plugin in ("asyncio", "cacheprovider", "randomly")]
    plugin = ["-p", "otel_ops.testing.pytest_plugin"]
    command = [sys.executable, "-m", "pytest", "-Werror", *plugin, *plugins, *options, "test_program.py"]
    environment = {**os.environ, "COLUMNS": "100", **variables}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Give what is shown of the operations of each test that failed."""
    output = run(tmp_path_factory.mktemp("trees"), "--ops-tree", "--tb=short")
    parts = re.split(r"^_{3,} (.+) _{3,}$", output.partition("= short test summary")[0], flags=re.MULTILINE)
    return {name: text.partition(" Operations -")[2] for name, text in zip(parts[1::2], parts[2::2], strict=True)}


def lines(text: str) -> list[str]:
    """Give the lines of trees, without durations and bars."""
    found = [re.sub(r" +[\d.]+ [mµ]?s\b.*", "", line).rstrip() for line in text.splitlines()[1:]]
    return [line for line in found if line and not line.startswith("=")]


def test_only_what_failed_is_shown(told: dict[str, str]) -> None:
    """Tests that pass have no trees, also those that set a provider of their own."""
    assert {"test_passes", "test_sets_a_provider"}.isdisjoint(told)
    assert "test_decorated" in told


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (
            "test_decorated",
            [
                "✗ session  user=ada  ValueError from load",
                "└─ ✗ report  ValueError from load",
                "   ├─ load",
                "   └─ ✗ load",
                "         ValueError: 2",
            ],
        ),
        ("test_declared", ["declared", "└─ helper"]),
        ("test_debug", ["✗ fine", "   AssertionError: debug⏎assert False"]),
        ("test_nothing", []),
        *(
            (test, ["✗ report  ValueError from load", "├─ load", "└─ ✗ load", f"      ValueError: {number}"])
            for test, number in [
                ("test_own_recorder", 5),
                ("ERROR at teardown of test_teardown", 6),
                ("test_afterwards", 7),
            ]
        ),
    ],
)
def test_the_tree_of_a_failed_test(told: dict[str, str], test: str, expected: list[str]) -> None:
    """Decorated and declared operations of that test alone, of whichever provider, at the level of the settings."""
    assert expected == lines(told[test])


def test_a_test_that_configures_itself(told: dict[str, str]) -> None:
    """What it runs before and after it shuts down is shown."""
    assert ["report", "├─ load", "└─ load", "✗ report  ValueError from load"] == lines(told["test_configures"])[:4]


def test_a_recorder_as_a_fixture(told: dict[str, str]) -> None:
    """A test with a process of its own is recorded there."""
    assert "      ValueError: 4" in lines(told["test_fixture_recorder"])


def test_of_many_trees_the_last_are_shown(told: dict[str, str]) -> None:
    """A line says how many came before."""
    assert ["… 10 more before", *["load"] * 20] == lines(told["test_many"])


def test_without_the_option_nothing_is_recorded(tmp_path: Path) -> None:
    """The plugin alone costs nothing and shows nothing."""
    output = run(tmp_path, "-k", "test_decorated")

    assert "1 failed" in output
    assert "Operations" not in output


def test_workers_hand_trees_on(tmp_path: Path) -> None:
    """A pytest that prints nothing itself, as the workers of pytest-xdist, has the trees in its reports, in colour."""
    (tmp_path / "conftest.py").write_text(WORKER, encoding="utf-8")

    output = run(tmp_path, "--ops-tree", "-pno:terminal", "-s", "-k", "test_declared")

    assert "test_program.py::test_declared call Operations \x1b[1mdeclared\x1b[0m" in output


def test_wrong_settings_are_told_by_pytest(tmp_path: Path) -> None:
    """One line, no traceback."""
    output = run(tmp_path, "--ops-tree", OTEL_OPS_OPERATIONS="program:")

    assert output.startswith("ERROR: operations[0].target = 'program:' (environment variable OTEL_OPS_OPERATIONS)")
    assert "Traceback" not in output


def test_a_disabled_sdk_is_left_off(tmp_path: Path) -> None:
    """The standard variable switches everything off."""
    output = run(tmp_path, "--ops-tree", "-k", "test_declared", OTEL_SDK_DISABLED="true")

    assert "1 failed" in output
    assert "Operations" not in output
