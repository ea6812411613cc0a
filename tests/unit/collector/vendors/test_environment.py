"""The block of environment variables, as a shell and others read it."""

from __future__ import annotations

import json
import subprocess
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from otel_ops.collector.vendors import chosen, environment_block, environment_of, vendor_named
from otel_ops.exceptions import OtelOpsError

COMMON = {
    "OTEL_TRACES_EXPORTER": "otlp",
    "OTEL_METRICS_EXPORTER": "otlp",
    "OTEL_LOGS_EXPORTER": "otlp",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
    "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
}


def in_shell(block: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Let a shell that knows nothing else read the block; print what it has then."""
    (folder / "block.sh").write_text(block, encoding="utf-8")
    return subprocess.run(
        ["sh", "-euc", ". ./block.sh; /usr/bin/env -0"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def exported(block: str, folder: Path, **environment: str) -> dict[str, str]:
    done = in_shell(block, folder, **environment)
    pairs = (pair.partition("=") for pair in done.stdout.split("\0"))
    return {name: value for name, _, value in pairs if name.startswith("OTEL_")}


def test_a_shell_has_the_variables(tmp_path: Path) -> None:
    """The block is read by any shell of POSIX; what is secret comes from its environment."""
    block = environment_block(chosen(vendor_named("dynatrace")))
    assert {
        **COMMON,
        "OTEL_EXPORTER_OTLP_ENDPOINT": "https://abc12345.live.dynatrace.com/api/v2/otlp",
        "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Api-Token%20dt0c01.SECRET",
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "delta",
    } == exported(block, tmp_path, DYNATRACE_ENVIRONMENT="abc12345", DYNATRACE_API_TOKEN="dt0c01.SECRET")


def test_headers_of_one_signal_hold_the_common_ones(tmp_path: Path) -> None:
    """They replace those for all signals, so they must."""
    block = environment_block(chosen(vendor_named("honeycomb")))
    got = exported(block, tmp_path, HONEYCOMB_API_KEY="key")
    assert "x-honeycomb-team=key" == got["OTEL_EXPORTER_OTLP_HEADERS"]
    assert "x-honeycomb-team=key,x-honeycomb-dataset=metrics" == got["OTEL_EXPORTER_OTLP_METRICS_HEADERS"]


def test_what_a_vendor_does_not_take_is_switched_off() -> None:
    """No exporter sends what would be refused, and nothing is said of metrics."""
    environment = environment_of(chosen(vendor_named("sentry")))
    assert "none" == environment["OTEL_METRICS_EXPORTER"]
    assert not [name for name in environment if "METRICS" in name and name != "OTEL_METRICS_EXPORTER"]


def test_a_url_of_one_signal_stands_for_itself(tmp_path: Path) -> None:
    """Paths that are not OpenTelemetry's are given whole."""
    got = exported(
        environment_block(chosen(vendor_named("splunk"), region="eu0")), tmp_path, SPLUNK_ACCESS_TOKEN="token"
    )
    assert "https://ingest.eu0.signalfx.com/v2/trace/otlp" == got["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" not in got


def test_a_missing_variable_stops_the_shell_with_its_meaning(tmp_path: Path) -> None:
    """Nothing is sent without its key: who forgot one is told which, and what it is."""
    done = in_shell(environment_block(chosen(vendor_named("honeycomb"))), tmp_path)
    assert done.returncode
    assert "HONEYCOMB_API_KEY: ingest key of the environment" in done.stderr


def test_the_block_says_what_it_reads() -> None:
    """Comments name the variables, their defaults, the vendor's page, and what must be installed."""
    comments = [line for line in environment_block(chosen(vendor_named("google-cloud"))).splitlines() if line[0] == "#"]
    assert [
        "# Google Cloud over grpc; see https://docs.cloud.google.com/stackdriver/docs/otlp/overview (as of 2026-11-26)",
        "# needs: pip install opentelemetry-exporter-credential-provider-gcp",
        "# GOOGLE_CLOUD_PROJECT: project that gets the telemetry",
        "# GOOGLE_CLOUD_QUOTA_PROJECT: project whose quota is used",
    ] == comments


def test_the_block_for_compose_and_dotenv() -> None:
    """It has no `export`, and no form of a variable that only a shell knows."""
    lines = environment_block(chosen(vendor_named("logfire"), region="eu"), "dotenv").splitlines()
    assert 'OTEL_EXPORTER_OTLP_ENDPOINT="https://logfire-eu.pydantic.dev"' in lines
    assert 'OTEL_EXPORTER_OTLP_HEADERS="authorization=${LOGFIRE_TOKEN}"' in lines


def test_dotenv_fills_the_block_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader of such files has what a shell has."""
    monkeypatch.setenv("HONEYCOMB_API_KEY", "key")
    block = environment_block(chosen(vendor_named("honeycomb")), "dotenv")
    (tmp_path / ".env").write_text(block, encoding="utf-8")
    shell = exported(environment_block(chosen(vendor_named("honeycomb"))), tmp_path, HONEYCOMB_API_KEY="key")
    dotenv: Any = import_module("dynaconf.vendor.dotenv")
    assert shell == dict(dotenv.dotenv_values(tmp_path / ".env"))


def test_the_block_as_json() -> None:
    """A program gets the variables, those that they read with what is secret, and packages to install."""
    document: Any = json.loads(environment_block(chosen(vendor_named("uptrace"), "grpc"), "json"))
    assert 1 == document["version"]
    assert "https://${UPTRACE_HOST:-api.uptrace.dev}:4317" == document["environment"]["OTEL_EXPORTER_OTLP_ENDPOINT"]
    assert {"meaning": "DSN of the project", "default": None, "secret": True} == document["variables"]["UPTRACE_DSN"]
    assert [] == document["packages"]


@pytest.mark.parametrize("name", ["aws", "azure-monitor"])
def test_who_needs_a_collector_is_told_so(name: str) -> None:
    """Where the exporters of OpenTelemetry cannot authenticate, the reason and the way out are told."""
    with pytest.raises(OtelOpsError, match=rf"^{name}: requests .*; send to a collector that has the overlay {name}$"):
        environment_block(chosen(vendor_named(name)))
