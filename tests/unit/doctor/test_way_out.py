"""Whether what exporters send arrives."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from email.utils import formatdate
from pathlib import Path

import grpc  # type: ignore[import-untyped]
import pytest
import trustme

from otel_ops.doctor import Level
from otel_ops.doctor.endpoints import Endpoint
from otel_ops.doctor.listening import clock_offset, mix_up
from otel_ops.doctor.wire import HTTP_1, HTTP_2, TLS, Listener
from tests.integration.collector import Collector, Silence
from tests.unit.doctor.conftest import Examine, found
from tests.unit.doctor.servers import Service, grpc_server, http_server

GRPC, HTTP = "grpc", "http/protobuf"
NOW = formatdate(usegmt=True)


def test_a_span_arrives_over_http(examined: Examine) -> None:
    """A collector gets one span of the service that operations have, and that it was taken is told."""
    with Collector() as collector:
        report = examined(sends=True, OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint, OTEL_SERVICE_NAME="kiln")
    assert (["otel-ops doctor"], {"kiln"}) == (collector.spans, collector.services)
    (answer,) = found(report, "endpoint.answer")
    assert (Level.OK, True) == (answer.level, answer.data["taken"])
    assert Level.OK == report.level


def test_a_span_arrives_over_grpc(examined: Examine) -> None:
    """The same over gRPC."""
    service = Service()
    with grpc_server(service=service) as port:
        report = examined(
            sends=True, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{port}", OTEL_EXPORTER_OTLP_PROTOCOL=GRPC
        )
    assert ["otel-ops doctor"] == service.spans
    assert Level.OK == report.level


def test_without_sending_nothing_is_connected_to(examined: Examine) -> None:
    """The endpoint is told, and nobody is asked."""
    with Collector() as collector:
        report = examined(OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint)
    assert [] == collector.spans
    (endpoint,) = found(report, "endpoint")
    assert f"spans to {collector.endpoint}/v1/traces, by OTLP, http/protobuf" == endpoint.text
    assert [] == found(report, "endpoint.listener") + found(report, "endpoint.answer")


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (401, "mend the token in OTEL_EXPORTER_OTLP_HEADERS"),
        (404, "mend the path: /v1/traces, /v1/logs or /v1/metrics is added to"),
        (400, "look into the log of what listens there"),
    ],
)
def test_a_refusal_is_told_with_the_answer_and_a_remedy(
    examined: Examine, capsys: pytest.CaptureFixture[str], status: int, remedy: str
) -> None:
    """The status is shown; nothing is printed beside."""
    with http_server(status=status, date=NOW) as port:
        report = examined(sends=True, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{port}")
    (answer,) = found(report, "endpoint.answer")
    assert (Level.ERROR, False) == (answer.level, answer.data["taken"])
    assert f"code: {status}" in answer.text
    assert answer.remedy.startswith(remedy)
    assert ("", "") == capsys.readouterr()


def test_a_refusal_over_grpc_is_told(examined: Examine) -> None:
    """With its code."""
    with grpc_server(service=Service(grpc.StatusCode.UNAUTHENTICATED)) as port:
        environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}", "OTEL_EXPORTER_OTLP_PROTOCOL": GRPC}
        report = examined(sends=True, **environ)
    (answer,) = found(report, "endpoint.answer")
    assert Level.ERROR == answer.level
    assert "UNAUTHENTICATED" in answer.text
    assert answer.remedy.startswith("mend the token")


def test_a_certificate_that_is_not_known_is_told_with_the_variable(examined: Examine, tmp_path: Path) -> None:
    """With the certificate of its authority named, the span is taken."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with http_server(context, date=NOW) as port:
        refused = examined(sends=True, seconds=0.7, OTEL_EXPORTER_OTLP_ENDPOINT=f"https://localhost:{port}")
        taken = examined(sends=True, OTEL_EXPORTER_OTLP_CERTIFICATE=str(tmp_path / "ca.pem"))
    assert "OTEL_EXPORTER_OTLP_CERTIFICATE" in found(refused, "endpoint.answer")[0].remedy
    assert Level.OK == found(taken, "endpoint.answer")[0].level


def test_who_does_not_answer_is_given_up(examined: Examine) -> None:
    """After the time that is given, with what the exporter said until then."""
    with Silence() as silence:
        report = examined(sends=True, seconds=0.3, OTEL_EXPORTER_OTLP_ENDPOINT=silence.endpoint)
    assert Level.WARNING == found(report, "endpoint.listener")[0].level
    (answer,) = found(report, "endpoint.answer")
    assert (Level.ERROR, None) == (answer.level, answer.data["taken"])


