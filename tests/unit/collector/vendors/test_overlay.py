"""Overlays of vendors, as plain data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from otel_ops.collector.vendors import Choice, chosen, overlay_of, vendor_named, vendor_names

CHOICES = [
    pytest.param(chosen(vendor_named(name), protocol), id=f"{name} {protocol}")
    for name in vendor_names()
    for protocol in vendor_named(name).routes
]
SOURCES = {"traces": "forward/sampled", "metrics": "forward/metrics", "logs": "forward/logs"}


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (text for item in value.values() for text in texts_in(item))
    elif isinstance(value, list):
        yield from (text for item in value for text in texts_in(item))
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize("choice", CHOICES)
def test_an_overlay_is_whole(choice: Choice) -> None:
    """Each signal has a pipeline from the base's connector; what pipelines and exporters name is there, and used."""
    overlay = overlay_of(choice)
    pipelines = overlay["service"]["pipelines"]
    assert {f"{signal}/{choice.vendor.name}" for signal in choice.signals} == set(pipelines)
    assert [[SOURCES[name.partition("/")[0]]] for name in pipelines] == [one["receivers"] for one in pipelines.values()]
    assert set(overlay["exporters"]) == {name for one in pipelines.values() for name in one["exporters"]}
    assert set(overlay.get("processors", {})) == {
        name for one in pipelines.values() for name in one.get("processors", [])
    }
    used = {one["auth"]["authenticator"] for one in overlay["exporters"].values() if "auth" in one}
    assert set(overlay.get("extensions", {})) == used
    assert used <= set(overlay["service"].get("extensions", used))


@pytest.mark.parametrize("choice", CHOICES)
def test_every_exporter_has_a_queue_on_disk(choice: Choice) -> None:
    """It retries for ever, keeps what waits on disk, holds up no other back end, and keeps to the vendor's limit."""
    for exporter in overlay_of(choice)["exporters"].values():
        queue = exporter["sending_queue"]
        assert "0s" == exporter["retry_on_failure"]["max_elapsed_time"]
        assert ("file_storage/queue", False) == (queue["storage"], queue["block_on_overflow"])
        limits = {"bytes": choice.vendor.max_request_bytes, "items": choice.vendor.max_request_points}
        assert limits[queue["batch"]["sizer"]] == queue["batch"]["max_size"] >= queue["batch"]["min_size"]
        assert queue["queue_size"].endswith("_QUEUE_BYTES:-134217728}")


@pytest.mark.parametrize("choice", CHOICES)
def test_secrets_are_named_only(choice: Choice) -> None:
    """Where a secret belongs, the collector's own variable stands; nothing is left of our templates."""
    texts = list(texts_in(overlay_of(choice)))
    for name in (name for name, one in choice.vendor.variables.items() if one.secret):
        assert any(f"${{env:{name}}}" in text for text in texts)
    assert not [text for text in texts if re.search(r"(?<![$])\{|<[A-Z]", text)]


def test_overlays_only_add_keys() -> None:
    """No two vendors share a key, so any of them merge."""
    overlays = [overlay_of(chosen(vendor_named(name))) for name in vendor_names()]
    for section in ("extensions", "processors", "exporters"):
        keys = [key for overlay in overlays for key in overlay.get(section, {})]
        assert len(set(keys)) == len(keys)


def test_points_of_metrics_are_bounded_where_the_vendor_bounds_them() -> None:
    """Google takes 200 a request, so metrics have an exporter of their own, and the other signals keep theirs."""
    exporters = overlay_of(chosen(vendor_named("google-cloud")))["exporters"]
    batches = {name: exporter["sending_queue"]["batch"] for name, exporter in exporters.items()}
    assert {"flush_timeout": "1s", "min_size": 200, "max_size": 200, "sizer": "items"} == batches.pop(
        "otlp_grpc/google-cloud_metrics"
    )
    assert {"otlp_grpc/google-cloud_traces": "bytes", "otlp_grpc/google-cloud_logs": "bytes"} == {
        name: batch["sizer"] for name, batch in batches.items()
    }


def test_metrics_stay_as_they_are_where_the_vendor_does_not_tell() -> None:
    """No processor turns them into anything else."""
    assert "processors" not in overlay_of(chosen(vendor_named("azure-monitor")))


def test_metrics_become_delta_where_the_vendor_wants_that() -> None:
    """The program's stay cumulative, which all others take."""
    (processor,) = overlay_of(chosen(vendor_named("dynatrace")))["processors"]
    assert "cumulative_to_delta/dynatrace" == processor
    assert "processors" not in overlay_of(chosen(vendor_named("grafana-cloud")))


def test_signals_share_an_exporter_unless_their_requests_differ() -> None:
    """Headers of its own, or a signature for another service, make an exporter for each signal."""
    assert {"otlp_http/new-relic"} == set(overlay_of(chosen(vendor_named("new-relic")))["exporters"])
    axiom = overlay_of(chosen(vendor_named("axiom")))["exporters"]
    assert {"otlp_http/axiom_traces", "otlp_http/axiom_metrics", "otlp_http/axiom_logs"} == set(axiom)
    assert "x-axiom-metrics-dataset" in axiom["otlp_http/axiom_metrics"]["headers"]


def test_requests_are_signed_for_the_service_of_each_signal() -> None:
    """AWS has a service for each, and the extensions are started with those of the base."""
    overlay = overlay_of(chosen(vendor_named("aws"), region="eu-west-1"))
    assert {"region": "eu-west-1", "service": "xray"} == overlay["extensions"]["sigv4auth/aws_traces"]
    logs = overlay["exporters"]["otlp_http/aws_logs"]
    assert "https://logs.eu-west-1.amazonaws.com/v1/logs" == logs["logs_endpoint"]
    assert {"authenticator": "sigv4auth/aws_logs"} == logs["auth"]
    assert ["health_check", "file_storage/queue"] == overlay["service"]["extensions"][:2]


def test_urls_of_signals_stand_side_by_side() -> None:
    """One exporter sends spans and metrics of Splunk, each to its own path."""
    (exporter,) = overlay_of(chosen(vendor_named("splunk"), region="us1"))["exporters"].values()
    assert "https://ingest.us1.signalfx.com/v2/trace/otlp" == exporter["traces_endpoint"]
    assert "https://ingest.us1.signalfx.com/v2/datapoint/otlp" == exporter["metrics_endpoint"]
    assert "endpoint" not in exporter


def test_what_a_vendor_must_know_of_the_resource_is_set() -> None:
    """Google's project is written into each signal."""
    processor = overlay_of(chosen(vendor_named("google-cloud")))["processors"]["transform/google-cloud"]
    statement = 'set(resource.attributes["gcp.project_id"], "${env:GOOGLE_CLOUD_PROJECT}")'
    assert [[statement]] * 3 == [processor[f"{kind}_statements"] for kind in ("trace", "metric", "log")]
