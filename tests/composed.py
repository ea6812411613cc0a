"""What `compose.yaml` says of its services."""

from __future__ import annotations

import io
from pathlib import PurePosixPath
from typing import Any

from ruamel.yaml import YAML

from otel_ops.collector.shipped import shipped

Json = dict[str, Any]

FILE = shipped("compose.yaml")
COMPOSE: Json = YAML(typ="safe").load(io.StringIO(FILE.read_text("utf-8")))
SERVICES: dict[str, Json] = COMPOSE["services"]


def environment(service: str) -> dict[str, str]:
    return {name: str(value) for name, value in SERVICES[service].get("environment", {}).items()}


def mounts(service: str) -> dict[PurePosixPath, str]:
    """Give what is mounted where."""
    parts = [volume.split(":") for volume in SERVICES[service].get("volumes", ())]
    return {PurePosixPath(part[1]): part[0] for part in parts}


def ours(service: str) -> dict[PurePosixPath, str]:
    """Give what is mounted of our files."""
    return {place: source[2:] for place, source in mounts(service).items() if source.startswith("./")}


def ports(service: str) -> set[int]:
    """Give where a service listens: what is published, and what its variables say."""
    published = {int(port.rpartition(":")[2]) for port in SERVICES[service].get("ports", ())}
    return published | {int(value[8:]) for value in environment(service).values() if value.startswith("0.0.0.0:")}
