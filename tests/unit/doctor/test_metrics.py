"""Where metrics go, and whether they can; nothing is measured, written or pushed for that."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path

import pytest
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider

from otel_ops import configure
from otel_ops.doctor import Finding, Level, Report
from otel_ops.testing import Recorder
from tests.integration.collector import Collector
from tests.unit.doctor.conftest import Examine, found
from tests.unit.doctor.servers import http_server
from tests.unit.exporters.prometheus.free import free_port

METRICS = "OTEL_METRICS_EXPORTER"


def section(report: Report) -> list[Finding]:
    """Give what is told of metrics."""
    return [finding for one in report.sections if one.title == "metrics" for finding in one.findings]


def told(report: Report) -> list[tuple[Level, str]]:
    return [(finding.level, finding.text) for finding in section(report)]


def settings(folder: Path, *places: str) -> None:
    (folder / "otel_ops.toml").write_text(f"metrics = [{', '.join(places)}]")


def test_without_a_place_nothing_is_measured(examined: Examine) -> None:
    """Both ways to name one are told."""
    assert [(Level.OK, "operations are not measured: neither metrics nor OTEL_METRICS_EXPORTER names a place")] == told(
        examined()
    )


def test_metrics_over_otlp_are_tried_with_a_request_without_any(examined: Examine) -> None:
    """The collector has answered, and has no metric of the doctor's; it is looked at once."""
    with Collector() as collector:
        report = examined(sends=True, OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint, **{METRICS: "otlp"})
    endpoint, answer = section(report)
    assert f"metrics to {collector.endpoint}/v1/metrics, by OTLP, http/protobuf" == endpoint.text
    assert answer.text.startswith("a request without metrics was sent, and taken within ")
    assert ({}, 1) == (collector.metrics, len(found(report, "endpoint.listener")))


def test_log_records_are_tried_alike(examined: Examine) -> None:
    """The collector has answered, and has no log record."""
    with Collector() as collector:
        report = examined(sends=True, OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint, OTEL_LOGS_EXPORTER="otlp")
    answers = [finding.data["signal"] for finding in found(report, "endpoint.answer") if finding.data["taken"]]
    assert (["spans", "log records"], []) == (answers, collector.logs)


