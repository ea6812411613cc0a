"""Environments that are not as the vendor wants them, and those that are."""

from __future__ import annotations

import re

import pytest

from otel_ops.collector.vendors import Choice, chosen, environment_of, mismatches, vendor_named, vendor_names
from otel_ops.collector.vendors.recognition import vendor_at
from otel_ops.collector.vendors.templates import filled

DIRECT = [
    pytest.param(chosen(vendor, protocol, region), id=f"{name} {protocol} {region or ''}")
    for name in vendor_names()
    if not (vendor := vendor_named(name)).without_collector
    for protocol in vendor.routes
    for region in (vendor.regions or (None,))
]
TEMPORALITY = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"
SPLUNK = "https://ingest.us0.signalfx.com"
LOGFIRE = "https://logfire-us.pydantic.dev"
SEE_LOGFIRE = "see: otel-ops collector env logfire"


def environment(name: str, protocol: str | None = None, region: str | None = None, **changed: str) -> dict[str, str]:
    return as_set(chosen(vendor_named(name), protocol, region)) | changed


def as_set(choice: Choice) -> dict[str, str]:
    """Give the environment with a value for each variable."""
    return {
        name: filled(text, choice, lambda name, one: one.default or name.lower().replace("_", "-"))
        for name, text in environment_of(choice).items()
    }


@pytest.mark.parametrize("choice", DIRECT)
def test_what_the_block_sets_is_right(choice: Choice) -> None:
    """No vendor's own block is complained of, in any region and over any protocol."""
    assert [] == mismatches(as_set(choice))


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://api.eu1.honeycomb.io", "honeycomb"),
        ("https://otlp.us5.datadoghq.com/v1/traces", "datadog"),
        ("https://ingest.us9.signalfx.com/v2/trace/otlp", "splunk"),
        ("https://abc12345.live.dynatrace.com/api/v2/otlp", "dynatrace"),
        ("https://otlp-gateway-prod-sa-east-1.grafana.net/otlp", "grafana-cloud"),
        ("https://otlp.nr-data.net:4317", "new-relic"),
    ],
)
def test_a_vendor_is_known_by_its_host(url: str, name: str) -> None:
    """Whatever port and path follow, and in regions that no row lists, where there may be such."""
    vendor = vendor_at(url)
    assert vendor is not None
    assert name == vendor.name


@pytest.mark.parametrize("url", ["", "http://localhost:4318", "https://api.honeycomb.io.example.org", "x"])
def test_other_hosts_are_nobodys(url: str) -> None:
    """Nothing is said of a collector, or of one's own installation."""
    assert vendor_at(url) is None
    assert [] == mismatches({"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"})


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        (
            environment("dynatrace", OTEL_EXPORTER_OTLP_TRACES_PROTOCOL="grpc"),
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL = 'grpc': Dynatrace takes traces over http/protobuf only",
        ),
        (
            environment("datadog", OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=""),
            f"{TEMPORALITY}: Datadog refuses cumulative metrics; set it to delta",
        ),
        (
            environment("grafana-cloud", OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE="DELTA"),
            f"{TEMPORALITY}: Grafana Cloud refuses delta metrics; set it to cumulative",
        ),
        (
            environment("honeycomb", OTEL_EXPORTER_OTLP_METRICS_HEADERS=""),
            "OTEL_EXPORTER_OTLP_HEADERS: Honeycomb wants x-honeycomb-dataset, which is missing or empty",
        ),
        (
            environment("uptrace", OTEL_EXPORTER_OTLP_HEADERS="uptrace-dsn="),
            "OTEL_EXPORTER_OTLP_HEADERS: Uptrace wants uptrace-dsn, which is missing or empty",
        ),
        (
            environment("splunk", OTEL_LOGS_EXPORTER="otlp", OTEL_EXPORTER_OTLP_ENDPOINT=SPLUNK),
            "OTEL_LOGS_EXPORTER: Splunk Observability Cloud takes no logs; set it to none",
        ),
        (
            environment("logfire", OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=f"{LOGFIRE}/logs"),
            f"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: {LOGFIRE}/logs is not where Pydantic Logfire takes logs; {SEE_LOGFIRE}",
        ),
    ],
)
def test_a_mismatch_is_told_once_with_its_variable(environ: dict[str, str], told: str) -> None:
    """Each is one sentence: what is set, what the vendor wants, and the remedy."""
    assert [told] == mismatches(environ)


def test_a_base_without_the_vendors_path_is_told_for_each_signal() -> None:
    """Grafana Cloud takes everything below /otlp."""
    url = "https://otlp-gateway-prod-eu-west-0.grafana.net"
    told = mismatches(environment("grafana-cloud", OTEL_EXPORTER_OTLP_ENDPOINT=url))
    assert [f"{url}/v1/{signal}" for signal in ("traces", "metrics", "logs")] == [
        found[0] for one in told for found in [re.findall(r"https://\S+", one)]
    ]


def test_no_secret_is_told() -> None:
    """What headers hold is never repeated."""
    environ = environment("axiom", OTEL_EXPORTER_OTLP_TRACES_HEADERS="authorization=Bearer%20S3CRET")
    assert environ
    assert "S3CRET" not in "".join(mismatches(environ))
