"""Programs that export as a vendor's block of environment variables says, over TLS, to a server in the vendor's place.

Names of hosts, ports, paths and headers are the vendors' own; the expected ones are written from their pages, by hand.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from otel_ops.collector.vendors import Choice, chosen, environment_block, vendor_named, vendor_names
from tests.integration.conftest import APART, REPOSITORY, TIME
from tests.integration.vendor_server import Request, VendorServer, signal_of

PROGRAM = """
import logging
from opentelemetry import metrics
from otel_ops import operation

with operation("charge"):
    logging.getLogger("kiln").warning("it is hot")
metrics.get_meter("kiln").create_counter("charges").add(3)
metrics.get_meter("kiln").create_histogram("weights").record(7)
"""
PATHS = {"traces": "/v1/traces", "metrics": "/v1/metrics", "logs": "/v1/logs"}
SECRET = "S3cret.of/test+1=="
"""Such letters as tokens and base64 have."""

HTTP, GRPC = "http/protobuf", "grpc"
NOTHING: dict[str, Any] = {}
DELTA, CUMULATIVE = 1, 2
"""As OTLP numbers them."""


class Expected(NamedTuple):
    """What a vendor's page says."""

    base: str
    headers: dict[str, str]
    temporality: int = CUMULATIVE
    values: dict[str, str] = NOTHING
    paths: dict[str, str] = PATHS
    own_headers: dict[str, dict[str, str]] = NOTHING


AXIOM = {
    "traces": {"x-axiom-dataset": "traces"},
    "metrics": {"x-axiom-metrics-dataset": "metrics"},
    "logs": {"x-axiom-dataset": "logs"},
}
ELASTIC = {"ELASTIC_OTLP_HOST": "abc.ingest.eu-central-1.aws.elastic.cloud"}
SENTRY = {"SENTRY_HOST": "o1.ingest.us.sentry.io", "SENTRY_PROJECT_ID": "42"}
SENTRY_PATHS = {name: f"/api/42/integration/otlp/v1/{name}" for name in ("traces", "logs")}
SPLUNK_PATHS = {"traces": "/v2/trace/otlp", "metrics": "/v2/datapoint/otlp"}
ON_VENDORS_PAGES = {
    ("axiom", HTTP): Expected(
        "https://us-east-1.aws.edge.axiom.co", {"authorization": f"Bearer {SECRET}"}, own_headers=AXIOM
    ),
    ("better-stack", HTTP): Expected("https://in-otel.logs.betterstack.com", {"authorization": f"Bearer {SECRET}"}),
    ("datadog", HTTP): Expected("https://otlp.datadoghq.com", {"dd-api-key": SECRET}, DELTA),
    ("dynatrace", HTTP): Expected(
        "https://abc12345.live.dynatrace.com",
        {"authorization": f"Api-Token {SECRET}"},
        DELTA,
        {"DYNATRACE_ENVIRONMENT": "abc12345"},
        {name: f"/api/v2/otlp/v1/{name}" for name in PATHS},
    ),
    ("elastic-cloud", HTTP): Expected(
        f"https://{ELASTIC['ELASTIC_OTLP_HOST']}", {"authorization": f"ApiKey {SECRET}"}, DELTA, ELASTIC
    ),
    ("elastic-cloud", GRPC): Expected(
        f"https://{ELASTIC['ELASTIC_OTLP_HOST']}", {"authorization": f"ApiKey {SECRET}"}, DELTA, ELASTIC
    ),
    ("grafana-cloud", HTTP): Expected(
        "https://otlp-gateway-prod-eu-west-0.grafana.net",
        {"authorization": f"Basic {SECRET}"},
        values={"GRAFANA_CLOUD_ZONE": "prod-eu-west-0"},
        paths={name: f"/otlp/v1/{name}" for name in PATHS},
    ),
    ("honeycomb", HTTP): Expected(
        "https://api.honeycomb.io",
        {"x-honeycomb-team": SECRET},
        own_headers={"metrics": {"x-honeycomb-dataset": "metrics"}},
    ),
    ("honeycomb", GRPC): Expected(
        "https://api.honeycomb.io",
        {"x-honeycomb-team": SECRET},
        own_headers={"metrics": {"x-honeycomb-dataset": "metrics"}},
    ),
    ("logfire", HTTP): Expected("https://logfire-us.pydantic.dev", {"authorization": SECRET}),
    ("logfire", GRPC): Expected("https://logfire-us.pydantic.dev", {"authorization": SECRET}),
    ("new-relic", HTTP): Expected("https://otlp.nr-data.net", {"api-key": SECRET}, DELTA),
    ("new-relic", GRPC): Expected("https://otlp.nr-data.net:4317", {"api-key": SECRET}, DELTA),
    ("sentry", HTTP): Expected(
        "https://o1.ingest.us.sentry.io",
        {"x-sentry-auth": f"sentry sentry_key={SECRET}"},
        values=SENTRY,
        paths=SENTRY_PATHS,
    ),
    ("signoz", HTTP): Expected("https://ingest.us.signoz.cloud", {"signoz-ingestion-key": SECRET}),
    ("signoz", GRPC): Expected("https://ingest.us.signoz.cloud", {"signoz-ingestion-key": SECRET}),
    ("splunk", HTTP): Expected("https://ingest.us0.signalfx.com", {"x-sf-token": SECRET}, paths=SPLUNK_PATHS),
    ("splunk", GRPC): Expected("https://ingest.us0.signalfx.com", {"x-sf-token": SECRET}, paths={"traces": ""}),
    ("uptrace", HTTP): Expected("https://api.uptrace.dev", {"uptrace-dsn": SECRET}, DELTA),
    ("uptrace", GRPC): Expected("https://api.uptrace.dev:4317", {"uptrace-dsn": SECRET}, DELTA),
}
Export = Callable[..., "dict[str, Request]"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[VendorServer]:
    """Be every host."""
    with VendorServer(tmp_path) as server:
        yield server


@pytest.fixture
def export(tmp_path: Path, server: VendorServer) -> Export:
    """Run the program below a shell that has read the block; give what came in, by signal."""

    def export(choice: Choice, command: str, **environment: str) -> dict[str, Request]:
        (tmp_path / "block.sh").write_text(environment_block(choice), encoding="utf-8")
        (tmp_path / "charge.py").write_text(PROGRAM, encoding="utf-8")
        kept = {name: text for name, text in os.environ.items() if not name.startswith("OTEL_")}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["sh", "-euc", f". ./block.sh; exec {command} charge.py"],
            cwd=tmp_path,
            env={**kept, **server.environment, "PATH": path, "PYTHONUTF8": "1", **secrets_of(choice), **environment},
            capture_output=True,
            text=True,
            timeout=TIME,
            check=False,
        )
        assert (0, "") == (done.returncode, done.stderr.replace("it is hot\n", "").strip())
        came = {signal_of(request): request for request in server.requests}
        assert len(came) == len(server.requests)
        return came

    return export


