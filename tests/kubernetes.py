"""What the files for Kubernetes say."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from ruamel.yaml import YAML

from otel_ops.collector.shipped import shipped
from tests.deployed import Deployed

Json = dict[str, Any]

COLLECTORS = ["otelcol-agent", "otelcol-gateway"]
WORKLOADS = ("DaemonSet", "StatefulSet")


def documents(text: str) -> list[Json]:
    return list(YAML(typ="safe").load_all(io.StringIO(text)))


KUSTOMIZATION: Json = documents(shipped("kustomization.yaml").read_text("utf-8"))[0]
RESOURCES = [one for file in KUSTOMIZATION["resources"] for one in documents(shipped(file).read_text("utf-8"))]


def named(name: str, *kinds: str) -> Json:
    (found,) = (one for one in RESOURCES if one["kind"] in kinds and one["metadata"]["name"] == name)
    return found


def pod_of(name: str) -> Json:
    spec: Json = named(name, *WORKLOADS)["spec"]["template"]["spec"]
    return spec


def container_of(name: str) -> Json:
    (container,) = pod_of(name)["containers"]
    found: Json = container
    return found


def deployed(name: str) -> Deployed:
    """Give a collector with the variables of its container; those that a pod fills in have their own name."""
    container = container_of(name)
    return Deployed(container["args"], {one["name"]: one.get("value", one["name"]) for one in container["env"]})


def mounts(container: Json) -> dict[PurePosixPath, str]:
    return {PurePosixPath(one["mountPath"]): one["name"] for one in container["volumeMounts"]}


def volumes(name: str) -> Iterator[str]:
    yield from (one["name"] for one in pod_of(name)["volumes"])
    claims = named(name, *WORKLOADS)["spec"].get("volumeClaimTemplates", ())
    yield from (one["metadata"]["name"] for one in claims)


def ports(name: str) -> dict[str, int]:
    return {one["name"]: one["containerPort"] for one in container_of(name)["ports"]}
