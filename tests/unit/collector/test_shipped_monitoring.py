"""Dashboards, rules and provisioning, as they are shipped."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from docs.dashboards.sources import board_named, board_names
from docs.dashboards.write import text_of
from otel_ops.collector.folder import configuration_folder

FOLDER = configuration_folder()
BOARDS = sorted((FOLDER / "dashboards").glob("*.json"))
RULES = sorted((FOLDER / "rules").glob("*.yaml"))
PROVISIONED = FOLDER / "provisioning"
RUNBOOKS = Path(__file__).parents[3] / "docs" / "how-to" / "alerts.md"

Json = dict[str, Any]


def read(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path)


def alerts() -> list[Json]:
    rules = [rule for path in RULES for group in read(path)["groups"] for rule in group["rules"]]
    return [rule for rule in rules if "alert" in rule]


def test_dashboards_are_those_of_their_sources() -> None:
    """Each dashboard is what ``make dashboards`` makes of its source, and there are no others."""
    assert board_names() == [path.stem for path in BOARDS]
    assert {name: text_of(name) for name in board_names()} == {
        path.stem: path.read_text(encoding="utf-8") for path in BOARDS
    }


@pytest.mark.parametrize("path", BOARDS, ids=lambda path: path.stem)
def test_panels_are_told_of(path: Path) -> None:
    """Each panel has a number of its own, a title, a description, and a unit where it shows values."""
    panels = [panel for panel in json.loads(path.read_text(encoding="utf-8"))["panels"] if panel["type"] != "row"]
    numbers = [panel["id"] for panel in panels]
    assert sorted(set(numbers)) == numbers
    assert [] == [panel["title"] for panel in panels if not panel["title"] or not panel["description"]]
    told = [panel for panel in panels if panel["type"] in {"stat", "timeseries"}]
    assert [] == [panel["title"] for panel in told if not panel["fieldConfig"]["defaults"]["unit"]]


@pytest.mark.parametrize("name", board_names())
def test_panels_do_not_overlap(name: str) -> None:
    """No two panels stand in the same place, and none stands outside of Grafana's 24 columns."""
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(text_of(name))["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24, panel["title"]
        taken |= cells


@pytest.mark.parametrize("name", board_names())
def test_variables_are_declared(name: str) -> None:
    """What queries and links of a dashboard put in is declared there, or Grafana's own."""
    written = text_of(name)
    declared = {variable["name"] for variable in json.loads(written)["templating"]["list"]}
    assert declared == set(board_named(name).variables)
    used = set(re.findall(r"\$\{?([a-z]\w*)", written))
    assert set() == used - declared


def test_links_lead_to_dashboards_that_are_shipped() -> None:
    """Dashboards that tables and alerts lead to are there, with all variables that they are given."""
    boards = {board["uid"]: board for board in (json.loads(path.read_text(encoding="utf-8")) for path in BOARDS)}
    links = [found for path in BOARDS for found in re.findall(r'"url": "(/d/[^"]+)"', path.read_text(encoding="utf-8"))]
    links += [rule["annotations"]["dashboard"] for rule in alerts()]
    assert links
    for link in links:
        board = boards[re.findall(r"^/d/(\w+)", link)[0]]
        declared = {variable["name"] for variable in board["templating"]["list"]}
        given = {*re.findall(r"var-(\w+)", link), *re.findall(r"\$\{(\w+):queryparam\}", link)}
        assert set() == given - declared


def test_alerts_say_what_to_do() -> None:
    """Each alert has a severity, a summary, a description, and a place in the how-to that says what to do."""
    headings = re.findall(r"^## (\w+)$", RUNBOOKS.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(rule["alert"] for rule in alerts()) == sorted(headings)
    for rule in alerts():
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert rule["annotations"].keys() == {"summary", "description", "runbook", "dashboard"}
        assert rule["annotations"]["runbook"] == f"docs/how-to/alerts.md#{rule['alert'].lower()}"


def test_provisioning_holds_together() -> None:
    """An exemplar leads to the Jaeger that is provisioned; types are those that dashboards ask for."""
    sources = read(PROVISIONED / "grafana" / "datasources" / "otel_ops.yaml")["datasources"]
    by_type = {source["type"]: source for source in sources}
    assert {"prometheus", "jaeger"} == by_type.keys()
    (exemplars,) = by_type["prometheus"]["jsonData"]["exemplarTraceIdDestinations"]
    assert {"name": "trace_id", "datasourceUid": by_type["jaeger"]["uid"]} == exemplars
    assert by_type["jaeger"]["jsonData"]["tracesToMetrics"]["datasourceUid"] == by_type["prometheus"]["uid"]
