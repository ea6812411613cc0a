"""What is chosen of a vendor's row: a protocol, and a region."""

from __future__ import annotations

import re
from typing import NamedTuple

from otel_ops.collector.vendors.row import Protocol, Route, Signal, Vendor
from otel_ops.exceptions import OtelOpsError

_NAME = re.compile(r"[\w.-]+")


class Choice(NamedTuple):
    """A vendor, and the ways that are chosen where it has several.

    Attributes:
        vendor: The row.
        protocol: The protocol.
        values: What variables hold because of the chosen region.
    """

    vendor: Vendor
    protocol: Protocol
    values: dict[str, str]

    @property
    def route(self) -> Route:
        """Where the protocol ends."""
        return self.vendor.routes[self.protocol]

    @property
    def signals(self) -> tuple[Signal, ...]:
        """What can be sent."""
        return self.vendor.signals_over(self.protocol)


def chosen(vendor: Vendor, protocol: str | None = None, region: str | None = None) -> Choice:
    """Choose a protocol and region, by default the vendor's first protocol and what its variables say.

    Raises:
        OtelOpsError: the vendor does not take the protocol, or has no such region.
    """
    return Choice(vendor, _protocol(vendor, protocol), _values(vendor, region) if region else {})


def _protocol(vendor: Vendor, wanted: str | None) -> Protocol:
    if wanted is None:
        return next(iter(vendor.routes))
    for protocol in vendor.routes:
        if protocol == wanted:
            return protocol
    msg = f"protocol {wanted}: {vendor.title} does not take it; use {' or '.join(vendor.routes)}"
    raise OtelOpsError(msg)


def _values(vendor: Vendor, region: str) -> dict[str, str]:
    name = vendor.region_variable
    if name is None:
        msg = f"region {region}: {vendor.title} has none to choose from; leave it out"
        raise OtelOpsError(msg)
    variable = vendor.variables[name]
    if region not in variable.regions and not (variable.any_region and _NAME.fullmatch(region)):
        msg = f"region {region}: {vendor.title} has no such region; use {' or '.join(variable.regions)}"
        raise OtelOpsError(msg)
    return {name: variable.regions.get(region, region)}
