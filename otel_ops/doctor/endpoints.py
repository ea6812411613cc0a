"""Where OTLP exporters send to, taken from the exporters themselves."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from otel_ops.redaction import redacted

GRPC = "grpc"
HTTP = "http/protobuf"

_OTLP = "opentelemetry.exporter.otlp.proto."
_PORTS = {"http": 80, "https": 443}


class Endpoint(NamedTuple):
    """Where an exporter sends to.

    Attributes:
        protocol: ``grpc`` or ``http/protobuf``.
        is_secure: Whether over TLS.
        host: Name or address.
        port: The port.
        path: The path of the URL; empty for gRPC.
    """

    protocol: str
    is_secure: bool
    host: str
    port: int
    path: str = ""

    @property
    def url(self) -> str:
        """The endpoint as a URL, without user and password."""
        return f"{'https' if self.is_secure else 'http'}://{self.address}{self.path}"

    @property
    def address(self) -> str:
        """Host and port."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def place(self) -> tuple[object, ...]:
        """What is spoken, and where, whatever the path."""
        return self[:4]


def is_otlp(exporter: object) -> bool:
    """Tell whether it is an OTLP exporter of OpenTelemetry's."""
    return type(exporter).__module__.startswith(_OTLP)


def endpoint_of(exporter: object) -> Endpoint:
    """Find out where an OTLP exporter sends to; it keeps that to itself, but for names that it may change.

    Raises:
        ValueError: It does not tell, or what it tells is no endpoint.
    """
    text = str(getattr(exporter, "_endpoint", ""))
    if type(exporter).__module__.startswith(f"{_OTLP}{GRPC}"):
        return _endpoint(GRPC, f"{'http' if getattr(exporter, '_insecure', True) else 'https'}://{text}", 4317)
    return _endpoint(HTTP, text)


def _endpoint(protocol: str, url: str, usual_port: int | None = None) -> Endpoint:
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        msg = f"{redacted(url)!r} is no URL that begins with http:// or https://"
        raise ValueError(msg)
    port = parts.port or usual_port or _PORTS[parts.scheme]
    return Endpoint(protocol, parts.scheme == "https", parts.hostname, port, "" if protocol == GRPC else parts.path)
