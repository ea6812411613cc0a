"""Operations and what is logged in them, in a real OpenSearch."""

from pathlib import Path

import pytest

from tests.back_ends.answers import eventually
from tests.back_ends.collector import Collector
from tests.back_ends.opensearch import OpenSearch
from tests.monitoring.pages import asked_on
from tests.monitoring.watching import run_watched

pytestmark = pytest.mark.back_ends

SPANS, LINES = "ss4o_traces-otel_ops-*", "ss4o_logs-otel_ops-*"


def test_each_span_is_a_document(collector_to_opensearch: Collector, opensearch: OpenSearch, tmp_path: Path) -> None:
    """Every span of the program is there once, with its name, parent, status and context values."""
    watched = run_watched(tmp_path, collector_to_opensearch)
    expected = {
        log.span_id: (log.name, log.parent_id, "Error" if log.failure else "Unset", log.context.get("user.id"))
        for log in watched.spans
    }
    found = eventually(
        lambda: opensearch.find(SPANS, {"resource.service.name.keyword": watched.service}),
        lambda documents: len(documents) >= len(expected),
    )
    assert len(expected) == len(found)
    assert expected == {
        each["spanId"]: (each["name"], each["parentSpanId"], each["status"]["code"], each["attributes"].get("user.id"))
        for each in found
    }


def test_lines_are_found_by_trace_and_span(
    collector_to_opensearch: Collector, opensearch: OpenSearch, tmp_path: Path
) -> None:
    """What was logged in an operation is found by its trace, and tells in which span it was logged."""
    watched = run_watched(tmp_path, collector_to_opensearch)
    (root,) = watched.logs
    loads = [log for log in root.walk() if log.name == "load"]
    expected = {log.span_id: f"loading {log.attributes['ops.arg.rate']} K/min" for log in loads}
    found = eventually(
        lambda: opensearch.find(LINES, {"traceId.keyword": root.trace_id}), lambda lines: len(lines) > len(loads)
    )
    assert expected == {line["spanId"]: line["body"] for line in found if line["severity"]["text"] == "INFO"}
    assert ["left out"] == [line["body"] for line in found if line["severity"]["text"] == "ERROR"]


def test_operations_are_found_by_user_and_series(
    collector_to_opensearch: Collector, opensearch: OpenSearch, tmp_path: Path
) -> None:
    """The operations of one series of a user are found by the values of their context, and no others."""
    watched = run_watched(tmp_path, collector_to_opensearch, times=3)
    wanted = {log.span_id for log in watched.spans if log.context.get("ops.series") == "run 1"}
    terms = {
        "resource.service.name.keyword": watched.service,
        "attributes.user.id.keyword": "ada",
        "attributes.ops.series.keyword": "run 1",
    }
    found = eventually(lambda: opensearch.find(SPANS, terms), lambda documents: len(documents) >= len(wanted))
    assert wanted == {each["spanId"] for each in found}


def test_what_the_page_asks_is_answered(
    collector_to_opensearch: Collector, opensearch: OpenSearch, tmp_path: Path
) -> None:
    """The queries of the how-to find what they are said to find."""
    watched = run_watched(tmp_path, collector_to_opensearch, times=2)
    log = next(log for log in watched.logs if log.context["ops.series"] == "run 1")
    lines, operations, failures = (
        query.replace("…", log.trace_id).replace("10 K/min", "run 1") for query in asked_on("opensearch.md").values()
    )
    here = f' AND resource.service.name.keyword:"{watched.service}"'
    found = eventually(lambda: opensearch.found(LINES, lines), lambda found: len(found) >= 5)
    assert {"loading 5 K/min", "left out"} <= {line["body"] for line in found}
    found = eventually(lambda: opensearch.found(SPANS, operations + here), lambda found: len(found) >= 21)
    assert {each.span_id for each in log.walk()} == {each["spanId"] for each in found}
    assert {each.span_id for each in watched.spans if each.failure} == {
        each["spanId"] for each in opensearch.found(SPANS, failures + here)
    }
