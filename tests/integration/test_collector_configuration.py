"""Configurations of ours, judged by real collectors."""

import itertools
import os
import re
import subprocess
from pathlib import Path

import pytest

from docs.collector_pages import FILES, RUNS
from otel_ops.collector.merging import Configuration, merged
from otel_ops.collector.program import Collector, complaint, found_collector
from otel_ops.collector.rendering import as_files, as_text
from otel_ops.collector.shipped import FILE_SETS
from otel_ops.collector.sources import BASE, base_and, overlay_names
from otel_ops.collector.variables import references
from otel_ops.collector.vendors import vendor_names
from tests.back_ends.components import lacking
from tests.collectors import collector, running
from tests.integration.conftest import REPOSITORY, TIME
from tests.integration.vendors.google import google_account

VERSIONS = ["0.158", "0.141"]
SHIPPED = [BASE, *overlay_names(), *vendor_names()]
AWS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
OUTDATED = re.compile(r"deprecat|legacy", re.IGNORECASE)


def _program(version: str) -> Collector:
    program = found_collector(collector(version))
    assert program
    assert program.version == tuple(map(int, version.split(".")))
    return program


def _with_base(*names: str) -> Configuration:
    return merged(base_and(name for name in names if name != BASE))


def _variables(configuration: Configuration) -> dict[str, str]:
    """Give a value to each variable that must have one."""
    needed = {one.name: "x" for one in references(configuration.content) if one.default is None}
    return {**AWS, **needed}


def _missing(name: str, version: str) -> list[str]:
    return lacking(_with_base(name).content, f"otelcol-{version}")


def _refusal(version: str, *names: str) -> str | None:
    """Give what a collector says of the base and others, or None where it accepts them."""
    program, configuration = _program(version), _with_base(*names)
    environ = {**os.environ, **_variables(configuration)}
    return complaint(program, as_text(configuration, program.version), environ)


def _outdated(log: Path) -> list[str]:
    lines = log.read_text(encoding="utf-8").splitlines()
    assert "Everything is ready" in "".join(lines)
    return [line for line in lines if OUTDATED.search(line) and '"level":"info"' not in line]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", SHIPPED)
def test_a_collector_accepts_each_overlay_and_vendor(name: str, version: str) -> None:
    """In its names; it refuses those only of which the table says that it lacks a part, for that part."""
    told, missing = _refusal(version, name), _missing(name, version)
    assert bool(missing) == bool(told), told
    assert all(part.rpartition(" ")[2].replace("_", "") in (told or "").replace("_", "") for part in missing)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_collector_accepts_each_pair_that_it_merges_itself(tmp_path: Path, version: str) -> None:
    """Base with any two overlays whose parts it has, each file for itself, as without us."""
    program = _program(version)
    names = [name for name in overlay_names() if not _missing(name, version)]
    for name, text in as_files(_with_base(*names), program.version).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    pairs = list(itertools.combinations(names, 2))
    assert len(pairs) >= 55
    for pair in pairs:
        options = [f"--config={tmp_path / name}.yaml" for name in (BASE, *pair)]
        done = subprocess.run(
            [program.path, "validate", *options], capture_output=True, text=True, timeout=TIME, check=False
        )
        assert (0, "") == (done.returncode, done.stderr), pair


@pytest.mark.parametrize("version", VERSIONS)
def test_a_collector_accepts_all_at_once(version: str) -> None:
    """All overlays and vendors whose parts it has."""
    assert _refusal(version, *(name for name in SHIPPED if not _missing(name, version))) is None


def test_a_collector_tells_of_nothing_outdated_in_ours(tmp_path: Path) -> None:
    """It starts with everything at once, and its log has no warning of names or keys of former days."""
    names = [name for name in SHIPPED if not _missing(name, "0.158")]
    needed = {**_variables(_with_base(*names)), **google_account(tmp_path)}
    with running(tmp_path, names[1:], OPS_REPLAY_DIR=str(tmp_path / "replay"), **needed) as one:
        assert [] == _outdated(one.log)


def test_attributes_of_its_own_that_are_no_list_are_told_by_it_as_by_us(tmp_path: Path) -> None:
    """The warning that we give is that of a collector which runs; beside a list it refuses them, as we do."""
    mine = tmp_path / "mine.yaml"
    mine.write_text("service: {telemetry: {resource: {attributes: , service.name: lab}}}\n", encoding="utf-8")
    with running(tmp_path, [str(mine)]) as one:
        assert 1 == len(_outdated(one.log))
    mine.write_text("service: {telemetry: {resource: {service.name: lab}}}\n", encoding="utf-8")
    assert "cannot be used together" in (_refusal("0.158", str(mine)) or "")


def test_what_the_collector_refuses_is_told() -> None:
    """Its own words, once."""
    told = complaint(_program("0.158"), "receivers: {nonsense: }\n", os.environ)
    assert told
    assert 1 == told.count("unknown type")


@pytest.mark.parametrize("name", sorted(RUNS))
def test_what_the_table_says_was_run_has_a_test(name: str) -> None:
    """The file that the table names is there, and runs that overlay; the base is always in."""
    text = (REPOSITORY / "tests" / RUNS[name][1]).read_text(encoding="utf-8")
    assert name in SHIPPED
    assert name == BASE or name in text


def test_the_table_speaks_of_each_set_of_files() -> None:
    """Of each that is shipped, and of no other; the tests that it names are there."""
    assert set(FILE_SETS) == set(FILES)
    assert all((REPOSITORY / "tests" / where).is_file() for _, _, where in FILES.values())
