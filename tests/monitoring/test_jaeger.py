"""Operations in a real Jaeger, by way of a real collector."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from otel_ops import OperationLog
from otel_ops.log_builder import logs_of
from tests.back_ends.answers import eventually
from tests.back_ends.collector import Collector
from tests.back_ends.jaeger import CONFIGURATION, Jaeger
from tests.monitoring.pages import blocks_on
from tests.monitoring.watching import Watched, run_watched

pytestmark = pytest.mark.back_ends

Json = dict[str, Any]


def traces_of(jaeger: Jaeger, watched: Watched) -> dict[str, Json]:
    """Wait until all spans of a run have arrived, and give its traces by id."""
    spans = len(watched.spans)
    traces = eventually(lambda: jaeger.traces(watched.service), lambda found: count_of(found) >= spans)
    assert spans == count_of(traces)
    return {trace["traceID"]: trace for trace in traces}


def count_of(traces: Iterable[Json]) -> int:
    return sum(len(trace["spans"]) for trace in traces)


def names_below(trace: Json, span_id: str = "") -> list[Any]:
    """Give the names in Jaeger's own form of a trace, as nested lists by start."""
    spans = sorted(trace["spans"], key=lambda span: span["startTime"])
    below = [span for span in spans if parent_of(span) == span_id]
    return [[span["operationName"], *names_below(trace, span["spanID"])] for span in below]


def parent_of(span: Json) -> str:
    return next((each["spanID"] for each in span["references"] if each["refType"] == "CHILD_OF"), "")


def names_of(log: OperationLog) -> list[Any]:
    return [log.name, *map(names_of, log.suboperations)]


def tags_of(trace: Json, name: str) -> list[Json]:
    spans = [span for span in trace["spans"] if span["operationName"] == name]
    return [{tag["key"]: tag["value"] for tag in span["tags"]} for span in spans]


def test_the_tree_in_jaeger_is_that_of_the_log(collector: Collector, jaeger: Jaeger, tmp_path: Path) -> None:
    """Jaeger shows each context with its operations and suboperations, as nested as the logs."""
    watched = run_watched(tmp_path, collector, times=2)
    traces = traces_of(jaeger, watched)
    assert {log.trace_id: [names_of(log)] for log in watched.logs} == {
        trace_id: names_below(trace) for trace_id, trace in traces.items()
    }


def test_the_page_has_the_configuration_that_is_run() -> None:
    """The how-to shows the configuration with which these tests run Jaeger."""
    assert [CONFIGURATION.read_text(encoding="utf-8")] == blocks_on("jaeger.md", "yaml")


def test_nothing_is_changed_on_the_way(collector: Collector, jaeger: Jaeger, tmp_path: Path) -> None:
    """The log made from what Jaeger answers equals the log of the trace file: times, attributes, failures, events."""
    watched = run_watched(tmp_path, collector)
    (log,) = watched.logs
    traces_of(jaeger, watched)
    assert [log] == list(logs_of(jaeger.spans(log.trace_id)))


def test_a_failure_stands_where_it_began(collector: Collector, jaeger: Jaeger, tmp_path: Path) -> None:
    """The span in which an operation failed is an error with the exception; those around it name its origin."""
    watched = run_watched(tmp_path, collector)
    (trace,) = traces_of(jaeger, watched).values()
    failed = [tags for tags in tags_of(trace, "analyse series") if tags.get("error")]
    assert ["load"] == [tags["ops.failure.origin"] for tags in failed]
    (load,) = (span for span in trace["spans"] if span["logs"])
    (exception,) = ({field["key"]: field["value"] for field in event["fields"]} for event in load["logs"])
    assert "80 K/min: line 251 has no number" == exception["exception.message"]


def test_operations_are_searched_by_context_tags(collector: Collector, jaeger: Jaeger, tmp_path: Path) -> None:
    """A search by user and series finds just the traces of those."""
    watched = run_watched(tmp_path, collector, times=3)
    traces_of(jaeger, watched)
    found = jaeger.traces(watched.service, tags='{"user.id": "ada", "ops.series": "run 1"}')
    assert [log.trace_id for log in watched.logs if log.context["ops.series"] == "run 1"] == [
        trace["traceID"] for trace in found
    ]
    assert [] == jaeger.traces(watched.service, tags='{"user.id": "bob"}')


def test_the_monitor_tab_is_filled(collector: Collector, jaeger: Jaeger, tmp_path: Path) -> None:
    """Calls, errors and latencies are there as numbers, from the metrics that the collector makes of spans."""
    watched = run_watched(tmp_path, collector, times=40, OTEL_BSP_SCHEDULE_DELAY="200")
    for kind, names in (("calls", {"analyse series", "load"}), ("errors", {"load"}), ("latencies", {"load"})):
        shown = eventually(partial(operations_shown, jaeger, kind, watched), names.issubset)
        assert names <= shown, kind


def operations_shown(jaeger: Jaeger, kind: str, watched: Watched) -> set[str]:
    """Give the operations of which a metric of the Monitor tab has a number above zero."""
    return {
        label["value"]
        for metric in jaeger.metrics(kind, watched.service)
        for label in metric["labels"]
        if label["name"] == "operation" and any(map(is_above_zero, metric["metricPoints"]))
    }


def is_above_zero(point: Json) -> bool:
    return float(point["gaugeValue"]["doubleValue"]) > 0
