"""Starts an agent and two gateways as the files for Kubernetes say, and a Jaeger and a Prometheus where they look."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path, PurePosixPath

from tests.back_ends.answers import get_bytes
from tests.kubernetes import container_of, deployed, mounts
from tests.monitoring.containers import Container, arrived, otel_ops, prepare, send

_AGENT = "127.0.0.1"
_GATEWAYS = ("127.0.0.2", "127.0.0.3")
_BACK_ENDS = "127.0.0.4"
_HOSTS = {
    _AGENT: "localhost",
    **dict.fromkeys(_GATEWAYS, "otelcol-gateway"),
    _BACK_ENDS: "jaeger prometheus",
}
_PLACE = PurePosixPath("/etc/configuration.yaml")


def main(folder: Path) -> None:
    """Copy the files out as a person does, start, send, ask and print."""
    prepare()
    copies = folder / "observability"
    otel_ops("collector", "files", "kubernetes", "jaeger", "prometheus", "--folder", copies)
    with ExitStack() as stack:
        for container in _containers(copies):
            stack.enter_context(container.started(folder, _HOSTS))
        spans = len(send(folder / "trace.jsonl", "http://localhost:4317", times=24).spans)
        answers = arrived(spans)
        print(json.dumps({"sent": spans, **answers, "shares": [_received(gateway) for gateway in _GATEWAYS]}))


def _containers(copies: Path) -> Iterator[Container]:
    jaeger = {
        "JAEGER_OTLP": f"{_BACK_ENDS}:4317",
        "PROMETHEUS": "http://prometheus:9090",
        "OTEL_TRACES_SAMPLER": "always_off",  # or it sends spans of its own to the agent
    }
    yield _back_end("jaeger", (f"--config={_PLACE}",), jaeger, copies, "13134/status")
    command = (f"--config.file={_PLACE}", "--storage.tsdb.path=/data", "--web.enable-otlp-receiver")
    yield _back_end("prometheus", command, {}, copies, "9090/-/ready")
    for number, address in enumerate(_GATEWAYS):
        yield _collector("otelcol-gateway", f"otelcol-gateway-{number}", address, copies)
    yield _collector("otelcol-agent", "otelcol-agent", _AGENT, copies)


def _back_end(name: str, command: tuple[str, ...], variables: dict[str, str], copies: Path, health: str) -> Container:
    files = {_PLACE: copies / "provisioning" / name / f"{name}.yaml"}
    return Container(
        name, name, command, variables, files, [PurePosixPath("/data")], 65534, f"http://127.0.0.1:{health}"
    )


def _collector(name: str, pod: str, address: str, copies: Path) -> Container:
    """Make the container of a pod; addresses tell pods apart, which have a network each in a cluster."""
    (queue,) = (place for place, volume in mounts(container_of(name)).items() if volume == "queue")
    return Container(
        name=pod,
        program="collector",
        arguments=container_of(name)["args"],
        environment={
            **deployed(name).environment,
            "OPS_BIND": address,
            "OPS_COLLECTOR_ID": pod,
            "SPAN_METRICS_INTERVAL": "1s",
        },
        files={place: copies / place.name for place in deployed(name).places},
        volumes=[queue],
        user=10001,
        health=f"http://{address}:13133",
    )


def _received(gateway: str) -> float:
    lines = get_bytes(f"http://{gateway}:8888/metrics").decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith("otelcol_receiver_accepted_spans"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
