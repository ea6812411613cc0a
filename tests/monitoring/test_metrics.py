"""A program's own metrics in a real Prometheus, sent over OTLP and asked for."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from otel_ops.analysis import OperationStatistics
from otel_ops.collector.folder import configuration_folder
from tests.back_ends.answers import eventually
from tests.back_ends.collector import Collector
from tests.back_ends.collector import collector as running_collector
from tests.back_ends.jaeger import Jaeger
from tests.back_ends.prometheus import Prometheus
from tests.back_ends.prometheus import prometheus as running_prometheus
from tests.back_ends.server import free_ports
from tests.monitoring.staying import staying
from tests.monitoring.watching import Watched, edges, run_watched

pytestmark = [pytest.mark.back_ends, pytest.mark.usefixtures("collector")]

SHIPPED = configuration_folder() / "provisioning" / "prometheus" / "prometheus.yaml"
NAME = "ops_operation_name"
RUNS, FAILURES, BUCKET = (
    "ops_operation_runs_total",
    "ops_operation_failures_total",
    "ops_operation_duration_seconds_bucket",
)


def test_sent_metrics_are_those_of_the_analyzer(collector: Collector, prometheus: Prometheus, tmp_path: Path) -> None:
    """Over OTLP, counts and failures of each operation are the analyzer's, and the 95th percentile in its bucket."""
    watched = run_watched(tmp_path, collector, times=10, OTEL_METRICS_EXPORTER="otlp")
    expect_those_of_the_analyzer(prometheus, watched, watched.service)


def test_asked_metrics_are_those_of_the_analyzer(tmp_path: Path) -> None:
    """Where Prometheus asks the program, too."""
    with asked_program(tmp_path) as (server, watched):
        expect_those_of_the_analyzer(server, watched, "lab")


def test_metrics_that_a_collector_offers_are_those_of_the_analyzer(tmp_path: Path) -> None:
    """Where Prometheus fetches from a collector, by the lines that the shipped configuration has for that, too."""
    (port,) = free_ports(1)
    environment = {"PROMETHEUS_SCRAPE_PORT": str(port), "SPAN_METRICS_INTERVAL": "500ms"}
    with (
        running_prometheus(tmp_path, fetching(tmp_path, port)) as server,
        running_collector(tmp_path, "prometheus-scrape", environment=environment) as offering,
    ):
        watched = run_watched(tmp_path, offering, times=10, OTEL_METRICS_EXPORTER="otlp")
        expect_those_of_the_analyzer(server, watched, watched.service)


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
        with staying("program.py", "1", "stay", folder=tmp_path, OTEL_METRICS_EXPORTER="otlp", **environment):
            pass
        eventually(lambda: by_name(server, RUNS), bool)
        assert ("zero" in features) == any(by_name(server, f"increase({RUNS}[5m])").values())


def expect_those_of_the_analyzer(server: Prometheus, watched: Watched, job: str) -> None:
    expected = watched.operations
    assert {name: one.count for name, one in expected.items()} == counts_of(server, RUNS, job, expected)
    failed = {name: one.errors for name, one in expected.items() if one.errors}
    assert failed == by_name(server, f'{FAILURES}{{job="{job}"}}')
    expect_percentiles(server, watched, f'sum by ({NAME}, le) ({BUCKET}{{job="{job}"}})')


def expect_percentiles(server: Prometheus, watched: Watched, buckets: str) -> None:
    found = server.values(f"histogram_quantile(0.95, {buckets})", NAME)
    bounds = sorted({float(series["metric"]["le"]) for series in server.ask(buckets)})
    for name, one in watched.operations.items():
        low, high = edges([log.duration_ns for log in watched.spans if log.name == name], bounds)
        assert low <= one.p95_ns / 1e9 <= high, name
        assert low <= found[name] <= high, name


def counts_of(
    server: Prometheus, metric: str, job: str, expected: Mapping[str, OperationStatistics]
) -> dict[str, float]:
    """Wait until all runs are counted, and give the counts by operation."""
    number = sum(one.count for one in expected.values())
    ask = partial(by_name, server, f'{metric}{{job="{job}"}}')
    return eventually(ask, lambda found: sum(found.values()) >= number)


def by_name(server: Prometheus, series: str) -> dict[str, float]:
    return server.values(f"sum by ({NAME}) ({series})", NAME)


@contextmanager
def asked_program(folder: Path) -> Iterator[tuple[Prometheus, Watched]]:
    """Run the program, and a Prometheus that asks it each second."""
    (port,) = free_ports(1)
    with running_prometheus(folder, asking(folder, port)) as server, program_at(folder, port) as watched:
        yield server, watched


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


@contextmanager
def program_at(folder: Path, port: int) -> Iterator[Watched]:
    watched = Watched("lab", folder / "trace.jsonl")
    environment = {
        "OTEL_METRICS_EXPORTER": "prometheus",
        "OTEL_EXPORTER_PROMETHEUS_PORT": str(port),
        "OTEL_OPS_TRACE_FILE": str(watched.trace_file),
    }
    with staying("program.py", "10", "stay", folder=folder, **environment):
        yield watched
