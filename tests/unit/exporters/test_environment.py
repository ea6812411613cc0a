"""The exporters that OpenTelemetry's own environment variables ask for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.trace.export import ConsoleSpanExporter

from otel_ops.exceptions import SettingsError
from otel_ops.exporters.environment import exporters_of, names_exporters

EXPORTER = "OTEL_TRACES_EXPORTER"
ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
TRACES_ENDPOINT = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
PROTOCOL = "OTEL_EXPORTER_OTLP_PROTOCOL"
TRACES_PROTOCOL = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"


def kinds(**environ: str) -> list[type]:
    """Give the classes of the exporters that variables ask for."""
    exporters = exporters_of(environ)
    for exporter in exporters:
        exporter.shutdown()
    return [type(exporter) for exporter in exporters]


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({}, False),
        ({EXPORTER: ""}, False),
        ({EXPORTER: " "}, False),
        ({ENDPOINT: " "}, False),
        ({PROTOCOL: "grpc"}, False),
        ({EXPORTER: "none"}, True),
        ({EXPORTER: "console"}, True),
        ({ENDPOINT: "http://localhost:4318"}, True),
        ({TRACES_ENDPOINT: "http://localhost:4318/v1/traces"}, True),
    ],
)
def test_it_is_known_whether_spans_have_somewhere_to_go(environ: dict[str, str], named: bool) -> None:
    """An endpoint or a name says where spans go, `none` included; an empty variable says nothing."""
    assert named is names_exporters(environ)


@pytest.mark.parametrize(
    "environ", [{}, {EXPORTER: "none"}, {EXPORTER: " , "}, {ENDPOINT: "http://x", EXPORTER: "none"}]
)
def test_nothing_asked_for_nothing_made(environ: dict[str, str]) -> None:
    """Without an endpoint or name, and with `none`, there is no exporter."""
    assert [] == kinds(**environ)


def test_an_endpoint_gets_otlp() -> None:
    """An endpoint that is set gets OTLP over HTTP, the specification's default, without any name."""
    assert [HttpExporter] == kinds(**{ENDPOINT: "http://localhost:4318"})
    assert [HttpExporter] == kinds(**{TRACES_ENDPOINT: "http://localhost:9999/any/path"})


@pytest.mark.parametrize("endpoint", ["http://localhost:4317", "http://[::1]:4317/"])
def test_the_port_of_grpc_gets_grpc(endpoint: str) -> None:
    """An endpoint at gRPC's well-known port gets OTLP over gRPC."""
    assert [GrpcExporter] == kinds(**{ENDPOINT: endpoint})


@pytest.mark.parametrize(
    ("environ", "kind"),
    [
        ({PROTOCOL: "grpc"}, GrpcExporter),
        ({PROTOCOL: "http/protobuf", ENDPOINT: "http://localhost:4317"}, HttpExporter),
        ({TRACES_PROTOCOL: "http/protobuf", PROTOCOL: "grpc"}, HttpExporter),
        ({TRACES_PROTOCOL: "", PROTOCOL: " grpc "}, GrpcExporter),
    ],
)
def test_the_protocol_that_is_named_counts(environ: dict[str, str], kind: type) -> None:
    """A protocol wins over the port, that for traces over the general one."""
    assert [kind] == kinds(**{EXPORTER: "otlp", **environ})


def test_several_exporters_may_be_named() -> None:
    """A list of names gives each of them, in order; `none` and empty ones count for nothing."""
    assert [ConsoleSpanExporter, HttpExporter] == kinds(**{EXPORTER: "console, ,otlp,none"})


def test_a_port_that_is_no_number_is_left_to_the_exporter() -> None:
    """What is wrong with an endpoint is for the exporter to say, not for us to fail at."""
    assert [HttpExporter] == kinds(**{ENDPOINT: "http://localhost:port"})


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        (
            {EXPORTER: "consol"},
            "OTEL_TRACES_EXPORTER = 'consol' (environment): no such exporter is installed; did you mean 'console'?",
        ),
        (
            {EXPORTER: "OTLP"},
            "OTEL_TRACES_EXPORTER = 'OTLP' (environment): no such exporter is installed; did you mean 'otlp'?",
        ),
        (
            {EXPORTER: "carrier pigeon"},
            "OTEL_TRACES_EXPORTER = 'carrier pigeon' (environment): no such exporter is installed; known are console, ",
        ),
        (
            {EXPORTER: "otlp", TRACES_PROTOCOL: "json"},
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL = 'json' (environment): unknown protocol; use grpc or http/protobuf",
        ),
        (
            {EXPORTER: "otlp", PROTOCOL: "udp"},
            "OTEL_EXPORTER_OTLP_PROTOCOL = 'udp' (environment): unknown protocol; use grpc or http/protobuf",
        ),
    ],
)
def test_a_wrong_name_is_told_with_the_remedy(environ: dict[str, str], message: str) -> None:
    """An error names the variable, its value and what to write instead."""
    with pytest.raises(SettingsError) as told:
        exporters_of(environ)

    assert str(told.value).startswith(message)


def test_an_exporter_that_cannot_be_made_is_a_settings_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the exporter itself finds wrong in its variables is told with the variable that asked for it."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "zip")

    with pytest.raises(SettingsError, match=r"'otlp' \(environment\): the exporter cannot be made: .*zip"):
        exporters_of({EXPORTER: "otlp", PROTOCOL: "grpc"})


def test_nothing_is_imported_when_spans_are_sent() -> None:
    """A child that is forked in the midst of an import has its lock for ever: all is imported before."""
    program = """
import os, sys
from otel_ops.exporters.environment import exporters_of
from opentelemetry.sdk.trace import TracerProvider
from tests.integration.collector import Collector
with Collector() as collector:
    os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.endpoint
    (exporter,) = exporters_of({"OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint})
    span = TracerProvider().get_tracer("t").start_span("s")
    span.end()
    before = set(sys.modules)
    exporter.export([span])
    print(collector.spans, sorted(set(sys.modules) - before))
"""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[3],
        env={**kept, ENDPOINT: ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "['s'] []\n" == done.stdout
