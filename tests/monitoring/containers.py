"""Acts containers: runs real programs with files, users and names of others as containers have them, without Docker.

All are in a network of their own that holds nothing else. What does so is a program of its own, run as root by
``unshare --mount --net``: see `acted`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from operator import le
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from tests.back_ends.answers import eventually, get
from tests.back_ends.cache import folder_of
from tests.back_ends.collector import collector_program
from tests.back_ends.recipes import NotMadeError
from tests.back_ends.server import Server
from tests.monitoring.watching import Watched

LAB = "lab in a container"

_ROOT = Path(__file__).parents[2]
_PROGRAM = Path(__file__).parent / "program.py"
_TOOLS = ("unshare", "chroot", "mount", "ip")
_JAEGER, _PROMETHEUS = "http://127.0.0.1:16686/api/traces", "http://127.0.0.1:9090/api/v1"
_CALLS = f"sum(traces_span_metrics_calls_total{{service_name='{LAB}'}})"


@dataclass(frozen=True)
class Container:
    """A container.

    Attributes:
        name: What its folder and its log are called.
        program: ``collector``, ``jaeger`` or ``prometheus``.
        arguments: What stands behind the program's name.
        environment: Its variables.
        files: What is mounted where.
        volumes: Folders that it can write.
        user: Number of its user.
        health: Address that answers once it can be used.
    """

    name: str
    program: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    files: Mapping[PurePosixPath, Path]
    volumes: Sequence[PurePosixPath]
    user: int
    health: str

    @contextmanager
    def started(self, folder: Path, hosts: Mapping[str, str]) -> Iterator[None]:
        """Run it for as long as the block lasts, below a folder, with the names of others by their address."""
        root = self._root(folder / self.name, hosts)
        command = ["chroot", f"--userspec={self.user}:{self.user}", root, "/program", *self.arguments]
        with Server(command, self.health, folder / f"{self.name}.log", self.environment) as server:
            yield
            server.kill()  # a collector takes its time where it has something that nobody takes

    def _root(self, root: Path, hosts: Mapping[str, str]) -> Path:
        """Make its root folder: its program, what is mounted, and the names of others."""
        for name in ("etc", "proc"):
            (root / name).mkdir(parents=True)
        subprocess.run(["mount", "--rbind", "/proc", root / "proc"], check=True)
        lines = (f"{address} {name}\n" for address, name in hosts.items())
        (root / "etc" / "hosts").write_text("".join(lines), "utf-8")
        shutil.copy(program(self.program), root / "program")
        for place, source in self.files.items():
            _copy(source, _below(root, place))
        for place in self.volumes:
            _below(root, place).mkdir()
            os.chown(_below(root, place), self.user, self.user)
        return root


def program(name: str) -> Path:
    """Give the program of a back end.

    Raises:
        NotMadeError: it is not there.
    """
    return collector_program() if name == "collector" else folder_of(name) / name


def acted(module: str, folder: Path) -> dict[str, Any]:
    """Run a module that acts containers, and give what it prints; skip the test where that is not possible."""
    if not hasattr(os, "geteuid") or os.geteuid() or not all(map(shutil.which, _TOOLS)):
        pytest.skip(f"only root can act containers, by {', '.join(_TOOLS)}")
    try:
        for name in ("collector", "jaeger", "prometheus"):
            program(name)
    except NotMadeError as error:
        pytest.skip(str(error))
    command = ["unshare", "--mount", "--net", sys.executable, "-m", module, str(folder)]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False, timeout=400)
    assert 0 == done.returncode, done.stderr
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


def prepare() -> None:
    """Begin: the network has loopback."""
    assert _namespace("self") != _namespace(os.getppid()), "run it by unshare --mount --net"
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def otel_ops(*arguments: object, **environment: str) -> None:
    """Run our command as a person does."""
    command = [str(Path(sys.executable).with_name("otel-ops")), *map(str, arguments)]
    subprocess.run(command, env={**os.environ, **environment}, check=True, timeout=120, stdout=sys.stderr)


def send(trace_file: Path, endpoint: str, times: int = 1) -> Watched:
    """Run a program that sends all signals to an endpoint, and keeps a trace file beside."""
    variables = {
        "OTEL_SERVICE_NAME": LAB,
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_METRICS_EXPORTER": "otlp",
        "OTEL_LOGS_EXPORTER": "otlp",
        "OTEL_OPS_TRACE_FILE": str(trace_file),
    }
    otel_ops("run", _PROGRAM, times, **variables)
    return Watched(LAB, trace_file)


def arrived(spans: int) -> dict[str, float]:
    """Give how many spans there are in Jaeger, and how many are counted in Prometheus, once that is enough."""
    return {
        "in Jaeger": eventually(_spans_in_jaeger, partial(le, spans)),
        "in Prometheus": eventually(partial(value, _CALLS), partial(le, spans)),
    }


def value(expression: str) -> float:
    """Give the value that an expression has in Prometheus; 0 where it has none."""
    found = get(f"{_PROMETHEUS}/query", query=expression)["data"]["result"]
    return float(found[0]["value"][1]) if found else 0


def groups_of_rules() -> list[str]:
    """Give the names of the groups of rules that Prometheus has."""
    return [group["name"] for group in get(f"{_PROMETHEUS}/rules")["data"]["groups"]]


def _spans_in_jaeger() -> int:
    return sum(len(trace["spans"]) for trace in get(_JAEGER, service=LAB)["data"])


def _namespace(process: object) -> Path:
    return Path(f"/proc/{process}/ns/mnt").readlink()


def _below(root: Path, place: PurePosixPath) -> Path:
    target = root / place.relative_to("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy(source, target)
