"""A way to a store that can be told to be away, to refuse, or to lose answers; a real store stands behind it."""

from __future__ import annotations

import gzip
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_OF_THIS_HOP = {"accept-encoding", "connection", "content-encoding", "content-length", "host", "transfer-encoding"}
_FOREIGN = b',"require_data_stream":true}}\n'
_PRODUCT = {"X-Elastic-Product": "Elasticsearch"}
"""What the exporter looks for in answers: without it, it calls a request failed that was executed."""


class Proxy:
    """What stands before a store.

    It leaves out ``require_data_stream``, which the exporter for Elasticsearch asks for as a parameter and with each
    document, and which OpenSearch does not know; and it says that it is Elasticsearch, as the exporter demands.

    Attributes:
        address: Where it listens.
        status: What it answers in the store's place; None to pass requests on.
        answers_to_lose: How many bulk requests the store shall execute whose sender gets no answer.
        lost: How many answers it has lost.
    """

    def __init__(self, store: str, address: str = "") -> None:
        self.address = address
        self.status: HTTPStatus | None = None
        self.answers_to_lose = 0
        self.lost = 0
        self._store = store
        self._lock = threading.Lock()

    def loses(self, path: str) -> bool:
        """Tell whether the answer to a request gets lost."""
        with self._lock:
            if "_bulk" not in path or not self.answers_to_lose:
                return False
            self.answers_to_lose -= 1
            self.lost += 1
            return True

    def target(self, path: str) -> str:
        """Give the store's address for a path."""
        parts = urllib.parse.urlsplit(path)
        query = [pair for pair in urllib.parse.parse_qsl(parts.query) if pair[0] != "require_data_stream"]
        return f"{self._store}{parts.path}?{urllib.parse.urlencode(query)}"


@contextmanager
def proxy(store: str) -> Iterator[Proxy]:
    """Listen on loopback, and pass on to a store."""
    between = Proxy(store)
    handler = type("Handler", (_Handler,), {"between": between})
    with _Server(("127.0.0.1", 0), handler) as server:
        between.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield between
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of those that went away, as a collector does that is killed."""


class _Handler(BaseHTTPRequestHandler):
    between: Proxy
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, headers, answer = self._ask(body)
        if self.between.loses(self.path):
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in {**headers, **_PRODUCT}.items():
            if name.lower() not in _OF_THIS_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_HEAD = do_POST = do_PUT = _handle  # noqa: N815 - names of the base class

    def _ask(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        if self.between.status is not None:
            return self.between.status, {}, b"{}"
        body, headers = _understood(body, self.headers)
        request = urllib.request.Request(self.between.target(self.path), body or None, headers, method=self.command)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, dict(response.headers), response.read()
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers), error.read()


def _understood(body: bytes, headers: Message) -> tuple[bytes, dict[str, str]]:
    """Unpack a request, and leave out what OpenSearch does not know."""
    if headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    kept = {name: value for name, value in headers.items() if name.lower() not in _OF_THIS_HOP}
    return body.replace(_FOREIGN, b"}}\n"), kept
