"""Recognizes vendors by the URL that something is sent to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from otel_ops.collector.vendors.row import VARIABLE, Signal, Variable, Vendor
from otel_ops.collector.vendors.rows import vendor_named, vendor_names

_ANY = "[^/:]+"
_HOST = re.compile(r"https://([^/:]+)")


def vendor_at(url: str) -> Vendor | None:
    """Find whose host a URL has; None for a host that is nobody's, or that each customer names differently."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:  # it is no URL
        return None
    return next((vendor for vendor in map(vendor_named, vendor_names()) if _is_host_of(host, vendor)), None)


def _is_host_of(host: str, vendor: Vendor) -> bool:
    patterns = {_pattern(template, vendor) for template in _hosts(vendor)}
    return any(re.fullmatch(pattern, host) for pattern in patterns if pattern != _ANY)


def _hosts(vendor: Vendor) -> Iterator[str]:
    """Give the templates of the hosts."""
    for route in vendor.routes.values():
        urls = (route.endpoint, *map(route.own_url, vendor.signals))
        yield from (found[1] for found in map(_HOST.match, urls) if found)


def takes_at(vendor: Vendor, signal: Signal, url: str) -> bool:
    """Tell whether a URL has the path at which the vendor takes a signal over HTTP."""
    route = vendor.routes["http/protobuf"]
    wanted = route.own_url(signal) or f"{route.endpoint}/v1/{signal}"
    return bool(re.fullmatch(_pattern(_path(wanted), vendor), _path(url)))


def _path(url: str) -> str:
    return re.sub("^https?://[^/]*", "", url)


def _pattern(template: str, vendor: Vendor) -> str:
    """Make a regular expression of a template: variables stand for their known values, or for anything."""
    parts = VARIABLE.split(template)
    return "".join(_values(vendor.variables[part]) if at % 2 else re.escape(part) for at, part in enumerate(parts))


def _values(variable: Variable) -> str:
    known = {*variable.regions.values(), *([variable.default] if variable.default else [])}
    return _ANY if variable.any_region or not known else f"(?:{'|'.join(map(re.escape, sorted(known)))})"
