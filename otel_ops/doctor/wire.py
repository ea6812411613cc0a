"""What listens at a port: whether it speaks TLS, HTTP/1 or HTTP/2 (as gRPC does), and what its clock says."""

from __future__ import annotations

import re
import socket
import ssl
import time
from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import quote

HTTP_1, HTTP_2, TLS = "HTTP/1", "HTTP/2", "TLS"

_SETTINGS_FRAME = 4
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, _SETTINGS_FRAME, 0, 0, 0, 0, 0])
_MOST_BYTES = 4_096
_PAGE = re.compile(rb"HTTP/1\.\d 200 .*\r\ncontent-type: *text/html", re.IGNORECASE | re.DOTALL)
_DATE = re.compile(rb"\r\ndate: *([^\r]+)", re.IGNORECASE)


class Listener(NamedTuple):
    """What listens at a port.

    Attributes:
        spoken: What it speaks, of HTTP/1, HTTP/2 and TLS; none of them where it does not answer.
        clock: What its clock said, where it told.
        asked_at: When it was asked for that, in seconds since 1970 by our clock.
        is_page: Whether a browser would see a page there.
    """

    spoken: frozenset[str]
    clock: datetime | None
    asked_at: float
    is_page: bool = False


def listener_at(host: str, port: int, seconds: float, path: str = "/") -> Listener:
    """Find out what listens at a port.

    Args:
        host: Name or address.
        port: The port.
        seconds: How long each of up to three answers is waited for.
        path: What is asked for over HTTP.

    Raises:
        OSError: Nobody listens there, or there is no such host.
        UnicodeError: The host has no name that can be looked up.
    """
    socket.create_connection((host, port), seconds).close()
    asked = _Asked(host, port, seconds)
    spoken = {TLS} if asked.is_secure else set()
    if asked.answer(_PREFACE, "h2")[3:4] == bytes([_SETTINGS_FRAME]):
        spoken.add(HTTP_2)
    at = time.time()
    asked_for = quote(path, safe="/%").encode(), host.encode("idna")
    head = asked.answer(b"GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" % asked_for, "http/1.1")
    if head.startswith(b"HTTP/1."):
        spoken.add(HTTP_1)
    is_page = _PAGE.match(head.partition(b"\r\n\r\n")[0]) is not None
    return Listener(frozenset(spoken), _clock(head), (at + time.time()) / 2, is_page)


class _Asked:
    """A port that is asked several things, each over a connection of its own, over TLS where it speaks that.

    Certificates are not looked at: exporters will.
    """

    def __init__(self, host: str, port: int, seconds: float) -> None:
        self._host, self._port, self._seconds = host, port, seconds
        self.is_secure = False
        self.is_secure = self._is_secure()

    def _is_secure(self) -> bool:
        with suppress(OSError), self._connected() as plain, _tls().wrap_socket(plain, server_hostname=self._host):
            return True
        return False

    def _connected(self) -> socket.socket:
        return socket.create_connection((self._host, self._port), self._seconds)

    def answer(self, question: bytes, protocol: str) -> bytes:
        """Give the first bytes of the answer; empty where there is none in time."""
        with suppress(OSError), self._connected() as plain:
            if not self.is_secure:
                return _answer(plain, question)
            with _tls(protocol).wrap_socket(plain, server_hostname=self._host) as secure:
                return _answer(secure, question)
        return b""


def _tls(*protocols: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if protocols:
        context.set_alpn_protocols(protocols)
    return context


def _answer(connection: socket.socket, question: bytes) -> bytes:
    connection.sendall(question)
    return connection.recv(_MOST_BYTES)


def _clock(head: bytes) -> datetime | None:
    found = _DATE.search(head)
    with suppress(ValueError):
        return parsedate_to_datetime(found[1].decode("ascii", "replace")) if found else None
    return None
