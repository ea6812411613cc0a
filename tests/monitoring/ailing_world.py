"""A Prometheus with our rules, over a program and collectors that ail in all ways that alerts tell of."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError

from ruamel.yaml import YAML

from otel_ops.collector.folder import configuration_folder
from tests import collectors
from tests.back_ends.collector import Collector, collector
from tests.back_ends.jaeger import Jaeger
from tests.back_ends.prometheus import Prometheus, prometheus
from tests.back_ends.server import free_ports
from tests.monitoring.staying import staying

RULES = configuration_folder() / "rules"

_SERVER = configuration_folder() / "provisioning" / "prometheus" / "prometheus.yaml"
_LOSSY = Path(__file__).with_name("lossy.yaml")
_REQUESTS = 30
"""More than the queue of `lossy.yaml` holds."""

_YAML = YAML(typ="safe", pure=True)


@dataclass(frozen=True)
class AilingWorld:
    """What runs in it.

    Attributes:
        prometheus: A Prometheus of its own.
        jaeger: Where the traces are.
        service: Name of the program.
        began: When it began, in seconds since the epoch.
    """

    prometheus: Prometheus
    jaeger: Jaeger
    service: str
    began: float


@contextmanager
def ailing_world(folder: Path, jaeger: Jaeger) -> Iterator[AilingWorld]:
    """Run a program that fails, gets slow and hangs; beside its collector one that loses, and one that is away."""
    began, service = time.time(), f"ailing {os.getpid()}"
    ports = free_ports(3)
    with ExitStack() as stack:
        server = stack.enter_context(prometheus(folder, server_configuration(folder, ports)))
        whole = stack.enter_context(_whole_collector(folder, ports[0], server, jaeger))
        lossy = stack.enter_context(_lossy_collector(folder, ports[1], server))
        stack.enter_context(_program(folder, whole, service))
        _overflow(lossy)
        yield AilingWorld(server, jaeger, service, began)


def server_configuration(folder: Path, ports: Sequence[int]) -> Path:
    """Write the configuration that we ship, with collectors at ports, and all that takes minutes in a second."""
    configuration = _YAML.load(_SERVER)
    (job,) = configuration["scrape_configs"]
    job["static_configs"] = [{"targets": [f"127.0.0.1:{port}" for port in ports]}]
    configuration["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    configuration["rule_files"] = [str(_hasty(rules, folder)) for rules in RULES.glob("*.yaml")]
    return _written(configuration, folder / "prometheus.yaml")


def _hasty(rules: Path, folder: Path) -> Path:
    """Copy rules: alerts fire at once, where ours wait for minutes."""
    document = _YAML.load(rules)
    for group in document["groups"]:
        for rule in group["rules"]:
            rule.pop("for", None)
    return _written(document, folder / f"hasty_{rules.name}")


def _written(document: object, path: Path) -> Path:
    with path.open("w", encoding="utf-8") as file:
        _YAML.dump(document, file)
    return path


def _whole_collector(folder: Path, port: int, server: Prometheus, jaeger: Jaeger) -> AbstractContextManager[Collector]:
    environment = {
        "OPS_METRICS_PORT": str(port),
        "PROMETHEUS_ENDPOINT": server.otlp,
        "JAEGER_ENDPOINT": jaeger.grpc,
        "SPAN_METRICS_INTERVAL": "500ms",
        "OPS_ARCHIVE_DIR": str(folder / "archive"),
    }
    return collector(_made(folder / "whole"), "prometheus", "jaeger", "archive", environment=environment)


def _lossy_collector(folder: Path, port: int, server: Prometheus) -> AbstractContextManager[Collector]:
    environment = {"OPS_METRICS_PORT": str(port), "REFUSING_ENDPOINT": f"{server.address}/nowhere"}
    return collector(_made(folder / "lossy"), str(_LOSSY), environment=environment)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _program(folder: Path, whole: Collector, service: str) -> AbstractContextManager[None]:
    return staying(
        "ailing.py",
        folder=folder,
        OTEL_SERVICE_NAME=service,
        OTEL_EXPORTER_OTLP_ENDPOINT=whole.http,
        OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf",
        OTEL_LOGS_EXPORTER="otlp",
        OTEL_METRICS_EXPORTER="otlp",
        OTEL_METRIC_EXPORT_INTERVAL="500",
        OTEL_BSP_SCHEDULE_DELAY="200",
    )


def _overflow(lossy: Collector) -> None:
    """Send more requests than a queue holds; those that are refused are not sent again."""
    for number in range(_REQUESTS):
        with suppress(HTTPError):
            collectors.send(lossy.http.removeprefix("http://"), [collectors.span(number)])
