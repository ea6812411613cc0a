"""Operations in a real Jaeger, by way of a real collector."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from otel_ops import OperationLog
from otel_ops.log_builder import logs_of
from tests.back_ends.answers import eventually, get
from tests.back_ends.collector import Collector
from tests.back_ends.jaeger import CONFIGURATION, Jaeger
from tests.back_ends.prometheus import Prometheus
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


def fields_of(event: Json) -> dict[str, Any]:
    """Give what an event of a span holds, which Jaeger's page calls a log of it."""
    return {field["key"]: field["value"] for field in event["fields"]}


def test_logs_of_a_span_are_its_exceptions(collector: Collector, jaeger: Jaeger, tmp_path: Path) -> None:
    """Unless more is asked for, the logs of a span in Jaeger are the exceptions that began there."""
    watched = run_watched(tmp_path, collector)
    (trace,) = traces_of(jaeger, watched).values()
    assert ["exception"] == [fields_of(event)["event"] for span in trace["spans"] for event in span["logs"]]


def test_logs_of_a_span_are_its_log_records_where_that_is_asked_for(
    collector: Collector, jaeger: Jaeger, tmp_path: Path
) -> None:
    """What an operation, or the code around operations, has logged stands on its span, beside its exception."""
    watched = run_watched(tmp_path, collector, OTEL_OPS_LOG_LEVEL="INFO", OTEL_OPS_LOG_EVENTS="true")
    (trace,) = traces_of(jaeger, watched).values()
    shown = [
        (span["operationName"], fields["log.level"], fields["log.logger"], fields["log.message"])
        for span in trace["spans"]
        for fields in map(fields_of, span["logs"])
        if fields["event"] == "log"
    ]
    loaded = [("load", "INFO", "lab.series", f"loading {rate} K/min") for rate in (5, 10, 20, 80)]
    assert sorted([*loaded, ("thermal run", "ERROR", "lab.series", "left out")]) == sorted(shown)
    (failed,) = (span["logs"] for span in trace["spans"] if span["operationName"] == "load" and len(span["logs"]) == 2)
    assert ["exception", "log"] == sorted(fields_of(event)["event"] for event in failed)


SEARCHES: dict[str, Callable[[OperationLog], bool]] = {
    '{"user.id": "ada"}': lambda log: True,
    '{"ops.series": "run 1"}': lambda log: log.context["ops.series"] == "run 1",
    '{"user.id": "ada", "ops.series": "run 2"}': lambda log: log.context["ops.series"] == "run 2",
    '{"ops.meta.batch": "0"}': lambda log: log.context["ops.meta.batch"] == 0,
    '{"ops.arg.rate": "20"}': lambda log: True,
    '{"ops.outcome": "error"}': lambda log: True,
    '{"error.type": "__main__.BrokenSeriesError"}': lambda log: True,
    '{"exception.message": "80 K/min: line 251 has no number"}': lambda log: True,
    '{"ops.failure.origin": "load"}': lambda log: True,
    '{"user.id": "bob"}': lambda log: False,
    '{"ops.series": "run 1", "ops.meta.batch": "2"}': lambda log: False,
}


def test_operations_are_searched_by_tags(collector: Collector, jaeger: Jaeger, tmp_path: Path) -> None:
    """A search by values of the context, by arguments, and by failures finds just the traces that have them."""
    watched = run_watched(tmp_path, collector, times=3)
    traces_of(jaeger, watched)
    for tags, is_one in SEARCHES.items():
        found = {trace["traceID"] for trace in jaeger.traces(watched.service, tags=tags)}
        assert {log.trace_id for log in watched.logs if is_one(log)} == found, tags


def test_operations_are_searched_by_name_and_duration(collector: Collector, jaeger: Jaeger, tmp_path: Path) -> None:
    """The lists of the page have service and operations, and a search by the shortest duration finds the longest."""
    watched = run_watched(tmp_path, collector, times=2)
    traces_of(jaeger, watched)
    assert watched.service in get(f"{jaeger.address}/api/v3/services")["services"]
    names = get(f"{jaeger.address}/api/v3/operations", service=watched.service)["operations"]
    assert {log.name for log in watched.spans} == {operation["name"] for operation in names}
    longest = max(watched.logs, key=lambda log: log.duration_ns)
    found = jaeger.traces(watched.service, operation="thermal run", minDuration=f"{longest.duration_ns // 1_000}us")
    assert [longest.trace_id] == [trace["traceID"] for trace in found]


def test_the_monitor_tab_has_the_numbers_of_the_analyzer(
    collector: Collector, jaeger: Jaeger, prometheus: Prometheus, tmp_path: Path
) -> None:
    """Calls, errors and latencies of each operation are those that were counted.

    Calls are shown per second, errors as their share of calls, latencies within the bounds of buckets.
    """
    watched = run_watched(tmp_path, collector, times=40, OTEL_BSP_SCHEDULE_DELAY="200")
    expected, failing = watched.operations, {"analyse series", "load"}
    calls, errors, latencies = (
        eventually(partial(latest_shown, jaeger, kind, watched), set(names).issubset)
        for kind, names in (("calls", expected), ("errors", failing), ("latencies", expected))
    )
    for name, operation in expected.items():
        share = operation.count / expected["load"].count
        assert share == pytest.approx(calls[name] / calls["load"], rel=0.1), name
        low, high = buckets_around(prometheus, watched, operation.p95_ns / 1e9)
        assert low <= latencies[name] <= high, name
    assert {name: expected[name].errors / expected[name].count for name in failing} == pytest.approx(errors, rel=0.1)


def latest_shown(jaeger: Jaeger, kind: str, watched: Watched) -> dict[str, float]:
    """Give the last number above zero of each operation in a metric of the Monitor tab, contexts aside."""
    shown: dict[str, float] = {}
    for metric in jaeger.metrics(kind, watched.service):
        (name,) = (label["value"] for label in metric["labels"] if label["name"] == "operation")
        numbers = [float(point["gaugeValue"]["doubleValue"]) for point in metric["metricPoints"]]
        if name != "thermal run" and any(numbers):
            shown[name] = [number for number in numbers if number > 0][-1]
    return shown


def buckets_around(prometheus: Prometheus, watched: Watched, seconds: float) -> tuple[float, float]:
    """Give the outer bounds of the bucket that a duration is in and of its neighbours."""
    query = f'count by (le) (traces_span_metrics_duration_seconds_bucket{{service_name="{watched.service}"}})'
    bounds = [0.0, 0.0, *sorted(map(float, prometheus.values(query, "le")))]
    place = next(index for index, bound in enumerate(bounds) if seconds <= bound)
    return bounds[place - 2], bounds[place + 1]
