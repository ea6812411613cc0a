"""A formatter of somebody else's: its package is built, installed in a fresh environment, and chosen by settings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.end_to_end.packages import EXAMPLES, installed, run

PACKAGE = EXAMPLES / "markdown_formatter"

PROGRAM = """
from otel_ops import OperationContext, configure, operation
configure()
with OperationContext(session="s1", user="ada"), operation("report"), operation("load"):
    pass
"""
SETTINGS = """
trace_file = false
outputs = [{ format = "markdown", to = "operations.md", options = { heading = 2 } }]
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the interpreter of an environment in which the package is installed."""
    return installed(PACKAGE, tmp_path_factory.mktemp("package"))


def test_settings_choose_the_formatter_by_its_name(python: Path, tmp_path: Path) -> None:
    """In a process of its own, with its options; nothing else is written."""
    (tmp_path / "otel_ops.toml").write_text(SETTINGS)
    done = run(python, "-c", PROGRAM, cwd=tmp_path)

    assert ("", "") == (done.stdout, done.stderr)
    assert re.fullmatch(
        r"## report\n\n- report [\d.]+ ms\n  - load [\d.]+ ms\n\nsession\\.id = s1; user\\.id = ada\n\n",
        (tmp_path / "operations.md").read_text(),
    )


def test_a_wrong_option_is_told_before_the_program_runs(python: Path, tmp_path: Path) -> None:
    """With the options that the formatter takes; a name that is nearly right is told, too."""
    settings = '[{format = "markdown", options = {headings = 2}}, {format = "markdwn"}]'
    program = f"import os; os.environ['OTEL_OPS_OUTPUTS'] = '''{settings}'''\n{PROGRAM}"
    done = run(python, "-c", program, cwd=tmp_path, check=False)
    program = program.replace(', {format = "markdwn"}', "")
    again = run(python, "-c", program, cwd=tmp_path, check=False)

    assert "no such format; did you mean markdown? installed are tree, table, json, jsonl, xml, markdown" in done.stderr
    assert "options.headings = 2 (setting): no such option; did you mean heading? markdown takes" in again.stderr


def test_its_own_tests_pass(python: Path) -> None:
    """Those of the package, among them the suite that otel_ops has for formatters."""
    tests = PACKAGE / "tests"
    done = run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", tests, cwd=tests.parent)

    assert "passed" in done.stdout
