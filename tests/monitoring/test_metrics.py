"""A program's own metrics in a real Prometheus, sent over OTLP and asked for."""

from __future__ import annotations

import time
from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from otel_ops.analysis import OperationAnalyzer
from otel_ops.analysis.sources import SpanSource
from otel_ops.collector.folder import configuration_folder
from otel_ops.log_builder import logs_of
from tests.back_ends.answers import eventually
from tests.back_ends.collector import Collector
from tests.back_ends.collector import collector as running_collector
from tests.back_ends.jaeger import Jaeger
from tests.back_ends.prometheus import Prometheus
from tests.back_ends.prometheus import prometheus as running_prometheus
from tests.back_ends.server import free_ports
from tests.monitoring.percentiles import edges
from tests.monitoring.staying import staying
from tests.monitoring.watching import run_watched

pytestmark = [pytest.mark.back_ends, pytest.mark.usefixtures("collector")]

SHIPPED = configuration_folder() / "provisioning" / "prometheus" / "prometheus.yaml"
NAME = "ops_operation_name"
RUNS, FAILURES = "ops_operation_runs_total", "ops_operation_failures_total"
BUCKET = "ops_operation_duration_seconds_bucket"


def test_sent_metrics_are_those_of_the_analyzer(collector: Collector, prometheus: Prometheus, tmp_path: Path) -> None:
    """Over OTLP, counts and failures of each operation are the analyzer's, and the 95th percentile in its bucket."""
    watched = run_watched(tmp_path, collector, times=10, OTEL_METRICS_EXPORTER="otlp")
    expect_those_of_the_analyzer(prometheus, watched.service, watched.trace_file)


def test_asked_metrics_are_those_of_the_analyzer(tmp_path: Path) -> None:
    """Where Prometheus asks the program, too."""
    (port,) = free_ports(1)
    trace_file = tmp_path / "trace.jsonl"
    environment = {"OTEL_METRICS_EXPORTER": "prometheus", "OTEL_EXPORTER_PROMETHEUS_PORT": str(port)}
    with (
        running_prometheus(tmp_path, asking(tmp_path, port)) as server,
        staying("asked.py", folder=tmp_path, OTEL_OPS_TRACE_FILE=str(trace_file), **environment),
    ):
        expect_those_of_the_analyzer(server, "lab", trace_file)


def test_metrics_that_a_collector_offers_are_those_of_the_analyzer(tmp_path: Path) -> None:
    """Where Prometheus fetches from a collector, by the lines that the shipped configuration has for that, too."""
    (port,) = free_ports(1)
    environment = {"PROMETHEUS_SCRAPE_PORT": str(port), "SPAN_METRICS_INTERVAL": "500ms"}
    with (
        running_prometheus(tmp_path, fetching(tmp_path, port)) as server,
        running_collector(tmp_path, "prometheus-scrape", environment=environment) as offering,
    ):
        watched = run_watched(tmp_path, offering, times=10, OTEL_METRICS_EXPORTER="otlp")
        expect_those_of_the_analyzer(server, watched.service, watched.trace_file)


def test_exemplars_lead_to_traces(collector: Collector, prometheus: Prometheus, jaeger: Jaeger, tmp_path: Path) -> None:
    """Each exemplar of a program's own metrics has the id of a trace that Jaeger has."""
    began = time.time() - 60
    watched = run_watched(tmp_path, collector, times=2, OTEL_METRICS_EXPORTER="otlp")
    query = f'{BUCKET}{{job="{watched.service}"}}'
    series = eventually(lambda: prometheus.exemplars(query, began, time.time() + 60), bool)
    traces = {exemplar["labels"]["trace_id"] for each in series for exemplar in each["exemplars"]}
    assert traces
    assert traces <= {log.trace_id for log in watched.logs}
    assert all(eventually(partial(jaeger.spans, trace_id), bool) for trace_id in traces)


@pytest.mark.parametrize("features", ["exemplar-storage", "exemplar-storage,created-timestamp-zero-ingestion"])
def test_a_short_program_has_a_rate_where_the_server_notes_the_beginning(tmp_path: Path, features: str) -> None:
    """Where all is counted at the first export, there is a rate if Prometheus notes where counters began, else none."""
    with running_prometheus(tmp_path, features=features) as server:
        environment = {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": f"{server.otlp}/v1/metrics"}
        with staying("asked.py", folder=tmp_path, OTEL_METRICS_EXPORTER="otlp", **environment):
            pass
        eventually(lambda: by_name(server, RUNS), bool)
        assert ("zero" in features) == any(by_name(server, f"increase({RUNS}[5m])").values())


def expect_those_of_the_analyzer(server: Prometheus, job: str, trace_file: Path) -> None:
    expected = {one.name: one for one in OperationAnalyzer.from_files([trace_file]).operations()}
    counts = {name: one.count for name, one in expected.items()}
    ask = partial(by_name, server, f'{RUNS}{{job="{job}"}}')
    assert counts == eventually(ask, lambda found: sum(found.values()) >= sum(counts.values()))
    failed = {name: one.errors for name, one in expected.items() if one.errors}
    assert failed == by_name(server, f'{FAILURES}{{job="{job}"}}')
    buckets = f'sum by ({NAME}, le) ({BUCKET}{{job="{job}"}})'
    found = server.values(f"histogram_quantile(0.95, {buckets})", NAME)
    for name, (low, high) in edges_of(server, buckets, trace_file).items():
        assert low <= expected[name].p95_ns / 1e9 <= high, name
        assert low <= found[name] <= high, name


def edges_of(server: Prometheus, buckets: str, trace_file: Path) -> dict[str, tuple[float, float]]:
    """Give the edges of the bucket in which the exact percentile of each operation lies."""
    bounds = sorted({float(series["metric"]["le"]) for series in server.ask(buckets)})
    durations = defaultdict(list)
    for log in (log for root in logs_of(SpanSource([trace_file])) for log in root.walk()):
        durations[log.name].append(log.duration_ns)
    names = {series["metric"][NAME] for series in server.ask(buckets)}
    return {name: edges(durations[name], bounds) for name in names}


def by_name(server: Prometheus, series: str) -> dict[str, float]:
    return server.values(f"sum by ({NAME}) ({series})", NAME)


def asking(folder: Path, port: int) -> Path:
    return written(folder, {"job_name": "lab", "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]})


def written(folder: Path, job: dict[str, Any]) -> Path:
    """Write the configuration of a Prometheus that has one job, each second."""
    path = folder / "prometheus.yaml"
    with path.open("w", encoding="utf-8") as file:
        YAML(typ="safe", pure=True).dump({"global": {"scrape_interval": "1s"}, "scrape_configs": [job]}, file)
    return path


def fetching(folder: Path, port: int) -> Path:
    """Take the job that is a comment in the shipped configuration."""
    told = SHIPPED.read_text(encoding="utf-8").partition("  # - job_name: otel_ops\n")[2]
    job = {"job_name": "otel_ops", **YAML(typ="safe", pure=True).load(told.replace("  #   ", ""))}
    job["static_configs"] = [{"targets": [f"127.0.0.1:{port}"]}]
    return written(folder, job)
