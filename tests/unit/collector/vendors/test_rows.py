"""The rows of vendors: whole, and consistent in themselves."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest

from otel_ops.collector.vendors import vendor_named, vendor_names
from otel_ops.collector.vendors.templates import names_in
from otel_ops.exceptions import OtelOpsError

NAMES = vendor_names()


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
    assert set(vendor.variables) == {name for text in vendor.templates for name in names_in(text)}
    assert not [name for name in vendor.variables if name.startswith("OTEL_")]


@pytest.mark.parametrize("name", NAMES)
def test_a_row_says_where_each_signal_goes(name: str) -> None:
    """The preferred protocol takes every signal; what takes no metrics has no temporality."""
    vendor = vendor_named(name)
    preferred = next(iter(vendor.routes))
    assert vendor.signals == vendor.signals_over(preferred)
    assert "metrics" in vendor.signals or not vendor.temporality


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
def test_names_of_headers_are_lower_case(name: str) -> None:
    """HTTP/2 takes no others."""
    vendor = vendor_named(name)
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


@pytest.mark.parametrize("name", ["", "../vendors/aws", "."])
def test_a_name_is_no_path(name: str) -> None:
    """Only what ends in `.toml` is looked for as a file."""
    with pytest.raises(OtelOpsError, match="no such vendor"):
        vendor_named(name)


def test_a_row_of_ones_own_is_read_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name is that of the file; the how-to's is one."""
    monkeypatch.chdir(tmp_path)
    path = Path(__file__).parents[4] / "docs" / "how-to" / "vendors.md"
    (row,) = re.findall(r"```text\n(title = .*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    Path("observatory.toml").write_text(row, encoding="utf-8")
    vendor = vendor_named("./observatory.toml")
    assert ("observatory", ("traces", "logs")) == (vendor.name, vendor.signals)


ROW = """
title = "x"
signals = ["traces"]
source = "https://x"
as_of = 2026-11-26
[routes.grpc]
endpoint = "https://{HOST}"
[variables.HOST]
meaning = "host"
"""


@pytest.mark.parametrize(
    ("text", "instead", "told"),
    [
        ("endpoint", "endpont", "Object contains unknown field `endpont` - at `routes[...]`"),
        ('["traces"]', '["spans"]', "Invalid enum value 'spans' - at `signals[0]`"),
        ("variables.HOST", "variables.HOTS", "variables.HOST: missing, as a template names it"),
        (
            '"host"',
            "'a \"b\"'",
            '\'a "b"\': has a character that does not fit into quotes: ", `, $, {, }, \\ or a new line',
        ),
        ('[routes.grpc]\nendpoint = "https://{HOST}"', "routes = {}", "routes: there is none"),
    ],
)
def test_what_is_wrong_with_a_row_is_told_with_its_key(tmp_path: Path, text: str, instead: str, told: str) -> None:
    """A mistyped key is an error, and so is what nothing could be made of."""
    path = tmp_path / "x.toml"
    path.write_text(ROW.replace(text, instead), encoding="utf-8")
    with pytest.raises(OtelOpsError) as caught:
        vendor_named(str(path))
    assert f"{path}: {told}; mend it, or look at the row of another vendor" == str(caught.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """As every other file is."""
    with pytest.raises(FileNotFoundError):
        vendor_named(str(tmp_path / "x.toml"))
