"""The real Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.back_ends.answers import get
from tests.back_ends.cache import folder_of
from tests.back_ends.collector import CONFIGURATIONS
from tests.back_ends.server import Server, free_ports

Json = dict[str, Any]


@dataclass(frozen=True)
class Prometheus:
    """A Prometheus that runs.

    Attributes:
        server: Its process.
        address: Address of its page and its query API.
    """

    server: Server
    address: str

    @property
    def otlp(self) -> str:
        """Address below which it takes OTLP."""
        return f"{self.address}/api/v1/otlp"

    def ask(self, expression: str) -> list[Json]:
        """Give the series that an expression has now."""
        found: list[Json] = get(f"{self.address}/api/v1/query", query=expression)["data"]["result"]
        return found

    def values(self, expression: str, label: str) -> dict[str, float]:
        """Give the value that an expression has now, by the value of a label."""
        return {series["metric"].get(label, ""): float(series["value"][1]) for series in self.ask(expression)}

    def exemplars(self, expression: str, start: float, end: float) -> list[Json]:
        """Give the series that have exemplars between two times, in seconds since the epoch."""
        query = {"query": expression, "start": start, "end": end}
        found: list[Json] = get(f"{self.address}/api/v1/query_exemplars", **query)["data"]
        return found


@contextmanager
def prometheus(
    folder: Path, configuration: Path = CONFIGURATIONS / "prometheus.yaml", *, features: str = "exemplar-storage"
) -> Iterator[Prometheus]:
    """Run Prometheus with an empty store, and features with commas."""
    (port,) = free_ports(1)
    address = f"http://127.0.0.1:{port}"
    command = [
        folder_of("prometheus") / "prometheus",
        f"--config.file={configuration}",
        f"--storage.tsdb.path={folder / 'prometheus'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--web.enable-otlp-receiver",
        f"--enable-feature={features}",
    ]
    with Server(command, f"{address}/-/ready", folder / "prometheus.log") as server:
        yield Prometheus(server, address)