def test_a_place_that_did_not_answer_is_not_tried_again(examined: Examine) -> None:
    """What holds for spans holds for metrics that go there."""
    report = examined(sends=True, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1", **{METRICS: "otlp"})
    assert 1 == len(found(report, "endpoint.listener"))
    text = "metrics were not tried: what is told above of 127.0.0.1:1 holds for them, too"
    assert (Level.ERROR, text) == told(report)[-1]


def test_a_signal_that_is_refused_is_told_of(examined: Examine, bare: pytest.MonkeyPatch) -> None:
    """Metrics may have an endpoint of their own."""
    with Collector() as collector, http_server(status=404, date=formatdate(usegmt=True)) as port:
        bare.setenv("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", f"http://127.0.0.1:{port}/v1/traces")
        report = examined(sends=True, OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint, **{METRICS: "otlp"})
    answers = {finding.data["signal"]: finding.data["taken"] for finding in found(report, "endpoint.answer")}
    assert {"spans": True, "metrics": False} == answers


@contextmanager
def _taken(number: int) -> Iterator[int]:
    """Take so many ports, one after the other; give the first."""
    port = free_port()
    servers = [socket.create_server(("localhost", port + index)) for index in range(number)]
    yield port
    for server in servers:
        server.close()


def test_the_port_that_prometheus_asks_is_told(examined: Examine, bare: pytest.MonkeyPatch) -> None:
    """Nobody listens there afterwards."""
    port = free_port()
    bare.setenv("OTEL_EXPORTER_PROMETHEUS_PORT", str(port))
    assert [(Level.OK, f"Prometheus can ask for metrics at localhost:{port}")] == told(
        examined(**{METRICS: "prometheus"})
    )
    socket.create_server(("localhost", port)).close()


def test_a_port_that_is_taken_is_told_with_the_next_one(examined: Examine, tmp_path: Path) -> None:
    """For that is where metrics could be asked for."""
    with _taken(1) as port:
        settings(tmp_path, f'{{to = "prometheus", options = {{port = {port}}}}}')
        ((level, text),) = told(examined())
    assert Level.WARNING == level
    assert text.startswith(f"port {port} is taken: Prometheus could ask for metrics at localhost:")


def test_an_address_that_is_not_of_this_machine_is_told(examined: Examine, tmp_path: Path) -> None:
    """With what the system says of it."""
    settings(tmp_path, '{to = "prometheus", options = {host = "192.0.2.1", port = 9464}}')
    ((level, text),) = told(examined())
    assert (Level.ERROR, True) == (level, text.startswith("metrics cannot be asked for at 192.0.2.1:9464: "))


def test_a_port_that_this_process_has_is_not_taken(examined: Examine, tmp_path: Path) -> None:
    """A program that asks about itself hears where it listens."""
    port = free_port()
    with Recorder():
        configure(trace_file=False, outputs=["tree"], metrics=[{"to": "prometheus", "options": {"port": port}}])
        assert [(Level.OK, f"Prometheus can ask for metrics at localhost:{port}")] == told(examined())


def test_a_textfile_is_not_touched(examined: Examine, tmp_path: Path) -> None:
    """That of the last run stays as it is; its folder is tried."""
    (tmp_path / "nightly.prom").write_text("ops_operation_runs_total 7\n")
    settings(
        tmp_path, '{to = "textfile", options = {to = "nightly.prom"}}', '{to = "textfile", options = {to = "x/y.prom"}}'
    )
    report = examined()
    assert [Level.OK, Level.OK] == [finding.level for finding in section(report)]
    assert "ops_operation_runs_total 7\n" == (tmp_path / "nightly.prom").read_text()
    assert {"otel_ops.toml", "nightly.prom"} == {path.name for path in tmp_path.iterdir()}


def test_a_textfile_that_cannot_be_written_is_told(examined: Examine, tmp_path: Path) -> None:
    """As where a file stands in the place of its folder."""
    (tmp_path / "x").touch()
    settings(tmp_path, '{to = "textfile", options = {to = "x/y.prom"}}')
    assert [Level.ERROR] == [finding.level for finding in section(examined())]


def test_a_pushgateway_is_asked_whether_it_is_well_and_pushed_nothing(examined: Examine, tmp_path: Path) -> None:
    """What other jobs have pushed stays there."""
    with Collector() as collector, http_server(date=formatdate(usegmt=True)) as port:
        settings(tmp_path, f'{{to = "pushgateway", options = {{to = "127.0.0.1:{port}"}}}}')
        report = examined(sends=True, OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint)
    assert [(Level.OK, f"metrics are pushed to 127.0.0.1:{port}, which answers")] == told(report)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://127.0.0.1:1", "Connection refused"),
        ("ftp://127.0.0.1:1", "Connection refused"),
        ("http://[::", "Invalid IPv6 URL"),
        ("gopher://x", "unknown url type: gopher"),
    ],
)
def test_a_pushgateway_that_does_not_answer_is_told(
    examined: Examine, tmp_path: Path, address: str, reason: str
) -> None:
    """Whatever its address is."""
    settings(tmp_path, f'{{to = "pushgateway", options = {{to = "{address}"}}}}')
    ((level, text),) = told(examined(sends=True))
    assert (Level.ERROR, True) == (level, text.startswith(f"metrics cannot be pushed to {address}: {reason}")), text


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        ('{to = "textfile"}', "metrics[0].options = {} (setting): textfile needs the option to"),
        ('{to = "textfile", options = {to = "x.txt"}}', "to = 'x.txt': must end in .prom"),
        ('{to = "prometheus", options = {port = 70000}}', "port = 70000: must be from 0 to 65535"),
        ('{to = "otlp", options = {every = 1}}', "metrics[0].options.every = 1 (setting): no such option"),
    ],
)
def test_options_that_cannot_be_used_are_told(examined: Examine, tmp_path: Path, place: str, problem: str) -> None:
    """As configure() would."""
    settings(tmp_path, place)
    (finding,) = section(examined())
    assert ("settings.problem", Level.ERROR, True) == (finding.check, finding.level, finding.text.startswith(problem))


def test_a_variable_that_opentelemetry_refuses_is_told(examined: Examine, bare: pytest.MonkeyPatch) -> None:
    """As configure() would."""
    bare.setenv("OTEL_METRICS_EXPORTER", "otlp")
    bare.setenv("OTEL_METRICS_EXEMPLAR_FILTER", "sometimes")
    (finding,) = section(examined())
    problem = "OTEL_METRICS_EXEMPLAR_FILTER = 'sometimes' (environment): OpenTelemetry refuses it"
    assert ("settings.problem", Level.ERROR, True) == (finding.check, finding.level, finding.text.startswith(problem))


def test_the_programs_own_provider_is_told(examined: Examine, bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What it does with metrics is its own; in the program itself one has to be set."""
    settings(tmp_path, '"program"')
    text = "metrics go into the program's own meter provider"
    assert [(Level.OK, text)] == told(examined())
    with Recorder():
        configure(trace_file=False, outputs=["tree"])
        assert [(Level.WARNING, f"{text}, and there is none")] == told(examined())
        bare.setattr(metrics._internal, "_METER_PROVIDER", MeterProvider(shutdown_on_exit=False))
        assert [(Level.OK, text)] == told(examined())


def test_nothing_runs_on(examined: Examine) -> None:
    """No thread of an exporter is left."""
    before = set(threading.enumerate())
    with Collector() as collector:
        examined(sends=True, OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint, **{METRICS: "otlp,prometheus"})
    assert before >= {thread for thread in threading.enumerate() if "otel-ops" in thread.name or "Otel" in thread.name}