@pytest.mark.parametrize("beginning", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"\x16\x03\x01"])
def test_who_answers_without_an_end_is_given_up(examined: Examine, beginning: bytes) -> None:
    """With headers or a body that go on and on, or something that may yet become TLS."""
    with _endless(beginning) as port:
        report = examined(sends=True, seconds=0.3, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{port}")
    assert [Level.ERROR] == [finding.level for finding in found(report, "endpoint.answer")]


@contextmanager
def _endless(beginning: bytes) -> Iterator[int]:
    """Answer every connection with a line after the other, until the block is left."""
    over = threading.Event()

    def answer(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.sendall(beginning)
            while not over.wait(0.01):
                connection.sendall(b"x: y\r\n")

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(server.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]
        over.set()
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("host", ["127.0.0.1:1", "no-such-host.invalid:4318", f"{'x' * 70}.example:4318"])
def test_where_nobody_listens_no_span_is_sent(examined: Examine, host: str) -> None:
    """That is told at once, with the place."""
    report = examined(sends=True, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://{host}")
    (listener,) = found(report, "endpoint.listener")
    assert Level.ERROR == listener.level
    assert host in listener.text
    assert [] == found(report, "endpoint.answer")


def test_what_is_no_url_is_told(examined: Examine) -> None:
    """As where the scheme was left out."""
    report = examined(sends=True, OTEL_EXPORTER_OTLP_ENDPOINT="collector:4318")
    assert ["set OTEL_EXPORTER_OTLP_ENDPOINT to a URL such as http://localhost:4318"] == [
        finding.remedy for finding in found(report, "endpoint")
    ]


def test_other_exporters_are_named_and_not_tried(examined: Examine, capsys: pytest.CaptureFixture[str]) -> None:
    """One that prints would print the doctor's span."""
    report = examined(sends=True, OTEL_TRACES_EXPORTER="console")
    assert ["spans to ConsoleSpanExporter: not an OTLP exporter, so it was not tried"] == [
        finding.text for finding in found(report, "exporter")
    ]
    assert ("", "") == capsys.readouterr()


def test_a_proxy_in_between_is_not_looked_behind(examined: Examine, bare: pytest.MonkeyPatch) -> None:
    """The span goes by the proxy; what listens there is not asked what it speaks."""
    with http_server(date=NOW) as port:
        bare.setenv("http_proxy", f"http://127.0.0.1:{port}")
        bare.delenv("no_proxy", raising=False)
        bare.delenv("NO_PROXY", raising=False)
        report = examined(sends=True, OTEL_EXPORTER_OTLP_ENDPOINT="http://collector.invalid:4318")
    assert [] == found(report, "endpoint.listener")
    assert [True] == [finding.data["taken"] for finding in found(report, "endpoint.answer")]


@pytest.mark.parametrize(
    ("protocol", "is_secure", "spoken", "told"),
    [
        (HTTP, False, {HTTP_1}, None),
        (HTTP, False, {HTTP_1, HTTP_2}, None),
        (GRPC, False, {HTTP_2}, None),
        (GRPC, True, {HTTP_2, TLS}, None),
        (GRPC, True, set(), None),
        (HTTP, False, {HTTP_2}, "port 4444 speaks gRPC (HTTP/2) only, and is sent HTTP/1"),
        (GRPC, False, {HTTP_1}, "port 4444 speaks HTTP/1 only, and is sent gRPC"),
        (HTTP, False, {HTTP_1, TLS}, "port 4444 speaks TLS, and is sent plain text"),
        (GRPC, True, {HTTP_2}, "port 4444 speaks plain text, and is sent TLS"),
    ],
)
def test_mix_ups_are_told(protocol: str, is_secure: bool, spoken: set[str], told: str | None) -> None:
    """Each by what is sent and what is spoken."""
    finding = mix_up(Endpoint(protocol, is_secure, "collector", 4444), frozenset(spoken))
    assert told == (finding and finding.text)


def test_a_mix_up_is_told_in_place_of_an_answer(examined: Examine) -> None:
    """GRPC to a server of HTTP/1: the span is not sent, for the answer would say nothing of the kind."""
    with Collector() as collector:
        environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": GRPC}
        report = examined(sends=True, **environ)
    assert ["set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf, or name the port of gRPC, by convention 4317"] == [
        finding.remedy for finding in found(report, "endpoint.protocol")
    ]
    assert [] == found(report, "endpoint.answer")


def test_a_page_for_people_takes_no_spans(examined: Examine) -> None:
    """It answers 200 to whatever it is sent, as Jaeger's page does: the exporter would take that for success."""
    with http_server(date=NOW, kind="text/html; charset=utf-8") as port:
        report = examined(sends=True, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{port}")
    (finding,) = found(report, "endpoint.protocol")
    assert f"http://127.0.0.1:{port}/v1/traces is a page for people: whatever is sent there is lost" == finding.text
    assert Level.ERROR == finding.level
    assert [] == found(report, "endpoint.answer")


@pytest.mark.parametrize(
    ("seconds", "level", "told"),
    [(0.0, Level.OK, "agree"), (90.4, Level.WARNING, "90 s ahead of ours"), (-90.4, Level.WARNING, "90 s behind ours")],
)
def test_the_offset_of_the_clock_is_told(seconds: float, level: Level, told: str) -> None:
    """From what its answer says and when we asked."""
    now = time.time()
    listener = Listener(frozenset({HTTP_1}), datetime.fromtimestamp(now + seconds - 0.5, timezone.utc), now)
    (finding,) = clock_offset(listener)
    assert (level, round(seconds, 1)) == (finding.level, finding.data["offset_seconds"])
    assert told in finding.text
