"""What is chosen where a vendor has several ways."""

from __future__ import annotations

import pytest

from otel_ops.collector.vendors import chosen, vendor_named
from otel_ops.exceptions import OtelOpsError


def test_the_first_protocol_is_the_default() -> None:
    """Each vendor's preferred one counts."""
    assert "http/protobuf" == chosen(vendor_named("honeycomb")).protocol
    assert "grpc" == chosen(vendor_named("google-cloud")).protocol


def test_a_region_says_what_its_variable_holds() -> None:
    """A region is a name for a host, a site or a part of one."""
    assert {"HONEYCOMB_HOST": "api.eu1.honeycomb.io"} == chosen(vendor_named("honeycomb"), region="eu").values
    assert {"DD_SITE": "datadoghq.eu"} == chosen(vendor_named("datadog"), region="eu1").values


def test_a_region_that_is_not_listed_stands_for_itself_where_there_are_more() -> None:
    """Regions of AWS are many, and their name is all that one needs."""
    assert {"AWS_REGION": "me-central-1"} == chosen(vendor_named("aws"), region="me-central-1").values


def test_only_some_signals_may_go_over_a_protocol() -> None:
    """Splunk takes metrics over HTTP only."""
    assert ("traces", "metrics") == chosen(vendor_named("splunk")).signals
    assert ("traces",) == chosen(vendor_named("splunk"), "grpc").signals


@pytest.mark.parametrize(
    ("vendor", "protocol", "region", "told"),
    [
        ("dynatrace", "grpc", None, "protocol grpc: Dynatrace does not take it; use http/protobuf"),
        ("honeycomb", "http/json", None, "protocol http/json: Honeycomb does not take it; use http/protobuf or grpc"),
        ("signoz", None, "de", "region de: SigNoz Cloud has no such region; use us or eu or in"),
        (
            "grafana-cloud",
            None,
            '"; rm x; "',
            'region "; rm x; ": Grafana Cloud has no such region; use prod-us-central-0 or ',
        ),
        ("better-stack", None, "eu", "region eu: Better Stack has none to choose from; leave it out"),
    ],
)
def test_what_a_vendor_does_not_have_is_refused(
    vendor: str, protocol: str | None, region: str | None, told: str
) -> None:
    """The message names key, value and what there is."""
    with pytest.raises(OtelOpsError) as caught:
        chosen(vendor_named(vendor), protocol, region)
    assert str(caught.value).startswith(told)
