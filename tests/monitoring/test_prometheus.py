"""Metrics of operations in a real Prometheus, as the collector makes them of spans."""

import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest

from tests.back_ends.answers import eventually
from tests.back_ends.collector import Collector
from tests.back_ends.jaeger import Jaeger
from tests.back_ends.prometheus import Prometheus
from tests.monitoring.pages import asked_on
from tests.monitoring.percentiles import edges
from tests.monitoring.watching import Watched, run_watched

pytestmark = pytest.mark.back_ends

CALLS, DURATION = "traces_span_metrics_calls_total", "traces_span_metrics_duration_seconds_bucket"


def calls_of(prometheus: Prometheus, watched: Watched, labels: str = "") -> Mapping[str, float]:
    """Wait until all spans of a run are counted, and give the counts by name of those with labels."""
    expected = len(watched.spans)
    eventually(lambda: counted(prometheus, watched), lambda found: sum(found.values()) >= expected)
    return counted(prometheus, watched, labels)


def counted(prometheus: Prometheus, watched: Watched, labels: str = "") -> Mapping[str, float]:
    return prometheus.values(f'sum by (span_name) ({CALLS}{{service_name="{watched.service}"{labels}}})', "span_name")


def test_counts_are_those_of_the_analyzer(collector: Collector, prometheus: Prometheus, tmp_path: Path) -> None:
    """Every operation is counted as often as the analyzer counts it, contexts beside."""
    watched = run_watched(tmp_path, collector, times=3)
    expected = {name: operation.count for name, operation in watched.operations.items()}
    assert {**expected, "thermal run": 3} == calls_of(prometheus, watched)


def test_failures_are_those_of_the_analyzer(collector: Collector, prometheus: Prometheus, tmp_path: Path) -> None:
    """Operations that failed are counted by status as often as the analyzer counts them."""
    watched = run_watched(tmp_path, collector, times=3)
    expected = {name: operation.errors for name, operation in watched.operations.items() if operation.errors}
    assert expected == calls_of(prometheus, watched, ', status_code="STATUS_CODE_ERROR"')


def test_percentiles_are_in_the_bucket_of_the_analyzers(
    collector: Collector, prometheus: Prometheus, tmp_path: Path
) -> None:
    """The 95th percentile that Prometheus computes lies in the bucket in which the analyzer's lies."""
    watched = run_watched(tmp_path, collector, times=10)
    calls_of(prometheus, watched)
    buckets = f'sum by (span_name, le) ({DURATION}{{service_name="{watched.service}"}})'
    found = prometheus.values(f"histogram_quantile(0.95, {buckets})", "span_name")
    bounds = sorted({float(series["metric"]["le"]) for series in prometheus.ask(buckets)})
    for name, operation in watched.operations.items():
        low, high = edges([log.duration_ns for log in watched.spans if log.name == name], bounds)
        assert low <= operation.p95_ns / 1e9 <= high, name
        assert low <= found[name] <= high, name


def test_exemplars_lead_to_traces(collector: Collector, prometheus: Prometheus, jaeger: Jaeger, tmp_path: Path) -> None:
    """Each exemplar of a duration has the trace id of a trace that Jaeger has."""
    began = time.time() - 60
    watched = run_watched(tmp_path, collector)
    calls_of(prometheus, watched)
    query = f'{DURATION}{{service_name="{watched.service}"}}'
    series = eventually(lambda: prometheus.exemplars(query, began, time.time() + 60), bool)
    traces = {exemplar["labels"]["trace_id"] for each in series for exemplar in each["exemplars"]}
    assert {log.trace_id for log in watched.logs} == traces
    assert all(eventually(partial(jaeger.spans, trace_id), bool) for trace_id in traces)


def test_what_the_page_asks_is_answered(collector: Collector, prometheus: Prometheus, tmp_path: Path) -> None:
    """Each expression of the how-to gives numbers above zero, for the operations of a program."""
    run_watched(tmp_path, collector, times=40, OTEL_BSP_SCHEDULE_DELAY="200")
    expressions = asked_on("prometheus.md")
    assert 4 == len(expressions)
    for question, expression in expressions.items():
        assert "load" in eventually(partial(names_above_zero, prometheus, expression), lambda names: "load" in names), (
            question
        )


def names_above_zero(prometheus: Prometheus, expression: str) -> set[str]:
    return {name for name, value in prometheus.values(expression, "span_name").items() if value > 0}
