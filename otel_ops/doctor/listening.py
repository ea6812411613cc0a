"""What listens at an endpoint: whether it speaks what it is sent, and what its clock says."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from functools import partial

from otel_ops.doctor.endpoints import GRPC, HTTP, Endpoint
from otel_ops.doctor.findings import Finding, Level
from otel_ops.doctor.patience import within
from otel_ops.doctor.wire import HTTP_1, HTTP_2, TLS, Listener, listener_at

_PROTOCOL = "OTEL_EXPORTER_OTLP_PROTOCOL"
_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
_OFFSET_SECONDS = 2.0
_HALF_A_SECOND = 0.5
"""A clock that tells whole seconds is behind by so much on average."""


def listening(endpoint: Endpoint, seconds: float) -> Iterator[Finding]:
    """Find out what listens; nothing is told where a proxy stands in between.

    Args:
        endpoint: Where.
        seconds: How long that may take.
    """
    if _is_proxied(endpoint):
        return
    try:
        listener = within(
            2 * seconds, partial(listener_at, endpoint.host, endpoint.port, seconds / 3, endpoint.path or "/")
        )
    except (OSError, UnicodeError) as error:
        yield _nobody(endpoint, error)
    else:
        yield mix_up(endpoint, listener.spoken) or _page(endpoint, listener) or _listener(endpoint, listener)
        yield from clock_offset(listener)


def _is_proxied(endpoint: Endpoint) -> bool:
    """Tell whether a proxy is asked for the endpoint: what listens there is not known to us."""
    scheme = "https" if endpoint.is_secure else "http"
    return scheme in urllib.request.getproxies() and not urllib.request.proxy_bypass(endpoint.host)


def _nobody(endpoint: Endpoint, error: OSError | UnicodeError) -> Finding:
    remedy = f"start a collector there, or set {_ENDPOINT} to where one listens"
    text = f"nothing can be sent to {endpoint.address}: {getattr(error, 'strerror', None) or error}"
    return Finding("endpoint.listener", text, Level.ERROR, remedy)


def mix_up(endpoint: Endpoint, spoken: frozenset[str]) -> Finding | None:
    """Tell where the exporter and what listens do not speak the same; None where they do, or nothing is known."""
    place = f"port {endpoint.port}"
    if not endpoint.is_secure and TLS in spoken:
        return _mixed_up(
            f"{place} speaks TLS, and is sent plain text", f"begin the endpoint ({_ENDPOINT}) with https://"
        )
    if endpoint.is_secure and spoken and TLS not in spoken:
        return _mixed_up(
            f"{place} speaks plain text, and is sent TLS", f"begin the endpoint ({_ENDPOINT}) with http://"
        )
    if endpoint.protocol == GRPC and HTTP_1 in spoken and HTTP_2 not in spoken:
        remedy = f"set {_PROTOCOL}={HTTP}, or name the port of gRPC, by convention 4317"
        return _mixed_up(f"{place} speaks HTTP/1 only, and is sent gRPC", remedy)
    if endpoint.protocol == HTTP and HTTP_2 in spoken and HTTP_1 not in spoken:
        remedy = f"set {_PROTOCOL}={GRPC}, or name the port of OTLP over HTTP, by convention 4318"
        return _mixed_up(f"{place} speaks gRPC (HTTP/2) only, and is sent HTTP/1", remedy)
    return None


def _page(endpoint: Endpoint, listener: Listener) -> Finding | None:
    """Tell where a page for people stands, as Jaeger's, which calls all well that it is sent, and keeps nothing."""
    if endpoint.protocol != HTTP or not listener.is_page:
        return None
    text = f"{endpoint.url} is a page for people: whatever is sent there is lost"
    return _mixed_up(text, "name the port of OTLP, by convention 4318 over HTTP and 4317 over gRPC")


def _mixed_up(text: str, remedy: str) -> Finding:
    return Finding("endpoint.protocol", text, Level.ERROR, remedy)


def _listener(endpoint: Endpoint, listener: Listener) -> Finding:
    speaks = sorted(listener.spoken)
    data = {"address": endpoint.address, "speaks": speaks}
    if speaks:
        return Finding("endpoint.listener", f"{endpoint.address} speaks {', '.join(speaks)}", data=data)
    remedy = "look whether a collector listens there, and whether it hangs"
    text = f"{endpoint.address} takes connections, and answers nothing"
    return Finding("endpoint.listener", text, Level.WARNING, remedy, data)


def clock_offset(listener: Listener) -> Iterator[Finding]:
    """Tell how far the clock of what listens is ahead of ours, where it tells its time."""
    if listener.clock is None:
        return
    offset = listener.clock.timestamp() + _HALF_A_SECOND - listener.asked_at
    data = {"offset_seconds": round(offset, 1)}
    if abs(offset) <= _OFFSET_SECONDS:
        yield Finding("clock", f"its clock and ours agree within {_OFFSET_SECONDS:g} s", data=data)
        return
    text = f"its clock is {abs(offset):.0f} s {'ahead of' if offset > 0 else 'behind'} ours"
    remedy = "set both by NTP: spans of several hosts will stand in the wrong order, and new ones may be refused"
    yield Finding("clock", text, Level.WARNING, remedy, data)
