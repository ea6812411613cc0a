"""Variables of OpenTelemetry that do not do what they seem to."""

from __future__ import annotations

import pytest

from otel_ops.doctor import Level
from otel_ops.settings import setting_variables
from tests.unit.doctor.conftest import Examine, found

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
TRACES = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
PROTOCOL = "OTEL_EXPORTER_OTLP_PROTOCOL"


@pytest.mark.parametrize(
    ("environ", "check", "remedy"),
    [
        ({"OTEL_EXPORTER_OTLP_ENPOINT": "http://x"}, "variable.unknown", f"did you mean {ENDPOINT}?"),
        ({"OTEL_TRACE_SAMPLER": "always_on"}, "variable.unknown", "did you mean OTEL_TRACES_SAMPLER?"),
        ({"OTEL_SERVICE_NAME": '"kiln"'}, "variable.quoted", "leave them out: env files are not read by a shell"),
        ({ENDPOINT: "http://x:4318/v1/traces"}, "variable.path", "leave /v1/traces out"),
        ({TRACES: "http://x:4318", PROTOCOL: "http/protobuf"}, "variable.path", "add /v1/traces"),
        ({ENDPOINT: "http://x:4318", PROTOCOL: "grpc"}, "variable.port", f"set {PROTOCOL}=http/protobuf"),
        ({ENDPOINT: "http://x:4317", PROTOCOL: "http/protobuf"}, "variable.port", f"set {PROTOCOL}=grpc"),
        (
            {"OTEL_EXPORTER_OTLP_HEADERS": "a=b,Bearer x,c=d"},
            "variable.headers",
            "write key=value, and a comma in a value as %2C",
        ),
        (
            {"OTEL_EXPORTER_OTLP_CERTIFICATE": "ca.pem", "REQUESTS_CA_BUNDLE": "all.pem"},
            "variable.overruled",
            "unset REQUESTS_CA_BUNDLE, or add the certificate to its file",
        ),
    ],
)
def test_what_does_not_do_what_it_seems_to_is_told_with_a_remedy(
    examined: Examine, environ: dict[str, str], check: str, remedy: str
) -> None:
    """Each under the name that scripts know it by."""
    report = examined(**environ)
    assert [remedy] == [finding.remedy for finding in found(report, check)]
    assert Level.OK < report.level


@pytest.mark.usefixtures("quiet")
def test_a_file_that_only_a_distro_reads_is_told(examined: Examine) -> None:
    """OTEL_CONFIG_FILE has no effect; what we would warn of stands in the report."""
    (told,) = found(examined(OTEL_CONFIG_FILE="otel.yaml"), "warned")
    assert "OTEL_CONFIG_FILE = 'otel.yaml' (environment) has no effect: only a distro reads it, under" in told.text
    assert "install opentelemetry-distro, or unset it" == told.remedy


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"OTEL_TRACES_SAMPLER": "sometimes"}, "Couldn't recognize sampler sometimes."),
        (
            {"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "x"},
            "Could not convert TRACES_SAMPLER_ARG",
        ),
        ({"OTEL_RESOURCE_ATTRIBUTES": "kiln"}, "Invalid key value resource attribute pair kiln"),
    ],
)
def test_what_opentelemetry_warns_of_is_told(
    examined: Examine, caplog: pytest.LogCaptureFixture, environ: dict[str, str], told: str
) -> None:
    """It takes something else, and goes on; nothing is logged beside the report."""
    (finding, *_) = found(examined(**environ), "warned")
    assert (Level.WARNING, told) == (finding.level, finding.text[: len(told)])
    assert [] == caplog.records


def test_a_context_that_is_not_installed_is_told(examined: Examine) -> None:
    """OpenTelemetry has said so when it was imported, and uses its own."""
    assert 1 == len(found(examined(OTEL_PYTHON_CONTEXT="gevent_context"), "variable.context"))


def test_variables_of_instrumentations_are_let_be(examined: Examine) -> None:
    """Names that are like none that is known are those of others."""
    report = examined(OTEL_PYTHON_FLASK_EXCLUDED_URLS="health", OTEL_TRACES_SAMPLER="always_on")
    assert ["set are: OTEL_PYTHON_FLASK_EXCLUDED_URLS, OTEL_TRACES_SAMPLER"] == [
        finding.text for finding in found(report, "variables")
    ]


def test_ours_are_the_settings_business(examined: Examine) -> None:
    """They stand among the settings, and are not taken for misspelt."""
    assert "OTEL_OPS_DETAIL" in setting_variables()
    report = examined(OTEL_OPS_DETAIL="DEBUG")
    assert [] == found(report, "variable.unknown")
    assert ["detail = DEBUG (environment variable OTEL_OPS_DETAIL)"] == [
        finding.text for finding in found(report, "settings.value")
    ]


def test_credentials_are_hidden(examined: Examine) -> None:
    """In a URL, and in headers by their name."""
    report = examined(
        OTEL_EXPORTER_OTLP_ENDPOINT="http://ada:secret1@x:4318/v1/traces",
        OTEL_EXPORTER_OTLP_HEADERS='"api-key=secret2"',
    )
    assert not [finding for finding in report.findings if "secret" in finding.text]


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("value", [" ", "=,", "http://[", "é\u202e", "\x01", "x" * 9_000])
@pytest.mark.parametrize(
    "names",
    [
        (ENDPOINT, TRACES, "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_CERTIFICATE"),
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "OTEL_EXPORTER_PROMETHEUS_HOST", "OTEL_METRICS_EXPORTER"),
        ("OTEL_RESOURCE_ATTRIBUTES", "OTEL_SERVICE_NAME", "OTEL_TRACES_SAMPLER", "OTEL_TRACES_EXPORTER"),
        ("OTEL_OPS_METRICS", "OTEL_OPS_BAGGAGE_HOSTS", "OTEL_PYTHON_CONTEXT", "REQUESTS_CA_BUNDLE"),
        ("OTEL_OPS_TRACE_FILE", "OPS_QUEUE_DIR", "OTEL_PROPAGATORS", "http_proxy"),
    ],
)
def test_whatever_stands_in_variables_no_check_fails(examined: Examine, names: tuple[str, ...], value: str) -> None:
    """Each is examined to its end, and what cannot be used is told by the check that it is about."""
    defaults = {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_LOGS_EXPORTER": "otlp", "OTEL_METRICS_EXPORTER": "otlp"}
    assert [] == found(examined(**{**defaults, **dict.fromkeys(names, value)}), "check.failed")
