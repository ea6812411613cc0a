"""The doctor before real collectors, and before what stands in their place."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from tests.back_ends.collector import Collector, collector
from tests.back_ends.recipes import NotMadeError
from tests.unit.doctor.servers import http_server

pytestmark = pytest.mark.back_ends

COMMAND = Path(sys.executable).with_name("otel-ops")
ENDPOINT, PROTOCOL = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL"
GRPC, HTTP = "grpc", "http/protobuf"


class Told:
    """What the doctor told: its exit code, and its findings by their check."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        assert "" == done.stderr
        self.code = done.returncode
        self._findings = json.loads(done.stdout)["findings"]

    def of(self, check: str) -> list[dict[str, Any]]:
        """Give the findings of a check."""
        return [finding for finding in self._findings if finding["check"] == check]

    @property
    def wrong(self) -> list[tuple[str, str]]:
        """Check and text of what is not as it should be."""
        return [(each["check"], each["text"]) for each in self._findings if each["level"] != "ok"]

    @property
    def taken(self) -> dict[str, bool | None]:
        """Which signals were taken."""
        return {each["data"]["signal"]: each["data"]["taken"] for each in self.of("endpoint.answer")}


Doctor = Callable[..., Told]


@pytest.fixture
def doctor(tmp_path: Path) -> Doctor:
    """Ask the doctor, in an empty folder, with these variables alone."""
    folder = tmp_path / "program"
    folder.mkdir()
    kept = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}

    def ask(*options: str, **environ: str) -> Told:
        command = [str(COMMAND), "doctor", "--json", *options]
        environ = {**kept, "XDG_STATE_HOME": str(tmp_path), "OTEL_SERVICE_NAME": "kiln", **environ}
        done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=60)
        return Told(done)

    return ask


@pytest.fixture
def healthy(tmp_path: Path) -> Iterator[Collector]:
    """Run a collector that keeps what it gets in files."""
    try:
        with collector(tmp_path, "archive", environment={"OPS_ARCHIVE_DIR": str(tmp_path / "archive")}) as running:
            yield running
    except NotMadeError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("protocol", [HTTP, GRPC])
def test_a_healthy_collector_takes_one_span_and_nothing_else(healthy: Collector, doctor: Doctor, protocol: str) -> None:
    """All signals are answered; the collector has counted one span, no metric and no log record."""
    endpoint = healthy.http if protocol == HTTP else healthy.grpc
    signals = {"OTEL_LOGS_EXPORTER": "otlp", "OTEL_METRICS_EXPORTER": "otlp"}
    told = doctor(**{ENDPOINT: endpoint, PROTOCOL: protocol}, **signals)
    assert (0, []) == (told.code, told.wrong)
    assert {"spans": True, "log records": True, "metrics": True} == told.taken
    counts = {kind: healthy.total(f"otelcol_receiver_accepted_{kind}") for kind in KINDS}
    assert {"spans": 1, "log_records": 0, "metric_points": 0} == counts


KINDS = ("spans", "log_records", "metric_points")


def test_its_clock_is_compared_over_http(healthy: Collector, doctor: Doctor) -> None:
    """Both run on this machine, so that they agree."""
    (clock,) = doctor(**{ENDPOINT: healthy.http}).of("clock")
    assert "its clock and ours agree within 2 s" == clock["text"]


def test_the_port_of_grpc_spoken_to_as_http_is_told(healthy: Collector, doctor: Doctor) -> None:
    """With the variable that mends it."""
    told = doctor(**{ENDPOINT: healthy.grpc, PROTOCOL: HTTP})
    ((check, text),) = told.wrong
    assert (2, "endpoint.protocol", True) == (
        told.code,
        check,
        text.endswith("speaks gRPC (HTTP/2) only, and is sent HTTP/1"),
    )
    assert told.of(check)[0]["remedy"].startswith(f"set {PROTOCOL}={GRPC}, ")


