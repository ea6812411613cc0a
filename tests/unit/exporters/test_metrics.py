"""Readers of metrics for what settings and variables name."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpExporter
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    ConsoleMetricExporter,
    MetricExporter,
    MetricExportResult,
    MetricsData,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation

from otel_ops.exceptions import SettingsError
from otel_ops.exporters.metrics import WatchedMetricExporter, places_of, readers_of
from otel_ops.exporters.prometheus import PrometheusPull
from otel_ops.faults import diagnostics
from otel_ops.settings.metrics import MetricsPlace

EXPORTER = "OTEL_METRICS_EXPORTER"


def kinds(*names: str, **environ: str) -> list[type]:
    """Give the classes of the readers, or of the exporters behind them."""
    readers = list(readers_of(places_of([MetricsPlace(name) for name in names] or None, environ)))
    for reader in readers:
        reader.shutdown()
    return [type(getattr(getattr(reader, "_exporter", None), "exporter", reader)) for reader in readers]


def test_variables_name_places_unless_settings_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those of others, by OpenTelemetry's entry points."""
    monkeypatch.setenv("OTEL_EXPORTER_PROMETHEUS_PORT", "0")

    assert [] == kinds()
    assert [] == kinds(OTEL_METRICS_EXPORTER="none")
    assert [HttpExporter, PrometheusPull] == kinds(OTEL_METRICS_EXPORTER="otlp, prometheus")
    assert [ConsoleMetricExporter] == kinds("console", OTEL_METRICS_EXPORTER="otlp")
    assert [HttpExporter] == kinds(OTEL_METRICS_EXPORTER="otlp,otlp")
    assert [] == places_of([], {EXPORTER: "otlp"})


def test_the_protocol_is_that_of_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one of the signal wins, and port 4317 means gRPC."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4317")
    assert [GrpcExporter] == kinds("otlp")

    monkeypatch.setenv("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/protobuf")
    assert [HttpExporter] == kinds("otlp")


@pytest.mark.parametrize(
    ("place", "told"),
    [
        (MetricsPlace("otlp", {"port": 1}), r"metrics\[0\].options.port = 1 .*no such option; otlp takes"),
        (MetricsPlace("prometheus", {"port": "x"}), r"metrics\[0\].options.port = 'x' .*must be a whole number"),
        (MetricsPlace("otlp", {"interval_seconds": 1e20}), r"interval_seconds = 1e\+20: must be more than 0"),
        (MetricsPlace("prometheus", {"port": -1}), r"metrics\[0\].to = 'prometheus' .*port = -1: must be from 0"),
        (
            MetricsPlace("console", {"seconds": 1}),
            r"metrics\[0\].options.seconds = 1 .*no such option; this place takes interval_seconds",
        ),
    ],
)
def test_wrong_options_are_told(place: MetricsPlace, told: str) -> None:
    """The message names the key, the value, and what would be right."""
    with pytest.raises(SettingsError, match=told):
        list(readers_of(places_of([place], {})))


def test_a_wrong_variable_is_told() -> None:
    """It names the variable and what there is."""
    with pytest.raises(SettingsError, match=r"OTEL_METRICS_EXPORTER = 'otpl' .environment.: .*did you mean 'otlp'"):
        kinds(OTEL_METRICS_EXPORTER="otpl")
    with pytest.raises(SettingsError, match=r"OTEL_METRICS_EXPORTER = 'textfile' .environment.: .*the setting metrics"):
        kinds(OTEL_METRICS_EXPORTER="textfile")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_METRICS_EXEMPLAR_FILTER", "sometimes"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "0"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "nan"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "1e300"),
    ],
)
def test_a_variable_of_all_readers_that_cannot_be_used_is_told(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """Before any of them begins: else its thread would die, or the provider be refused without naming the variable."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"{name} = '{value}' .environment.: "):
        kinds("otlp")


def test_the_interval_is_that_of_options(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else that of OpenTelemetry's variable."""
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "7000")
    for options, expected in (({"interval_seconds": 2.5}, 2_500), ({}, 7_000)):
        (reader,) = readers_of(places_of([MetricsPlace("otlp", options)], {}))
        reader.shutdown()
        assert isinstance(reader, PeriodicExportingMetricReader)
        assert expected == reader._export_interval_millis


def test_temporality_and_aggregation_are_those_of_the_exporter(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenTelemetry's variables choose them, as for any other program."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", "base2_exponential_bucket_histogram")
    (reader,) = readers_of(places_of([MetricsPlace("otlp")], {}))
    told = reader._exporter  # type: ignore[attr-defined] # the SDK's
    reader.shutdown()

    assert AggregationTemporality.DELTA == told._preferred_temporality[Counter]
    assert isinstance(told._preferred_aggregation[Histogram], ExponentialBucketHistogramAggregation)


class _Refusing(MetricExporter):
    def export(self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: Any) -> MetricExportResult:
        return MetricExportResult.FAILURE

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        return True

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: Any) -> None:
        raise SystemExit(3)


@pytest.mark.usefixtures("quiet")
def test_what_an_exporter_refuses_is_counted_and_told(caplog: pytest.LogCaptureFixture) -> None:
    """So is what it raises."""
    exporter = WatchedMetricExporter(_Refusing())
    reader = PeriodicExportingMetricReader(exporter)
    provider = MeterProvider([reader], shutdown_on_exit=False)
    provider.get_meter("lab").create_counter("runs").add(1)
    provider.force_flush()
    provider.shutdown()

    assert {"exporter.refused": 2, "exporter.failed": 1} == diagnostics()
    assert "_Refusing did not take its metrics; left out: one export of metrics" in caplog.text
