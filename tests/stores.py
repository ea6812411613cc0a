"""Servers that answer as stores do which cannot be had here."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

_Answer = tuple[int, bytes]


class Store(NamedTuple):
    """A server: its URL, and what it was sent, also what it refused."""

    url: str
    received: list[Any]


@contextmanager
def logstash(statuses: Sequence[int]) -> Iterator[Store]:
    """Take JSON as the http input of Logstash does, with one status after the other, and then the last."""

    def answer(received: list[Any], body: bytes) -> _Answer:
        received.append(json.loads(body))
        return _status(statuses, received), b"ok"

    with _serving(answer, {"Content-Type": "text/plain"}) as store:
        yield store


@contextmanager
def elasticsearch(statuses: Sequence[int]) -> Iterator[Store]:
    """Take documents in bulk as Elasticsearch does; what is received are pairs of action and document."""

    def answer(received: list[Any], body: bytes) -> _Answer:
        lines = [json.loads(line) for line in body.splitlines() if line]
        received.append(list(zip(lines[::2], lines[1::2], strict=True)))
        items = [{name: {"_id": action.get("_id"), "status": 201}} for name, action in map(_action, lines[::2])]
        return _status(statuses, received), json.dumps({"took": 1, "errors": False, "items": items}).encode()

    headers = {"Content-Type": "application/json", "X-Elastic-Product": "Elasticsearch"}
    with _serving(answer, headers) as store:
        yield store


def _action(line: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return next(iter(line.items()))


def _status(statuses: Sequence[int], received: Sequence[Any]) -> int:
    return statuses[min(len(received), len(statuses)) - 1]


@contextmanager
def _serving(answer: Callable[[list[Any], bytes], _Answer], headers: dict[str, str]) -> Iterator[Store]:
    received: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            packed = self.headers.get("Content-Encoding") == "gzip"
            self._reply(*answer(received, gzip.decompress(body) if packed else body))

        def do_GET(self) -> None:
            self._reply(200, b'{"version": {"number": "8.16.0"}}')

        def _reply(self, status: int, body: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Store(f"http://127.0.0.1:{server.server_port}/", received)
        finally:
            server.shutdown()
            thread.join()