def test_the_port_of_http_spoken_to_as_grpc_is_told(healthy: Collector, doctor: Doctor) -> None:
    """The other way round."""
    told = doctor(**{ENDPOINT: healthy.http, PROTOCOL: GRPC})
    ((check, text),) = told.wrong
    assert (2, "endpoint.protocol", True) == (told.code, check, text.endswith("speaks HTTP/1 only, and is sent gRPC"))
    assert told.of(check)[0]["remedy"].startswith(f"set {PROTOCOL}={HTTP}, ")


@pytest.mark.parametrize("protocol", [HTTP, GRPC])
def test_tls_to_plain_text_is_told(healthy: Collector, doctor: Doctor, protocol: str) -> None:
    """A collector of ours listens without TLS."""
    endpoint = healthy.http if protocol == HTTP else healthy.grpc
    told = doctor(**{ENDPOINT: endpoint.replace("http://", "https://"), PROTOCOL: protocol})
    assert (2, ["endpoint.protocol"]) == (told.code, [check for check, _ in told.wrong])
    assert "http://" == told.of("endpoint.protocol")[0]["remedy"][-7:]


def test_a_path_that_is_missing_is_told(healthy: Collector, doctor: Doctor) -> None:
    """The variable of one signal is used as it is; the collector answers 404."""
    told = doctor(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=healthy.http, **{PROTOCOL: HTTP})
    assert (2, ["variable.path", "endpoint.answer"]) == (told.code, [check for check, _ in told.wrong])
    (answer,) = told.of("endpoint.answer")
    assert "code: 404" in answer["text"]
    assert answer["remedy"].startswith("mend the path: ")


def test_the_wrong_port_is_told(healthy: Collector, doctor: Doctor) -> None:
    """That of its own metrics takes no spans."""
    told = doctor(**{ENDPOINT: healthy.telemetry.removesuffix("/metrics"), PROTOCOL: HTTP})
    assert (2, {"spans": False}) == (told.code, told.taken)


def test_a_collector_that_was_killed_is_told(healthy: Collector, doctor: Doctor) -> None:
    """Nobody listens there any more."""
    healthy.server.kill()
    told = doctor(**{ENDPOINT: healthy.http})
    address = healthy.http.removeprefix("http://")
    assert (2, [("endpoint.listener", f"nothing can be sent to {address}: Connection refused")]) == (
        told.code,
        told.wrong,
    )


def test_a_collector_that_hangs_is_given_up(healthy: Collector, doctor: Doctor) -> None:
    """It takes connections, for the system does, and answers nothing."""
    os.kill(healthy.server.pid, signal.SIGSTOP)
    try:
        told = doctor("--timeout=0.6", **{ENDPOINT: healthy.http}, OTEL_METRICS_EXPORTER="otlp")
    finally:
        os.kill(healthy.server.pid, signal.SIGCONT)
    assert (2, {"spans": None, "metrics": None}) == (told.code, told.taken)
    assert ["warning"] == [each["level"] for each in told.of("endpoint.listener")]


def test_a_token_that_is_refused_is_told(doctor: Doctor) -> None:
    """By a server that answers 401."""
    with http_server(status=401, date=formatdate(usegmt=True)) as port:
        told = doctor(
            **{ENDPOINT: f"http://127.0.0.1:{port}"}, OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20hush"
        )
    (answer,) = told.of("endpoint.answer")
    assert (2, True) == (told.code, answer["remedy"].startswith("mend the token in OTEL_EXPORTER_OTLP_HEADERS"))
    assert "hush" not in str(told.wrong)


def test_a_clock_that_is_wrong_is_told(doctor: Doctor) -> None:
    """By a server whose clock stands at 1970; that alone is a doubt."""
    with http_server(date=formatdate(0, usegmt=True)) as port:
        told = doctor(**{ENDPOINT: f"http://127.0.0.1:{port}"})
    ((check, text),) = told.wrong
    assert (1, "clock", True) == (told.code, check, text.endswith(" s behind ours"))
