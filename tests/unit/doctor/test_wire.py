"""What listens at a port."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

import pytest
import trustme

from otel_ops.doctor.wire import HTTP_1, HTTP_2, TLS, listener_at
from tests.integration.collector import Silence
from tests.unit.doctor.servers import DATE, grpc_server, http_server

SECONDS = 3.0


def test_a_server_of_http_1_is_known_and_tells_its_time() -> None:
    """It speaks HTTP/1 alone, and its Date is read."""
    with http_server() as port:
        told = listener_at("127.0.0.1", port, SECONDS)
    assert (frozenset({HTTP_1}), datetime(2026, 11, 26, 10, 0, tzinfo=timezone.utc)) == (told.spoken, told.clock)
    assert "Thu, 26 Nov 2026 10:00:00 GMT" == DATE


def test_a_server_of_grpc_speaks_http_2_alone() -> None:
    """It answers HTTP/2 with its settings, and HTTP/1 not at all; it tells no time."""
    with grpc_server() as port:
        told = listener_at("127.0.0.1", port, SECONDS)
    assert (frozenset({HTTP_2}), None) == (told.spoken, told.clock)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_behind_tls_the_same_is_found(tmp_path: Path, host: str) -> None:
    """A certificate that nobody knows does not matter here."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert(host).configure_cert(context)
    with http_server(context) as port:
        assert frozenset({HTTP_1, TLS}) == listener_at(host, port, SECONDS).spoken


def test_a_server_of_grpc_behind_tls_speaks_http_2() -> None:
    """It is asked by the protocol that TLS agrees upon."""
    with grpc_server(trustme.CA().issue_cert("localhost")) as port:
        assert frozenset({HTTP_2, TLS}) == listener_at("localhost", port, SECONDS).spoken


def test_who_does_not_answer_speaks_nothing() -> None:
    """Each question is given up after its time."""
    with Silence() as silence:
        assert frozenset() == listener_at("127.0.0.1", int(silence.endpoint.rpartition(":")[2]), 0.1).spoken


@pytest.mark.parametrize("answer", [b"", b"\0\0\0\7", b"SSH-2.0-x\r\n", b"HTTP/1", b"\x15\3\1\0\2\2\2", b"\xff" * 5000])
def test_other_protocols_are_none_of_ours(answer: bytes) -> None:
    """Whatever is answered, nothing is raised."""
    with _answering(answer) as port:
        assert frozenset() == listener_at("127.0.0.1", port, 0.5).spoken


def test_a_date_that_is_none_is_left_out() -> None:
    """The clock is not known then."""
    with _answering(b"HTTP/1.1 200 OK\r\nDate: yesterday\r\n\r\n") as port:
        told = listener_at("127.0.0.1", port, 0.5)
    assert (frozenset({HTTP_1}), None) == (told.spoken, told.clock)


def test_where_nobody_listens_that_is_an_error() -> None:
    """As the operating system has it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(ConnectionRefusedError):
        listener_at("127.0.0.1", port, SECONDS)


@contextmanager
def _answering(answer: bytes) -> Iterator[int]:
    """Answer every connection with the same bytes, and hang up."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_answer_all, args=(server, answer), daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def _answer_all(server: socket.socket, answer: bytes) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            connection.settimeout(0.2)
            try:
                connection.recv(4096)
                connection.sendall(answer)
            except OSError:
                continue
