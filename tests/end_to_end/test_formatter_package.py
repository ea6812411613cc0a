"""A formatter of somebody else's: its package is built, installed in a fresh environment, and chosen by settings.

The environment is fresh but for what otel_ops itself needs: it sees the packages of the environment that the tests run
in, so that nothing is downloaded. What is asserted is that the built wheel holds the formatter and its entry point.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "docs" / "examples" / "markdown_formatter"

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


def run(*command: object, cwd: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a command with nothing of OpenTelemetry's set and no network needed."""
    left_out = ("OTEL_", "PYTHONPATH", "PIP_", "COVERAGE_")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(left_out)}
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={**environment, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INDEX": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the package from a copy, and give the interpreter of an environment in which its wheel is installed."""
    folder = tmp_path_factory.mktemp("package")
    shutil.copytree(PACKAGE, folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
    run(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", folder, "source", cwd=folder)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "environment", with_pip=False, symlinks=os.name != "nt")
    python = folder / "environment" / ("Scripts" if os.name == "nt" else "bin") / "python"
    _show_packages_of_tests(Path(run(python, "-c", _WHERE, cwd=folder).stdout.strip()))
    install = ("install", "--quiet", "--no-deps", "--no-index", wheel)
    run(sys.executable, "-m", "pip", "--python", python, *install, cwd=folder)
    return python


_WHERE = "import sysconfig; print(sysconfig.get_path('purelib'))"


def _show_packages_of_tests(site_packages: Path) -> None:
    """Have an environment find what is installed beside the tests."""
    places = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    lines = "".join(f"import site; site.addsitedir({place!r})\n" for place in sorted(places))
    (site_packages / "packages_of_tests.pth").write_text(lines)


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
