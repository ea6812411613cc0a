"""Packages of somebody else's: built from a copy, and installed in a fresh environment.

The environment is fresh but for what otel_ops itself needs: it sees the packages of the environment that the tests run
in, so that nothing is downloaded. What is asserted is that the built wheel holds what it should, and its entry point.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


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


def installed(package: Path, folder: Path) -> Path:
    """Build a package, and give the interpreter of an environment in which its wheel is installed."""
    shutil.copytree(package, folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
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
