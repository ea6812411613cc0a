"""What dashboards ask, asked in a real Prometheus and a real Jaeger over a program and collectors that ail."""

import json
import math
import re
import subprocess
import time
from functools import partial

import pytest

from otel_ops.collector.folder import configuration_folder
from tests.back_ends.answers import eventually, get
from tests.back_ends.cache import folder_of
from tests.back_ends.recipes import NotMadeError
from tests.monitoring.ailing_world import AilingWorld
from tests.monitoring.boards import BOARDS, Asked, asked

pytestmark = pytest.mark.back_ends

CHOSEN = {"past": "5s", "__rate_interval": "1m", "__range": "5m", "collector": ".+", "kind": "operation|suboperation"}
NAMES = {"ops_operation": "ops_operation_name", "traces_span_metrics": "span_name"}
"""The label that has the operation, by the beginning of the metrics' names."""

OPERATION = "melt"
"""It does all that an operation can do: it fails, is repaired, and is under way."""

TO_PROMETHEUS = [one for one in asked() if "expr" in one.target]
TO_JAEGER = [one for one in asked() if "queryType" in one.target]


def test_dashboards_are_as_grafanas_schema_has_it() -> None:
    """There is no key that Grafana's schema does not know, none that it asks for is missing, and all have its types."""
    try:
        program = folder_of("grafana-schema") / "grafana-schema"
    except NotMadeError as error:
        pytest.skip(str(error))
    files = (configuration_folder() / "dashboards").glob("*.json")
    done = subprocess.run([program, *files], capture_output=True, text=True, timeout=60, check=False)
    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("source", NAMES)
@pytest.mark.parametrize("one", TO_PROMETHEUS, ids=lambda one: one.where)
def test_each_query_of_a_panel_has_data(world: AilingWorld, one: Asked, source: str) -> None:
    """Each gives numbers, whoever counts: the program itself, or the collector from spans."""
    expression = chosen(one, world, source).target["expr"]
    assert eventually(partial(numbers, world, expression), bool), expression


def chosen(one: Asked, world: AilingWorld, source: str) -> Asked:
    return one.to(**CHOSEN, source=source, name=NAMES[source], service=world.service, operation=OPERATION)


def numbers(world: AilingWorld, expression: str) -> list[float]:
    values = [float(series["value"][1]) for series in world.prometheus.ask(expression)]
    return [value for value in values if not math.isnan(value)]


@pytest.mark.parametrize("one", TO_JAEGER, ids=lambda one: one.where)
def test_each_search_of_a_panel_finds_traces(world: AilingWorld, one: Asked) -> None:
    """Each finds traces of the program, asked as Grafana's data source asks Jaeger."""
    search = chosen(one, world, "ops_operation").target
    query = {key: search[key] for key in ("operation",) if key in search}
    if "tags" in search:
        query["tags"] = json.dumps(dict([search["tags"].split("=")]))
    assert eventually(partial(world.jaeger.traces, world.service, **query), bool)


def test_points_of_panels_lead_to_traces(world: AilingWorld) -> None:
    """Each exemplar of a query that shows them has the id of a trace that Jaeger has."""
    with_points = [one for one in TO_PROMETHEUS if one.target.get("exemplar")]
    assert 2 == len(with_points)
    for one in with_points:
        for source in NAMES:
            expression = chosen(one, world, source).target["expr"]
            found = eventually(partial(trace_ids, world, expression), bool)
            assert found
            assert all(eventually(partial(world.jaeger.spans, trace_id), bool) for trace_id in found)


def trace_ids(world: AilingWorld, expression: str) -> set[str]:
    series = world.prometheus.exemplars(expression, world.began - 60, time.time() - 2)
    return {exemplar["labels"]["trace_id"] for each in series for exemplar in each["exemplars"]}


def test_each_choice_is_offered(world: AilingWorld) -> None:
    """What the variables of dashboards ask for gives choices: services, operations, collectors, who counts."""
    queries = {variable["query"] for board in BOARDS.values() for variable in board["templating"]["list"]}
    metrics = get(f"{world.prometheus.address}/api/v1/label/__name__/values")["data"]
    (pattern,) = [query[len("metrics(") : -1] for query in queries if query.startswith("metrics(")]
    assert set(NAMES) == {found[1] for found in map(re.compile(pattern).fullmatch, metrics) if found}
    for source, name in NAMES.items():
        labels = get(f"{world.prometheus.address}/api/v1/labels", **{"match[]": f"{source}_duration_seconds_count"})
        assert [name] == [label for label in labels["data"] if label in NAMES.values()]
    for query in queries:
        if query.startswith("label_values("):
            assert choices(world, query), query


def choices(world: AilingWorld, query: str) -> list[str]:
    """Ask for the values of a label, as Grafana's data source does."""
    told = Asked("", {"query": query}).to(**CHOSEN, source="ops_operation", name="ops_operation_name", service=".+")
    series, label = told.target["query"][len("label_values(") : -1].rsplit(", ", 1)
    found: list[str] = get(f"{world.prometheus.address}/api/v1/label/{label}/values", **{"match[]": series})["data"]
    return found
