"""An error handler of somebody else's: its package is built, installed in a fresh environment, chosen by settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.packages import EXAMPLES, installed, run

PACKAGE = EXAMPLES / "file_notes_handler"
PROGRAM = """
from otel_ops import OperationContext, configure, operation
configure()
with OperationContext(user="ada"), operation("report"), operation("load"):
    raise ValueError("row 7 is bad")
"""
SETTINGS = """
trace_file = false
error_handlers = [{ handler = "file-notes", operation = "rep*", options = { folder = "told" } }]
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the interpreter of an environment in which the package is installed."""
    return installed(PACKAGE, tmp_path_factory.mktemp("package"))


def test_settings_choose_the_handler_by_its_name(python: Path, tmp_path: Path) -> None:
    """In a process of its own, with its options; the program ends as without it."""
    (tmp_path / "otel_ops.toml").write_text(SETTINGS)
    done = run(python, "-c", PROGRAM, cwd=tmp_path, check=False)

    assert (1, "") == (done.returncode, done.stdout)
    assert done.stderr.rstrip().endswith("ValueError: row 7 is bad")
    (note,) = (tmp_path / "told").iterdir()
    assert note.read_text(encoding="utf-8").startswith("report failed: ValueError: row 7 is bad\n\n✗ report")
    assert "Traceback (most recent call last):" in note.read_text(encoding="utf-8")


def test_a_wrong_option_is_told_before_the_program_runs(python: Path, tmp_path: Path) -> None:
    """With the options that the handler takes; a name that is nearly right is told, too."""
    (tmp_path / "otel_ops.toml").write_text(SETTINGS.replace("folder", "foldr"))
    done = run(python, "-c", PROGRAM, cwd=tmp_path, check=False)
    (tmp_path / "otel_ops.toml").write_text(SETTINGS.replace("file-notes", "file-note"))
    again = run(python, "-c", PROGRAM, cwd=tmp_path, check=False)

    assert (
        "options.foldr = 'told' (setting): no such option; did you mean folder? file-notes takes folder" in done.stderr
    )
    assert "error_handlers[0].handler = 'file-note' (" in again.stderr
    assert "no such error handler; did you mean file-notes? installed are log" in again.stderr


def test_its_own_tests_pass(python: Path) -> None:
    """Those of the package, among them the suite that otel_ops has for handlers."""
    tests = PACKAGE / "tests"
    done = run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", tests, cwd=tests.parent)

    assert "passed" in done.stdout
