"""Tests the built wheel in a fresh virtual environment, with the sources away.

Usage: ``python tests/wheel/check.py dist``; the folder holds exactly one wheel.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
MUST_HOLD = (
    "otel_ops/py.typed",
    "otel_ops_instrumentation/py.typed",
    "otel_ops/collector_config/base.yaml",
    "otel_ops/collector_config/dashboards/overview.json",
    "otel_ops/collector_config/elasticsearch/_index_template/logs-otel_ops.otel.json",
    "otel_ops/collector_config/kibana/otel_ops.ndjson",
    "otel_ops/collector_config/kubernetes/gateway.yaml",
    "otel_ops/collector_config/logstash/otel_ops.conf",
    "otel_ops/collector_config/opensearch/install.sh",
    "otel_ops/collector_config/provisioning/jaeger/jaeger.yaml",
    "otel_ops/collector_config/provisioning/prometheus/prometheus.yaml",
    "otel_ops/collector_config/rules/operations.yaml",
    "otel_ops/collector_config/vendors/honeycomb.toml",
    "otel_ops/schema/operation_log_v1.schema.json",
    "otel_ops/schema/operation_log_v1.xsd",
)
_WHERE = "import otel_ops, sys; sys.exit('site-packages' not in otel_ops.__file__)"


def main(dist: Path) -> None:
    """Install the wheel, and run the demo and the tests of what users see."""
    (wheel,) = dist.resolve().glob("*.whl")
    with tempfile.TemporaryDirectory() as temporary:
        away = Path(temporary)
        python = _environment(away / "environment", wheel)
        _copy_tests(away / "checkout")
        _run(away / "checkout", python, "-c", _WHERE)
        _run(away / "checkout", python.with_name("otel-ops"), "demo")
        _run(away / "checkout", python, "-m", "pytest", "-q", "tests/unit", "tests/end_to_end")


def _environment(folder: Path, wheel: Path) -> Path:
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-c", str(ROOT / "constraints.txt"))
    _run(folder, python, *pip, f"{wheel}[dev]")
    held = _run(folder, python, "-m", "zipfile", "--list", str(wheel))
    missing = [name for name in MUST_HOLD if name not in held]
    if missing:
        sys.exit(f"the wheel lacks {', '.join(missing)}")
    return python


def _copy_tests(folder: Path) -> None:
    for name in ("tests", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)


def _run(folder: Path, program: Path, *arguments: str) -> str:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [program, *arguments], cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{done.stdout}\nfailed in the wheel's environment: {program.name} {' '.join(arguments)}")
    return done.stdout


if __name__ == "__main__":
    main(Path(sys.argv[1]))
