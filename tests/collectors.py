"""Real collectors, where `make backends` has made them, and what is sent to them."""

from __future__ import annotations

import json
import os
import shlex
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from otel_ops.collector.merging import merged
from otel_ops.collector.older_names import parsed_version
from otel_ops.collector.program import Collector
from otel_ops.collector.running import RunningCollector
from otel_ops.collector.sources import base_and
from tests.back_ends.collector import NEWEST, collector_program
from tests.back_ends.recipes import NotMadeError
from tests.back_ends.server import WITH_US, free_ports

_PORTS = ("OPS_GRPC_PORT", "OPS_HTTP_PORT", "OPS_HEALTH_PORT", "OPS_METRICS_PORT")
_SECONDS = 30.0
_RESOURCE = {"attributes": [{"key": "service.name", "value": {"stringValue": "lab"}}]}


def collector(version: str = "0.158") -> str:
    """Give the path of a collector; skip the test where there is none."""
    try:
        return str(collector_program(f"otelcol-{version}"))
    except NotMadeError as error:
        pytest.skip(str(error))


def free_places() -> dict[str, str]:
    """Give variables that have a collector listen on ports that are free."""
    return dict(zip(_PORTS, map(str, free_ports(len(_PORTS))), strict=True))


def running(folder: Path, overlays: Sequence[str], **variables: str) -> RunningCollector:
    """Make a collector that runs in a with-block, with all its files in a folder; it ends with the tests."""
    environ = {"PATH": os.environ["PATH"], **free_places(), **variables}
    return RunningCollector(_ending_with_us(folder), merged(base_and(overlays)), folder, environ)


def _ending_with_us(folder: Path) -> Collector:
    """Make a program that becomes the collector, and ends when we do, even where we are killed."""
    program = folder / "collector.sh"
    folder.mkdir(parents=True, exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec {shlex.join([*WITH_US, collector()])} "$@"\n', "utf-8")
    program.chmod(0o755)
    return Collector(str(program), parsed_version(NEWEST.removeprefix("otelcol-")))


def kill(one: RunningCollector) -> None:
    """End it without a chance to do anything."""
    os.kill(one.pid, signal.SIGKILL)


def span(number: int, attributes: Mapping[str, str] | None = None, *, failed: bool = False) -> dict[str, Any]:
    """Make a span in OTLP JSON, of a trace of its own."""
    return {
        "traceId": f"{number + 1:032x}",
        "spanId": f"{number + 1:016x}",
        "name": "fit",
        "kind": 1,
        "startTimeUnixNano": "1795686121917160776",
        "endTimeUnixNano": "1795686121917311171",
        "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in (attributes or {}).items()],
        "status": {"code": 2, "message": "no such row of ada's"} if failed else {},
    }


def send(address: str, spans: Sequence[dict[str, Any]]) -> None:
    """Send spans to host and port over HTTP."""
    _post(
        address, "traces", {"resourceSpans": [{"resource": _RESOURCE, "scopeSpans": [{"scope": {}, "spans": spans}]}]}
    )


def send_log(address: str, text: str, uid: str = "1") -> None:
    """Send a log record to host and port over HTTP."""
    attributes = [{"key": "log.record.uid", "value": {"stringValue": uid}}]
    record = {"timeUnixNano": "1795686121917160776", "body": {"stringValue": text}, "attributes": attributes}
    _post(
        address,
        "logs",
        {"resourceLogs": [{"resource": _RESOURCE, "scopeLogs": [{"scope": {}, "logRecords": [record]}]}]},
    )


def _post(address: str, signal_name: str, document: dict[str, Any]) -> None:
    url = f"http://{address}/v1/{signal_name}"
    request = Request(url, json.dumps(document).encode(), {"Content-Type": "application/json"})
    with urlopen(request, timeout=_SECONDS) as answer:
        assert 200 == answer.status


def page_of(url: str) -> str:
    """Get a page."""
    with urlopen(url, timeout=_SECONDS) as answer:
        text: bytes = answer.read()
    return text.decode()


def archived(folder: Path) -> list[dict[str, Any]]:
    """Give the spans that a collector with the overlay archive has written."""
    path = folder / "archive" / "traces.jsonl"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return list(_spans(lines))


def wait_for(what: Callable[[], bool]) -> None:
    """Wait until something is so."""
    until = time.monotonic() + _SECONDS
    while not what():
        assert time.monotonic() < until
        time.sleep(0.05)


def _spans(lines: Sequence[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        for resource in json.loads(line)["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                yield from scope["spans"]