def secrets_of(choice: Choice) -> dict[str, str]:
    return {name: SECRET for name, one in choice.vendor.variables.items() if one.secret}


def beside(distro: str) -> str:
    return os.pathsep.join([str(REPOSITORY), str(APART / distro)])


def temporalities(request: Request) -> dict[str, int]:
    metrics = [
        metric
        for group in request.message("metrics").resource_metrics
        for scope in group.scope_metrics
        for metric in scope.metrics
    ]
    return {metric.name: getattr(metric, metric.WhichOneof("data")).aggregation_temporality for metric in metrics}


def test_every_vendor_that_needs_no_collector_is_here() -> None:
    """A row with a header for its secret is run over each of its protocols."""
    direct = [vendor for vendor in map(vendor_named, vendor_names()) if not vendor.authenticators]
    assert {(vendor.name, protocol) for vendor in direct for protocol in vendor.routes} == set(ON_VENDORS_PAGES)


@pytest.mark.skipif(not APART.exists(), reason="`make` installs distros")
@pytest.mark.parametrize(("name", "protocol"), [pytest.param(*case, id=" ".join(case)) for case in ON_VENDORS_PAGES])
def test_a_program_exports_as_the_vendor_wants(export: Export, name: str, protocol: str) -> None:
    """Host, port, path, headers, protocol, compression and temporality of each signal are as on the vendor's page."""
    expected = ON_VENDORS_PAGES[name, protocol]
    choice = chosen(vendor_named(name), protocol)
    came = export(choice, "opentelemetry-instrument python", PYTHONPATH=beside("opentelemetry"), **expected.values)

    assert {signal: expected.base + (path if protocol == HTTP else "") for signal, path in expected.paths.items()} == {
        signal: request.url for signal, request in came.items()
    }
    for signal, request in came.items():
        headers = {**expected.headers, **expected.own_headers.get(signal, {})}
        assert headers == {name: request.headers[name] for name in headers}
        assert (protocol, "gzip") == (request.protocol, request.compression)
    if "metrics" in came:
        assert dict.fromkeys(("charges", "weights"), expected.temporality) == temporalities(came["metrics"])


@pytest.mark.parametrize("protocol", [HTTP, GRPC])
def test_configure_exports_as_the_vendor_wants(export: Export, protocol: str) -> None:
    """`otel-ops run` sends spans and log records as the block says, too, without any distro."""
    choice = chosen(vendor_named("honeycomb"), protocol, "eu")
    quiet = {"OTEL_OPS_ANNOUNCE": "false", "OTEL_OPS_OUTPUTS": "[]"}
    came = export(choice, "otel-ops run", PYTHONPATH=str(REPOSITORY), **quiet)
    path = {GRPC: "", HTTP: "/v1/"}[protocol]
    for signal in ("traces", "logs"):
        assert f"https://api.eu1.honeycomb.io{path}{signal if path else ''}" == came[signal].url
        assert SECRET == came[signal].headers["x-honeycomb-team"]
        assert (protocol, "gzip") == (came[signal].protocol, came[signal].compression)
