"""Where spans go, told without making an exporter."""

from __future__ import annotations

import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter

from otel_ops.exceptions import SettingsError
from otel_ops.exporters.destinations import destinations, trace_file_of
from otel_ops.exporters.environment import exporters_of
from otel_ops.settings import DEFAULT_TRACE_FILE, Settings

EXPORTER = "OTEL_TRACES_EXPORTER"
ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
TRACES_ENDPOINT = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
PROTOCOL = "OTEL_EXPORTER_OTLP_PROTOCOL"


@pytest.mark.parametrize(
    ("expected", "trace_file", "environ"),
    [
        ([DEFAULT_TRACE_FILE], None, {}),
        ([], False, {}),
        (["runs.jsonl"], "runs.jsonl", {EXPORTER: "none"}),
        ([], None, {EXPORTER: "none"}),
        ([], "runs.jsonl", {"OTEL_SDK_DISABLED": "true", ENDPOINT: "http://h:4318"}),
        (["the exporter console", "runs.jsonl"], "runs.jsonl", {EXPORTER: "console"}),
        (["http://localhost:4318/v1/traces (OTLP, http/protobuf)"], None, {EXPORTER: "otlp"}),
    ],
)
def test_places_are_told(expected: list[str], trace_file: str | None, environ: dict[str, str]) -> None:
    """Endpoints and exporters come first, then the trace file; nothing where the SDK is disabled."""
    settings = Settings(trace_file=trace_file)
    assert expected == destinations(settings, environ)


@pytest.mark.parametrize(
    "environ",
    [
        {EXPORTER: "otlp"},
        {EXPORTER: "otlp", PROTOCOL: "grpc"},
        {ENDPOINT: "http://h:4318"},
        {ENDPOINT: "http://h:4318/"},
        {ENDPOINT: "http://h:4317"},
        {ENDPOINT: "http://h:4318", TRACES_ENDPOINT: "http://other:1/spans"},
        {TRACES_ENDPOINT: "http://h:9/", PROTOCOL: "grpc"},
    ],
)
def test_the_endpoint_told_is_the_one_used(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The real exporter, made with the same variables, sends to the endpoint that is told."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    (exporter,) = exporters_of(environ)
    exporter.shutdown()
    assert isinstance(exporter, GrpcExporter | HttpExporter)
    (told,) = destinations(Settings(), environ)
    used = exporter._endpoint
    assert told.split()[0].rstrip("/").removeprefix("http://" if isinstance(exporter, GrpcExporter) else "") == used


def test_an_unknown_exporter_is_refused() -> None:
    """A name that no exporter has gives the error that `configure` would give."""
    with pytest.raises(SettingsError, match="no such exporter is installed; did you mean 'otlp'"):
        destinations(Settings(), {EXPORTER: "olp"})


def test_false_switches_the_trace_file_off() -> None:
    """With `trace_file = false` there is none, whatever the environment says."""
    assert trace_file_of(Settings(trace_file=False), {}) is None
