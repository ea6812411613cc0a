"""The demo: what somebody sees who types one command."""

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from lxml import etree

from otel_ops.analysis.sources import SpanSource
from otel_ops.formatters import read_operation_log
from otel_ops.log_builder import logs_of
from tests.end_to_end.conftest import Command

pytest.importorskip("scipy")

SCHEMAS = files("otel_ops") / "schema"


def test_the_demo_shows_tree_table_and_statistics(otel_ops: Command, tmp_path: Path) -> None:
    """The demo ends with 0 and prints the tree, the results, the table, the statistics and its files."""
    done = otel_ops("demo")
    assert (0, "") == (done.returncode, done.stderr)
    tree, table = done.stdout.split("The whole run as a table")
    assert "├─ load  path_name=05_K_per_min.csv rows=400" in tree
    assert "file=05_K_per_min.csv" in tree
    assert "✗ load" in tree
    assert "BrokenSeriesError: 80_K_per_min.csv" in tree
    assert re.search(r"14[789]\.\d kJ/mol", tree)
    assert "thermal analysis" in table
    assert "fit kinetics" in table.split("Where the time went")[1]
    assert {".gitignore", "demo"} == {path.name for path in (tmp_path / ".otel_ops").iterdir()}


def test_the_demo_writes_files_that_agree(otel_ops: Command, tmp_path: Path) -> None:
    """The operation logs in JSON are those that the trace file gives."""
    otel_ops("demo", "--folder", tmp_path / "out")
    lines = (tmp_path / "out" / "operations.jsonl").read_text(encoding="utf-8").splitlines()
    written = [read_operation_log(line) for line in lines]
    assert written == logs_of(SpanSource([tmp_path / "out" / "trace.jsonl"]), unit="operation")
    assert ["ok", "ok", "ok", "ok", "error", "ok"] == [log.outcome for log in written]


def test_the_logs_of_the_demo_follow_their_schemas(otel_ops: Command, tmp_path: Path) -> None:
    """In JSON as the demo writes them, and in XML as they are converted, whole trees with their context, too."""
    otel_ops("demo", "--folder", tmp_path)
    schema = json.loads((SCHEMAS / "operation_log_v1.schema.json").read_text(encoding="utf-8"))
    for line in (tmp_path / "operations.jsonl").read_bytes().splitlines():
        Draft202012Validator(schema).validate(json.loads(line))
    xsd = etree.XMLSchema(etree.fromstring((SCHEMAS / "operation_log_v1.xsd").read_bytes()))
    for source in ("operations.jsonl", "trace.jsonl"):
        otel_ops("convert", tmp_path / source, tmp_path / f"{source}.xml")
        xsd.assertValid(etree.parse(tmp_path / f"{source}.xml"))


def test_the_levels_of_the_demo(otel_ops: Command, tmp_path: Path) -> None:
    """MINIMAL shows nothing but whole series and the failure; DEBUG with the slow step shows each of its fits."""
    minimal = otel_ops("demo", "--detail", "MINIMAL", "--only-tree", "--folder", tmp_path / "minimal")
    assert "load" in minimal.stdout
    assert "clean" not in minimal.stdout
    slow = otel_ops("demo", "--detail", "debug", "--slow", "--folder", tmp_path / "slow")
    assert "… 37 more fit again" in slow.stdout
    statistics = json.loads(otel_ops("analyze", tmp_path / "slow" / "trace.jsonl", "--format", "json").stdout)
    assert 160 == {found["name"]: found["count"] for found in statistics["operations"]}["fit again"]


def test_a_wrong_level_is_told_in_one_line(otel_ops: Command) -> None:
    """A level that there is not is an error with exit code 2 that lists those there are."""
    done = otel_ops("demo", "--detail", "LOTS")
    assert 2 == done.returncode
    assert "'LOTS' is no level of detail; use one of MINIMAL, STANDARD, DETAILED, DEBUG" in done.stderr
