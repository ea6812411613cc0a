"""The files beside the overlays: for back ends, dashboards and containers, in sets of what is used together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from otel_ops.collector.folder import configuration_folder
from otel_ops.exceptions import CollectorError
from otel_ops.settings.values import unknown


class FileSet(NamedTuple):
    """Files that are used together.

    Attributes:
        summary: What they are for, in a line.
        paths: Files, and folders with all that is in them, below the folder of the configuration.
    """

    summary: str
    paths: tuple[str, ...]


FILE_SETS = {
    "compose": FileSet(
        "collector, Jaeger, Prometheus, Grafana, Elasticsearch and Kibana on one machine (docker compose up)",
        (
            "compose.yaml",
            "base.yaml",
            "jaeger.yaml",
            "prometheus.yaml",
            "elasticsearch.yaml",
            "provisioning",
            "rules",
            "dashboards",
            "elasticsearch",
            "kibana",
        ),
    ),
    "kubernetes": FileSet(
        "collectors in Kubernetes: an agent on each node, a pool of gateways (kubectl apply --kustomize FOLDER)",
        ("kustomization.yaml", "kubernetes", "base.yaml", "gateway.yaml", "jaeger.yaml", "prometheus.yaml"),
    ),
    "grafana": FileSet("dashboards and data sources", ("provisioning/grafana", "dashboards")),
    "prometheus": FileSet(
        "configuration of a Prometheus 3 that collectors send to, with rules and alerts",
        ("provisioning/prometheus", "rules"),
    ),
    "jaeger": FileSet("configuration of a Jaeger 2 behind a collector", ("provisioning/jaeger",)),
    "elasticsearch": FileSet("templates and a lifecycle for documents (elasticsearch/install.sh)", ("elasticsearch",)),
    "opensearch": FileSet(
        "templates, pipelines and a lifecycle for documents (opensearch/install.sh)", ("opensearch",)
    ),
    "kibana": FileSet("data views, searches and dashboards, to be imported as saved objects", ("kibana",)),
    "logstash": FileSet("a pipeline that takes what the overlay logstash sends", ("logstash",)),
}
"""All sets by name; a file may stand in several."""


def files_of(names: Iterable[str]) -> list[str]:
    """Give the files of some sets, each once, as paths below the folder of the configuration.

    Raises:
        CollectorError: There is no such set.
    """
    paths = dict.fromkeys(path for name in names for path in _named(name).paths)
    return list(dict.fromkeys(file for path in paths for file in _files_below(path)))


def shipped(file: str) -> Path:
    """Give where a file is."""
    return configuration_folder() / file


def _named(name: str) -> FileSet:
    if name in FILE_SETS:
        return FILE_SETS[name]
    msg = f"{name}: {unknown('set of files', name, FILE_SETS)}"
    raise CollectorError(msg)


def _files_below(path: str) -> Iterator[str]:
    root = configuration_folder()
    place = root / path
    files = [place] if place.is_file() else sorted(below for below in place.rglob("*") if below.is_file())
    return (file.relative_to(root).as_posix() for file in files)
