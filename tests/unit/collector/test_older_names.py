"""Names for older collectors."""

import pytest

from otel_ops.collector import yaml_text
from otel_ops.collector.merging import merged
from otel_ops.collector.older_names import OLDEST, RENAMINGS, for_version, parsed_version
from otel_ops.collector.sources import base_and
from otel_ops.exceptions import CollectorError

CONFIGURATION = {
    "receivers": {"otlp": None},
    "exporters": {"otlp_grpc/jaeger": {}, "otlp_http": {}},
    "connectors": {"span_metrics": {"series_expiration": "10m", "namespace": "x"}},
    "service": {
        "pipelines": {
            "traces": {"receivers": ["otlp"], "exporters": ["otlp_grpc/jaeger", "span_metrics"]},
            "metrics": {"receivers": ["span_metrics"], "exporters": ["otlp_http"]},
        }
    },
}


def test_definitions_and_uses_get_older_names() -> None:
    """Components are renamed where they are defined and where pipelines name them; unknown keys are left out."""
    expected = {
        "receivers": {"otlp": None},
        "exporters": {"otlp/jaeger": {}, "otlphttp": {}},
        "connectors": {"spanmetrics": {"namespace": "x"}},
        "service": {
            "pipelines": {
                "traces": {"receivers": ["otlp"], "exporters": ["otlp/jaeger", "spanmetrics"]},
                "metrics": {"receivers": ["spanmetrics"], "exporters": ["otlphttp"]},
            }
        },
    }
    assert expected == for_version(CONFIGURATION, OLDEST)


def test_extensions_get_older_names_wherever_they_are_named() -> None:
    """Where they are defined, where they run, and where an exporter names what authenticates it."""
    older = for_version(merged(base_and(["azure-monitor"])).content, OLDEST)
    assert "azureauth/azure-monitor" in older["extensions"]
    assert "azureauth/azure-monitor" in older["service"]["extensions"]
    assert {"authenticator": "azureauth/azure-monitor"} == older["exporters"]["otlphttp/azure-monitor"]["auth"]
    assert "azure_auth" not in yaml_text.dump(older)


def test_attributes_of_the_resource_are_keys_of_an_older_one() -> None:
    """A list of names and values is for 0.151 and newer; one without a value takes the attribute away."""
    listed = [{"name": "service.name", "value": "otelcol"}, {"name": "service.version"}]
    configuration = {"service": {"telemetry": {"resource": {"attributes": listed, "host.name": "lab"}}}}
    older = {"host.name": "lab", "service.name": "otelcol", "service.version": None}
    assert {"resource": older} == for_version(configuration, (0, 150))["service"]["telemetry"]
    assert configuration == for_version(configuration, (0, 151))


def test_only_what_is_newer_is_renamed() -> None:
    """A version in between gets the names that it has."""
    older = for_version(CONFIGURATION, (0, 150))
    assert ["otlp_grpc/jaeger", "otlp_http"] == list(older["exporters"])
    assert ["spanmetrics"] == list(older["connectors"])


def test_the_newest_keeps_everything() -> None:
    """What is of today is not changed by the newest version that renamed something."""
    assert CONFIGURATION == for_version(CONFIGURATION, max(entry.since for entry in RENAMINGS))


@pytest.mark.parametrize("text", ["0.158", "v0.158.0", " 0.158.3 "])
def test_a_version_is_read(text: str) -> None:
    """With and without v and patch."""
    assert (0, 158) == parsed_version(text)


@pytest.mark.parametrize(("text", "told"), [("new", "write it as 0.158"), ("", "write it as"), ("0.99", "0.141")])
def test_other_versions_are_refused(text: str, told: str) -> None:
    """The message tells what a version looks like, and which is the oldest."""
    with pytest.raises(CollectorError, match=told):
        parsed_version(text)
