"""The real OpenTelemetry Collector."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from otel_ops.collector.merging import merged
from otel_ops.collector.older_names import parsed_version
from otel_ops.collector.rendering import as_text
from otel_ops.collector.sources import base_and
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

    def total(self, metric: str, label: str = "") -> float:
        """Give the sum of one of its own metrics, as new ones call it, over all series, or over those with a label."""
        series = ((*name.partition("{"), value) for name, value in self.counts().items())
        names = {metric, f"{metric}_total"}  # as older ones call it
        return sum(value for name, _, labels, value in series if name in names and label in labels)


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
    """Run a collector with the base and overlays; the environment tells these where back ends are.

    Args:
        folder: Where its configuration, its queues and what it writes are kept.
        overlays: Names of ours, or files.
        name: Which collector; the configuration has the names that this one knows.
        environment: What the overlays ask for.
    """
    http, grpc, health, telemetry = map(str, free_ports(4))
    configuration = folder / f"{name}.yaml"
    configuration.write_text(_configuration(overlays, name), encoding="utf-8")
    command = [collector_program(name), f"--config={configuration}"]
    places = {
        "OPS_HTTP_PORT": http,
        "OPS_GRPC_PORT": grpc,
        "OPS_HEALTH_PORT": health,
        "OPS_METRICS_PORT": telemetry,
        "OPS_QUEUE_DIR": str(folder / f"{name}.queue"),
    }
    with Server(command, f"{_HOST}:{health}", folder / f"{name}.log", {**places, **(environment or {})}) as server:
        yield Collector(server, f"{_HOST}:{http}", f"{_HOST}:{grpc}", f"{_HOST}:{telemetry}/metrics")


def _configuration(overlays: Sequence[str], name: str) -> str:
    version = parsed_version(name.removeprefix("otelcol-"))
    return as_text(merged(base_and(overlays)), version)
