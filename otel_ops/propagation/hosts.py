"""Hosts: which one is called, and whether it is listed.

Propagators are not told. The current CLIENT span is: instrumentations set one attribute or another on it, by the
version of the semantic conventions that they keep to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from opentelemetry import trace
from opentelemetry.context import Context

_NAMES = ("server.address", "net.peer.name")
_AUTHORITIES = ("http.host",)
_URLS = ("url.full", "http.url")
_AMBIGUOUS = re.compile(r"[^/?#]*//[^/?#]*[\\\x00-\x20]")
_CALLERS = (trace.SpanKind.CLIENT, trace.SpanKind.PRODUCER)


def is_calling(context: Context | None = None) -> bool:
    """Tell whether the current span is that of a call to another program."""
    return getattr(trace.get_current_span(context), "kind", None) in _CALLERS


def host_called(context: Context) -> str:
    """Name the host that is called; empty where the current span does not tell."""
    if not is_calling(context):
        return ""
    attributes: Mapping[str, object] = getattr(trace.get_current_span(context), "attributes", None) or {}
    told = [_plain(str(attributes[key])) for key in _NAMES if key in attributes]
    told += [_host_of(str(attributes[key])) for key in _AUTHORITIES if key in attributes]
    told += [_host_in(str(attributes[key])) for key in _URLS if key in attributes]
    return next(filter(None, told), "")


def hosts_of_url(url: str) -> list[str]:
    """Name the host of a URL."""
    return [_host_in(url)]


def hosts_of_target(target: str) -> list[str]:
    """Name the hosts of a target of gRPC, such as ``dns:///a.lab:50051`` or ``ipv4:10.0.0.1:80,10.0.0.2:80``."""
    scheme, colon, rest = target.partition(":")
    if scheme in {"unix", "unix-abstract", "vsock"} and colon:
        return [""]
    if scheme not in {"ipv4", "ipv6"}:
        rest = target.rpartition("/")[2] if "://" in target else target.removeprefix("dns:")
    return [_host_of(address) for address in rest.split(",")]


def are_listed(hosts: Iterable[str], globs: Iterable[str]) -> bool:
    """Tell whether every host matches one of the globs; that of an unknown host is empty, and only ``*`` matches it."""
    return all(any(fnmatchcase(host, _plain(glob)) for glob in globs) for host in hosts)


def _plain(host: str) -> str:
    return host.strip().lower().removeprefix("[").removesuffix("]").removesuffix(".")


def _host_of(address: str) -> str:
    """Name the host of an address with or without a port; ``::1`` is one without."""
    is_bare = address.count(":") > 1 and "[" not in address
    return _plain(address) if is_bare else _host_in("//" + address)


def _host_in(url: str) -> str:
    """Name the host of a URL; empty where it cannot be read, or clients read it in different ways."""
    if _AMBIGUOUS.match(url):
        return ""
    try:
        return _plain(urlsplit(url).hostname or "")
    except ValueError:
        return ""
