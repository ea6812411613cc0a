"""The real Jaeger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import msgspec

from otel_ops.collector.shipped import shipped
from otel_ops.otlp_json.reading import decode
from otel_ops.span_record import SpanRecord
from tests.back_ends.answers import get
from tests.back_ends.cache import folder_of
from tests.back_ends.server import Server, free_ports

Json = dict[str, Any]

CONFIGURATION = shipped("provisioning/jaeger/jaeger.yaml")
"""What it is run with."""


@dataclass(frozen=True)
class Jaeger:
    """A Jaeger that runs.

    Attributes:
        server: Its process.
        grpc: Host and port that take OTLP over gRPC.
        address: Address of its page and its query API.
    """

    server: Server
    grpc: str
    address: str

    def traces(self, service: str, **query: object) -> list[Json]:
        """Give the traces of a service, in Jaeger's own form."""
        found: list[Json] = get(f"{self.address}/api/traces", service=service, limit=1_000, **query)["data"]
        return found

    def spans(self, trace_id: str) -> list[SpanRecord]:
        """Give the spans of a trace, which Jaeger answers as OTLP; none where it has no such trace."""
        try:
            answer = get(f"{self.address}/api/v3/traces/{trace_id}")["result"]
        except HTTPError as error:
            if error.code == HTTPStatus.NOT_FOUND:
                return []
            raise
        return list(decode(msgspec.json.encode(answer)).spans)

    def metrics(self, kind: str, service: str, quantile: float = 0.95) -> list[Json]:
        """Give what its Monitor tab shows: ``calls``, ``errors`` or ``latencies``."""
        asked = {"service": service, "groupByOperation": "true", "quantile": quantile, "spanKind": "internal"}
        found: list[Json] = get(f"{self.address}/api/metrics/{kind}", **asked)["metrics"]
        return found


@contextmanager
def jaeger(folder: Path, prometheus: str) -> Iterator[Jaeger]:
    """Run Jaeger with an empty store; its Monitor tab asks the Prometheus at an address."""
    query, query_grpc, grpc, health = (f"127.0.0.1:{port}" for port in free_ports(4))
    command = [folder_of("jaeger") / "jaeger", f"--config={CONFIGURATION}"]
    environment = {
        "JAEGER_QUERY": query,
        "JAEGER_QUERY_GRPC": query_grpc,
        "JAEGER_OTLP": grpc,
        "JAEGER_HEALTH": health,
        "PROMETHEUS": prometheus,
        "OTEL_TRACES_SAMPLER": "always_off",  # or it sends spans of its own to port 4317
    }
    with Server(command, f"http://{health}/status", folder / "jaeger.log", environment) as server:
        yield Jaeger(server, grpc, f"http://{query}")
