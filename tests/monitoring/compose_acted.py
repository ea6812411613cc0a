"""Starts collector, Jaeger and Prometheus as `compose.yaml` says; the rest stays away, and what is for it waits."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from tests.back_ends.answers import eventually
from tests.composed import SERVICES, environment, mounts
from tests.monitoring.containers import Container, arrived, groups_of_rules, otel_ops, prepare, send, value

_USERS = {"collector": 10001, "jaeger": 10001, "prometheus": 65534}
_HEALTH = {"collector": "13133/", "jaeger": "13134/status", "prometheus": "9090/-/ready"}


def main(folder: Path) -> None:
    """Copy the files out as a person does, start, send, ask and print."""
    prepare()
    copies = folder / "monitoring"
    otel_ops("collector", "files", "compose", "--folder", copies)
    with ExitStack() as stack:
        for service in _USERS:
            hosts = {"127.0.0.1": " ".join(("localhost", *SERVICES))}
            stack.enter_context(_container(service, copies).started(folder, hosts))
        spans = len(send(folder / "trace.jsonl", "http://localhost:4317").spans)
        print(json.dumps({"sent": spans, **arrived(spans), **_more()}))


def _container(service: str, copies: Path) -> Container:
    mounted = mounts(service)
    return Container(
        name=service,
        program=service,
        arguments=SERVICES[service]["command"],
        environment={**environment(service), "SPAN_METRICS_INTERVAL": "1s"},
        files={place: copies / source for place, source in mounted.items() if source.startswith("./")},
        volumes=[place for place, source in mounted.items() if not source.startswith("./")],
        user=_USERS[service],
        health=f"http://127.0.0.1:{_HEALTH[service]}",
    )


def _more() -> dict[str, float]:
    return {
        "collectors fetched from": eventually(partial(value, "sum(up{job='otelcol'})"), bool),
        "groups of rules": len(groups_of_rules()),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
