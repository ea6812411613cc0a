"""Starts services of `compose.yaml` without Docker: each in a root folder of its own, as the user that its image has.

They find each other by the names that they have there, in a network that holds nothing else. As root,
``unshare --mount --net python -m tests.monitoring.containers FOLDER`` copies the files there as a person does, starts
what is there, runs a program, asks the back ends, and prints what they say, as JSON.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from operator import le
from pathlib import Path

from tests.back_ends.answers import eventually, get
from tests.back_ends.cache import folder_of
from tests.back_ends.collector import collector_program
from tests.back_ends.server import Server
from tests.composed import SERVICES, environment, mounts
from tests.monitoring.watching import Watched

LAB = "lab in a container"
PROGRAMS: dict[str, Callable[[], Path]] = {
    "collector": collector_program,
    "jaeger": lambda: folder_of("jaeger") / "jaeger",
    "prometheus": lambda: folder_of("prometheus") / "prometheus",
}
"""What is there to be started; the rest of the services stays away, and what is for it waits."""

_USERS = {"collector": 10001, "jaeger": 10001, "prometheus": 65534}
_HEALTH = {"collector": "13133/", "jaeger": "13134/status", "prometheus": "9090/-/ready"}
_PROGRAM = Path(__file__).parent / "program.py"
_JAEGER, _PROMETHEUS = "http://127.0.0.1:16686/api/traces", "http://127.0.0.1:9090/api/v1"
_CALLS = f"sum(traces_span_metrics_calls_total{{service_name='{LAB}'}})"


def main(folder: Path) -> None:
    """Start, send, ask and print."""
    assert _namespace("self") != _namespace(os.getppid()), "run it by unshare --mount"
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    copies = folder / "monitoring"
    subprocess.run([_otel_ops(), "collector", "files", "compose", "--folder", copies], check=True, stdout=sys.stderr)
    with ExitStack() as stack:
        for service in PROGRAMS:
            stack.enter_context(_started(service, folder, copies))
        watched = _send(folder / "trace.jsonl")
        print(json.dumps(_answers(len(watched.spans))))


def _namespace(process: object) -> Path:
    return Path(f"/proc/{process}/ns/mnt").readlink()


@contextmanager
def _started(service: str, folder: Path, copies: Path) -> Iterator[None]:
    root = _root(service, folder / service, copies)
    user = _USERS[service]
    command = ["chroot", f"--userspec={user}:{user}", root, "/program", *SERVICES[service]["command"]]
    health = f"http://127.0.0.1:{_HEALTH[service]}"
    variables = {**environment(service), "SPAN_METRICS_INTERVAL": "1s"}
    with Server(command, health, folder / f"{service}.log", variables) as server:
        yield
        server.kill()  # that of the collector would take its time, for it has documents that nobody takes


def _root(service: str, root: Path, copies: Path) -> Path:
    """Make the root folder of a service: its program, what is mounted, and the names of the others."""
    (root / "etc").mkdir(parents=True)
    (root / "etc" / "hosts").write_text("".join(f"127.0.0.1 {name}\n" for name in ("localhost", *SERVICES)), "utf-8")
    shutil.copy(PROGRAMS[service](), root / "program")
    (root / "proc").mkdir()
    subprocess.run(["mount", "--rbind", "/proc", root / "proc"], check=True)
    for place, source in mounts(service).items():
        target = root / str(place)[1:]
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.startswith("./"):
            _copy(copies / source, target)
        else:
            target.mkdir()
            os.chown(target, _USERS[service], _USERS[service])
    return root


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy(source, target)


def _send(trace_file: Path) -> Watched:
    """Run the program as the page tells to; it keeps a trace file beside."""
    variables = {
        "OTEL_SERVICE_NAME": LAB,
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4317",
        "OTEL_METRICS_EXPORTER": "otlp",
        "OTEL_LOGS_EXPORTER": "otlp",
        "OTEL_OPS_TRACE_FILE": str(trace_file),
    }
    command = [str(_otel_ops()), "run", str(_PROGRAM), "1"]
    subprocess.run(command, env={**os.environ, **variables}, check=True, timeout=120, stdout=sys.stderr)
    return Watched(LAB, trace_file)


def _answers(spans: int) -> dict[str, float]:
    """Give how much Jaeger and Prometheus have, once that is as much as was sent, or does not come."""
    return {
        "sent": spans,
        "in Jaeger": eventually(_spans_in_jaeger, partial(le, spans)),
        "in Prometheus": eventually(partial(_value, _CALLS), partial(le, spans)),
        "collectors fetched from": eventually(partial(_value, "sum(up{job='otelcol'})"), bool),
        "groups of rules": len(get(f"{_PROMETHEUS}/rules")["data"]["groups"]),
    }


def _spans_in_jaeger() -> int:
    return sum(len(trace["spans"]) for trace in get(_JAEGER, service=LAB)["data"])


def _value(expression: str) -> float:
    found = get(f"{_PROMETHEUS}/query", query=expression)["data"]["result"]
    return float(found[0]["value"][1]) if found else 0


def _otel_ops() -> Path:
    return Path(sys.executable).with_name("otel-ops")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
