"""Programs that export as a vendor's block of environment variables says, over TLS, to a server in the vendor's place.

Names of hosts, ports, paths and headers are the vendors' own; the expected ones are written from their pages, by hand.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from otel_ops.collector.vendors import chosen, environment_block, vendor_named, vendor_names
from tests.integration.conftest import APART
from tests.integration.vendors.conftest import Charge
from tests.integration.vendors.google import check_google, google_account
from tests.integration.vendors.pages import CASES, GRPC, HTTP, ON_VENDORS_PAGES, secrets_of
from tests.integration.vendors.server import VendorServer

needs_distros = pytest.mark.skipif(not APART.exists(), reason="`make` installs distros")


def test_every_vendor_that_needs_no_collector_is_here() -> None:
    """A row with a header for its secret is run over each of its protocols."""
    direct = [vendor for vendor in map(vendor_named, vendor_names()) if not vendor.authenticators]
    assert {(vendor.name, protocol) for vendor in direct for protocol in vendor.routes} == set(ON_VENDORS_PAGES)


@needs_distros
@pytest.mark.parametrize(("name", "protocol"), CASES)
def test_a_program_exports_as_the_vendor_wants(server: VendorServer, charge: Charge, name: str, protocol: str) -> None:
    """Host, port, path, headers, protocol, compression and temporality of each signal are as its source has them."""
    expected = ON_VENDORS_PAGES[name, protocol]
    choice = chosen(vendor_named(name), protocol)
    charge(environment_block(choice), **server.environment, **secrets_of(choice), **expected.values)
    expected.check(server.requests, protocol)


@pytest.mark.parametrize(
    ("name", "protocol"), [("uptrace", HTTP), ("uptrace", GRPC), ("axiom", HTTP), ("splunk", HTTP)]
)
def test_configure_exports_as_the_vendor_wants(server: VendorServer, charge: Charge, name: str, protocol: str) -> None:
    """`otel-ops run` sends spans, log records and metrics of operations as the block says, too, without any distro."""
    choice = chosen(vendor_named(name), protocol)
    quiet = {"OTEL_OPS_ANNOUNCE": "false", "OTEL_OPS_OUTPUTS": "[]"}
    charge(environment_block(choice), "otel-ops run", "", **server.environment, **secrets_of(choice), **quiet)
    metrics = ("ops.operation.runs", "ops.operation.duration")
    ON_VENDORS_PAGES[name, protocol].check(server.requests, protocol, metrics)


@needs_distros
@pytest.mark.parametrize("protocol", [GRPC, HTTP])
def test_google_is_sent_a_token_that_its_library_gets(
    server: VendorServer, charge: Charge, tmp_path: Path, protocol: str
) -> None:
    """The package that the block names gets tokens with a person's credentials; project and quota go along."""
    choice = chosen(vendor_named("google-cloud"), protocol)
    environment = {**server.environment, **google_account(tmp_path)}
    charge(environment_block(choice), apart="opentelemetry google", **environment)
    check_google(server.requests, protocol)
