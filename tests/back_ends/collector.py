"""The real OpenTelemetry Collector."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.back_ends.answers import get_bytes
from tests.back_ends.cache import folder_of
from tests.back_ends.server import Server, free_ports

CONFIGURATIONS = Path(__file__).parent / "configurations"

_HOST = "http://127.0.0.1"

NEWEST, WITH_OPENSEARCH = "otelcol-0.158", "otelcol-0.141"
"""The one that is used, and the newest that can write to OpenSearch."""


@dataclass(frozen=True)
class Collector:
    """A collector that runs.

    Attributes:
        server: Its process.
        http: Address that takes OTLP over HTTP.
        grpc: Address that takes OTLP over gRPC.
        telemetry: Address of its own metrics.
    """

    server: Server
    http: str
    grpc: str
    telemetry: str

    def counts(self) -> dict[str, float]:
        """Give its own metrics, by name and labels as they are written there."""
        lines = get_bytes(self.telemetry).decode().splitlines()
        samples = [line.rpartition(" ") for line in lines if not line.startswith("#")]
        return {series: float(value) for series, _, value in samples}

    def total(self, metric: str) -> float:
        """Give the sum of one of its own metrics over all labels."""
        return sum(value for series, value in self.counts().items() if series.partition("{")[0] == metric)


def collector_program(name: str = NEWEST) -> Path:
    """Give the program.

    Raises:
        NotMadeError: it is not there.
    """
    return folder_of(name) / "otelcol"


@contextmanager
def collector(
    folder: Path, *overlays: str, name: str = NEWEST, environment: Mapping[str, str] | None = None
) -> Iterator[Collector]:
    """Run a collector with the base and overlays; the environment tells these where back ends are."""
    http, grpc, health, telemetry = map(str, free_ports(4))
    configurations = [CONFIGURATIONS / f"{overlay}.yaml" for overlay in ("base", *overlays)]
    command = [collector_program(name), *(f"--config={path}" for path in configurations)]
    ports = {"OPS_HTTP_PORT": http, "OPS_GRPC_PORT": grpc, "OPS_HEALTH_PORT": health, "OPS_METRICS_PORT": telemetry}
    with Server(command, f"{_HOST}:{health}", folder / f"{name}.log", {**ports, **(environment or {})}) as server:
        yield Collector(server, f"{_HOST}:{http}", f"{_HOST}:{grpc}", f"{_HOST}:{telemetry}/metrics")
