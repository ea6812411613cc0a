"""Where vendors take OTLP, written down a second time, from the same sources as the rows that are held to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest

from otel_ops.collector.vendors import Choice
from tests.integration.vendors.server import Request

PATHS = {"traces": "/v1/traces", "metrics": "/v1/metrics", "logs": "/v1/logs"}
SECRET = "S3cret.of/test+1=="
"""Such letters as tokens and base64 have."""

HTTP, GRPC = "http/protobuf", "grpc"
NOTHING: dict[str, Any] = {}
DELTA, CUMULATIVE = 1, 2
"""As OTLP numbers them."""

METRICS = ("charges", "weights")
"""Those of the program itself."""


class Expected(NamedTuple):
    """What the sources say of a vendor."""

    base: str
    headers: dict[str, str]
    temporality: int = CUMULATIVE
    values: dict[str, str] = NOTHING
    paths: dict[str, str] = PATHS
    own_headers: dict[str, dict[str, str]] = NOTHING

    def check(self, requests: Sequence[Request], protocol: str, metrics: Sequence[str] = METRICS) -> None:
        """Compare what was sent for each signal, in one request or several, with all that the sources say."""
        urls = {signal: self.base + (path if protocol == HTTP else "") for signal, path in self.paths.items()}
        assert urls == {request.signal: request.url for request in requests}
        for request in requests:
            headers = {**self.headers, **self.own_headers.get(request.signal, {})}
            assert (urls[request.signal], protocol, "gzip") == (request.url, request.protocol, request.compression)
            assert headers == {name: request.headers[name] for name in headers}
        if "metrics" in urls:
            assert dict.fromkeys(metrics, self.temporality) == temporalities(requests, metrics)


def temporalities(requests: Sequence[Request], names: Sequence[str]) -> dict[str, int]:
    """Tell how some metrics were sent: a counter and a histogram, for others are always cumulative."""
    groups = [group for request in requests if request.signal == "metrics" for group in request.groups()]
    metrics = [metric for group in groups for scope in group.scope_metrics for metric in scope.metrics]
    told = {metric.name: getattr(metric, metric.WhichOneof("data")) for metric in metrics}
    return {name: told[name].aggregation_temporality for name in names}


def secrets_of(choice: Choice) -> dict[str, str]:
    """Give a secret for each variable that holds one."""
    return {name: SECRET for name, one in choice.vendor.variables.items() if one.secret}


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
    ("better-stack", HTTP): Expected(
        "https://s123456.eu-nbg-2.betterstackdata.com",
        {"authorization": f"Bearer {SECRET}"},
        values={"BETTER_STACK_HOST": "s123456.eu-nbg-2.betterstackdata.com"},
    ),
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
CASES = [pytest.param(*case, id=" ".join(case)) for case in ON_VENDORS_PAGES]
