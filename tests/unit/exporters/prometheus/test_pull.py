"""PrometheusPull: what a Prometheus server gets, over real HTTP."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
from opentelemetry.sdk.metrics import Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation
from prometheus_client.parser import text_string_to_metric_families

from otel_ops.exporters.prometheus import PrometheusPull
from otel_ops.faults import diagnostics
from tests.unit.exporters.prometheus.free import free_port


@contextmanager
def pulling(port: int = 0) -> Iterator[PrometheusPull]:
    """Have a counter asked for."""
    pull = PrometheusPull(port=port)
    provider = MeterProvider([pull], shutdown_on_exit=False)
    pull.start()
    provider.get_meter("lab").create_counter("runs").add(3, {"name": "load"})
    try:
        yield pull
    finally:
        provider.shutdown()


def asked(port: int | None, query: str = "") -> list[tuple[str, str, float]]:
    """Ask as Prometheus does, and give name, label ``name`` and value of each counter's sample."""
    request = Request(f"http://localhost:{port}/metrics{query}")
    with urlopen(request, timeout=10) as answer:
        families = list(text_string_to_metric_families(answer.read().decode()))
    samples = [sample for family in families for sample in family.samples if family.type == "counter"]
    return [(sample.name, sample.labels["name"], sample.value) for sample in samples]


def test_a_server_gets_what_was_counted() -> None:
    """Each time anew, until the shutdown."""
    with pulling() as pull:
        assert [("runs_total", "load", 3.0)] == asked(pull.port)
        assert [("runs_total", "load", 3.0)] == asked(pull.port)
        port = pull.port

    with pytest.raises(URLError):
        asked(port)


def test_series_of_some_names_can_be_asked_for() -> None:
    """With `name[]`, as of other Python programs; of a name that there is not there is nothing."""
    with pulling() as pull:
        assert [("runs_total", "load", 3.0)] == asked(pull.port, "?name[]=other&name[]=runs_total")
        assert [] == asked(pull.port, "?name[]=other")


def test_nothing_is_told_twice() -> None:
    """Neither after a flush, nor to two who ask at once."""
    with pulling() as pull, ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            assert pull.force_flush()
        assert [[("runs_total", "load", 3.0)]] * 40 == list(pool.map(asked, [pull.port] * 40))


def test_exponential_histograms_elsewhere_break_no_scrape() -> None:
    """As OTLP may be asked to have them; here durations have the buckets that the settings say."""
    exponential = InMemoryMetricReader(preferred_aggregation={Histogram: ExponentialBucketHistogramAggregation()})
    pull = PrometheusPull(port=0)
    provider = MeterProvider([exponential, pull], shutdown_on_exit=False)
    pull.start()
    meter = provider.get_meter("lab")
    meter.create_histogram("took", explicit_bucket_boundaries_advisory=[1.0]).record(0.5)
    meter.create_counter("runs").add(1, {"name": "load"})

    assert [("runs_total", "load", 1.0)] == asked(pull.port)
    provider.shutdown()


@pytest.mark.usefixtures("quiet")
def test_the_next_port_is_taken_where_the_first_is_in_use(caplog: pytest.LogCaptureFixture) -> None:
    """A warning tells which one it is; the program goes on."""
    with closing(socket.create_server(("localhost", 0))) as taken:
        port = taken.getsockname()[1]
        with pulling(port) as pull:
            assert pull.port is not None
            assert pull.port > port
            assert [("runs_total", "load", 3.0)] == asked(pull.port)

    assert {"metrics.other_port": 1} == diagnostics()
    assert f"port {port} is taken: Prometheus can ask this process, {os.getpid()}" in caplog.text


@pytest.mark.usefixtures("quiet")
def test_where_no_port_is_to_be_had_the_program_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One warning tells what is missing, and what to do."""
    monkeypatch.setattr("otel_ops.exporters.prometheus.pull.TRIED_PORTS", 1)
    with closing(socket.create_server(("localhost", 0))) as taken, pulling(taken.getsockname()[1]) as pull:
        assert pull.port is None

    assert {"metrics.unserved": 1} == diagnostics()
    assert "send them over OTLP or to a file, or set another port" in caplog.text


def test_one_configuration_hands_the_port_on_to_the_next() -> None:
    """The new one is answered for at once, and the old one's end closes nothing."""
    port = free_port()
    with pulling(port):
        with pulling(port) as second:
            assert (port, [("runs_total", "load", 3.0)]) == (second.port, asked(port))
        with pytest.raises(URLError):
            asked(port)
    assert {} == diagnostics()


def test_variables_say_where_to_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    """As OpenTelemetry's own exporter has them; what is no port is told."""
    port = free_port()
    monkeypatch.setenv("OTEL_EXPORTER_PROMETHEUS_HOST", "127.0.0.1")
    monkeypatch.setenv("OTEL_EXPORTER_PROMETHEUS_PORT", str(port))
    pull = PrometheusPull()
    pull.start()
    assert port == pull.port
    pull.shutdown()

    monkeypatch.setenv("OTEL_EXPORTER_PROMETHEUS_PORT", "http")
    with pytest.raises(ValueError, match="OTEL_EXPORTER_PROMETHEUS_PORT = 'http'"):
        PrometheusPull()
    with pytest.raises(ValueError, match="port = 70000: must be from 0 to 65535"):
        PrometheusPull(port=70_000)
