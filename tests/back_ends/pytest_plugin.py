"""Real back ends as fixtures, each started once; tests that need one which is not there are skipped, loudly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TypeVar

import pytest

from tests.back_ends.collector import WITH_OPENSEARCH, Collector
from tests.back_ends.collector import collector as running_collector
from tests.back_ends.jaeger import Jaeger
from tests.back_ends.jaeger import jaeger as running_jaeger
from tests.back_ends.opensearch import OpenSearch
from tests.back_ends.opensearch import opensearch as running_opensearch
from tests.back_ends.prometheus import Prometheus
from tests.back_ends.prometheus import prometheus as running_prometheus
from tests.back_ends.recipes import NotMadeError

_T = TypeVar("_T")

Factory = pytest.TempPathFactory


def _or_skip(start: Callable[[], AbstractContextManager[_T]]) -> Iterator[_T]:
    """Run a back end, or skip what needs it where it was not made."""
    running = start()
    try:
        back_end = running.__enter__()
    except NotMadeError as error:
        pytest.skip(str(error))
    try:
        yield back_end
    finally:
        running.__exit__(None, None, None)


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: Factory) -> Iterator[Prometheus]:
    """Run Prometheus."""
    yield from _or_skip(lambda: running_prometheus(tmp_path_factory.mktemp("prometheus")))


@pytest.fixture(scope="session")
def jaeger(tmp_path_factory: Factory, prometheus: Prometheus) -> Iterator[Jaeger]:
    """Run Jaeger, whose Monitor tab asks Prometheus."""
    yield from _or_skip(lambda: running_jaeger(tmp_path_factory.mktemp("jaeger"), prometheus.address))


@pytest.fixture(scope="session")
def opensearch(tmp_path_factory: Factory) -> Iterator[OpenSearch]:
    """Run OpenSearch."""
    yield from _or_skip(lambda: running_opensearch(tmp_path_factory.mktemp("opensearch")))


@pytest.fixture(scope="session")
def collector(tmp_path_factory: Factory, jaeger: Jaeger, prometheus: Prometheus) -> Iterator[Collector]:
    """Run the collector, which sends traces to Jaeger, and metrics of spans to Prometheus."""
    environment = {
        "JAEGER_ENDPOINT": jaeger.grpc,
        "PROMETHEUS_ENDPOINT": prometheus.otlp,
        "SPAN_METRICS_INTERVAL": "500ms",
    }
    folder = tmp_path_factory.mktemp("collector")
    yield from _or_skip(lambda: running_collector(folder, "jaeger", "prometheus", environment=environment))


@pytest.fixture(scope="session")
def collector_to_opensearch(tmp_path_factory: Factory, opensearch: OpenSearch) -> Iterator[Collector]:
    """Run the newest collector that can write to OpenSearch, to that."""
    environment = {"OPENSEARCH_ENDPOINT": opensearch.address}
    folder = tmp_path_factory.mktemp("collector_to_opensearch")
    yield from _or_skip(lambda: running_collector(folder, "opensearch", name=WITH_OPENSEARCH, environment=environment))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one loud line what was skipped, and why, where back ends are not there."""
    skipped = [report for report in terminalreporter.stats.get("skipped", ()) if "back_ends" in report.keywords]
    if skipped:
        reasons = sorted({report.longrepr[2].removeprefix("Skipped: ") for report in skipped})
        terminalreporter.write_line(
            f"*** SKIPPED: {len(skipped)} tests of real back ends: {'; '.join(reasons)} ***", red=True, bold=True
        )
