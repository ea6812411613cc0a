"""The rows of vendors: whole, and consistent in themselves."""

from __future__ import annotations

import datetime
import re

import msgspec
import pytest

from otel_ops.collector.vendors import Vendor, vendor_named, vendor_names
from otel_ops.collector.vendors.templates import names_in
from otel_ops.exceptions import OtelOpsError

NAMES = vendor_names()


def templates_of(vendor: Vendor) -> list[str]:
    routes = vendor.routes.values()
    return [
        *vendor.headers.values(),
        *(text for headers in vendor.signal_headers.values() for text in headers.values()),
        *(text for route in routes for text in (route.endpoint, route.traces, route.metrics, route.logs)),
        *vendor.resource_attributes.values(),
        *(text for one in vendor.authenticators for text in one.settings.values() if isinstance(text, str)),
    ]


def test_the_vendors_are_there() -> None:
    """Those whom people ask for have a row."""
    assert NAMES == [
        "aws",
        "axiom",
        "azure-monitor",
        "better-stack",
        "datadog",
        "dynatrace",
        "elastic-cloud",
        "google-cloud",
        "grafana-cloud",
        "honeycomb",
        "logfire",
        "new-relic",
        "sentry",
        "signoz",
        "splunk",
        "uptrace",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_row_explains_each_variable_that_it_has(name: str) -> None:
    """Variables of templates are declared, each is used, and their names are nobody else's within OpenTelemetry."""
    vendor = vendor_named(name)
    assert set(vendor.variables) == {name for text in templates_of(vendor) for name in names_in(text)}
    assert not [name for name in vendor.variables if name.startswith("OTEL_")]


@pytest.mark.parametrize("name", NAMES)
def test_a_row_says_where_each_signal_goes(name: str) -> None:
    """The preferred protocol takes every signal; metrics have a temporality, and what takes none has none."""
    vendor = vendor_named(name)
    preferred = next(iter(vendor.routes))
    assert vendor.signals == vendor.signals_over(preferred)
    assert ("metrics" in vendor.signals) == bool(vendor.temporality)


@pytest.mark.parametrize("name", NAMES)
def test_a_row_authenticates_each_signal_once(name: str) -> None:
    """A header with a secret does so, or an extension of the collector; without a collector, a package of its own."""
    vendor = vendor_named(name)
    secrets = {name for name, one in vendor.variables.items() if one.secret}
    for signal in vendor.signals:
        in_headers = [text for text in vendor.headers_of(signal).values() if secrets & set(names_in(text))]
        authenticators = [one for one in vendor.authenticators if signal in one.signals]
        assert 1 == len(in_headers) + len(authenticators)
    assert bool(vendor.authenticators) == bool(vendor.without_collector or vendor.packages)


@pytest.mark.parametrize("name", NAMES)
def test_a_row_has_a_source_and_a_date(name: str) -> None:
    """Whoever doubts a row finds the page that it was taken from, and when."""
    vendor = vendor_named(name)
    assert vendor.source.startswith("https://")
    assert datetime.date(2026, 11, 1) <= vendor.as_of


@pytest.mark.parametrize("name", NAMES)
def test_a_row_can_be_written_in_quotes(name: str) -> None:
    """What a shell would read stands in none of its texts; names of headers are such as HTTP/2 takes."""
    vendor = vendor_named(name)
    words = [
        *(one.meaning for one in vendor.variables.values()),
        *(one.default or "" for one in vendor.variables.values()),
    ]
    assert not [text for text in [*templates_of(vendor), *words] if re.search(r'["`$\\]', text)]
    assert not [text for text in words if "}" in text]
    headers = {name for signal in vendor.signals for name in vendor.headers_of(signal)}
    assert headers == {name.lower() for name in headers}


@pytest.mark.parametrize("name", NAMES)
def test_the_default_is_a_region_where_there_are_some(name: str) -> None:
    """Without a choice, a program exports to a region that can be named, or says that none is set."""
    vendor = vendor_named(name)
    if vendor.region_variable:
        variable = vendor.variables[vendor.region_variable]
        assert variable.default is None or variable.default in variable.regions.values()


def test_a_wrong_name_is_told_with_the_nearest() -> None:
    """Whoever mistypes a vendor is told the right name; else all that there are."""
    with pytest.raises(OtelOpsError, match=r"^honycomb: no such vendor; did you mean honeycomb\?$"):
        vendor_named("honycomb")
    with pytest.raises(OtelOpsError, match=r"^xyz: no such vendor; known are aws, axiom, "):
        vendor_named("xyz")


@pytest.mark.parametrize("name", ["", "../vendors/aws", "aws.toml", "."])
def test_a_name_is_no_path(name: str) -> None:
    """Nothing but a row is read."""
    with pytest.raises(OtelOpsError, match="no such vendor"):
        vendor_named(name)


def test_a_key_that_is_unknown_is_refused() -> None:
    """A row with a mistyped key is no row."""
    row = {"title": "x", "signals": ["traces"], "routes": {"grpc": {"endpont": "https://x"}}, "variables": {}}
    with pytest.raises(msgspec.ValidationError, match="unknown field `endpont`"):
        msgspec.convert({**row, "name": "x", "source": "https://x", "as_of": datetime.date(2026, 11, 26)}, Vendor)
