"""What the how-tos of back ends have people type, where everything is on one machine without containers."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from otel_ops.collector.folder import configuration_folder
from otel_ops.collector.yaml_text import load

PAGES = Path(__file__).parents[2] / "docs" / "how-to"
STARTED_BY_HAND = ["grafana", "jaeger", "prometheus"]


def typed(page: str) -> list[str]:
    """Give the lines of the block that copies the configuration of Prometheus and starts it."""
    text = (PAGES / f"{page}.md").read_text("utf-8")
    blocks: list[str] = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
    (block,) = [block for block in blocks if "prometheus --config" in block]
    return block.splitlines()


def prepared(page: str, folder: Path) -> None:
    """Do what the page has people do before they start anything."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    lines = [line for line in typed(page) if line.startswith(("otel-ops collector files ", "sed "))]
    subprocess.run(["sh", "-ec", "\n".join(lines)], cwd=folder, env=environment, check=True, timeout=60)


@pytest.mark.parametrize("page", STARTED_BY_HAND)
def test_configurations_that_are_named_are_copied(page: str, tmp_path: Path) -> None:
    """Each file that a program is started with is there."""
    prepared(page, tmp_path)
    named = re.findall(r"--config(?:\.file)?[ =](\S+)", "\n".join(typed(page)))
    assert named
    assert [] == [file for file in named if not (tmp_path / file).is_file()]


@pytest.mark.parametrize("page", STARTED_BY_HAND)
def test_prometheus_finds_rules_and_collector(page: str, tmp_path: Path) -> None:
    """It has all rules, and asks the collector of this machine: those of the file as it is are in containers."""
    prepared(page, tmp_path)
    file = tmp_path / "provisioning" / "prometheus" / "prometheus.yaml"
    configuration: Any = load(file.read_text("utf-8"), file.name)
    rules = [found.name for pattern in configuration["rule_files"] for found in file.parent.glob(pattern)]
    assert sorted(path.name for path in (configuration_folder() / "rules").iterdir()) == sorted(rules)
    assert [["localhost:8888"]] == [
        group["targets"] for job in configuration["scrape_configs"] for group in job["static_configs"]
    ]


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.name)
def test_programs_are_watched_where_they_send(page: Path) -> None:
    """Plain Python sends nothing of a program that does not call ``configure()``: no page has people start it so."""
    assert [] == re.findall(r"^(?:OTEL_\w+=\S+ )*python program\.py$", page.read_text("utf-8"), re.MULTILINE)
