"""A proxy that is itself every host that is asked of it: over TLS, with a certificate of its own, it takes OTLP.

A program that is told of it (`VendorServer.environment`) reaches any vendor's host and port here, and needs no network.
It speaks OTLP over HTTP/1.1 and 2, and over gRPC as far as unary calls go; tests see what was sent as it was sent.
"""

from __future__ import annotations

import gzip
import socket
import socketserver
import ssl
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import trustme
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event, RequestReceived, StreamEnded
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

_MESSAGES: dict[str, type[Any]] = {
    "traces": ExportTraceServiceRequest,
    "metrics": ExportMetricsServiceRequest,
    "logs": ExportLogsServiceRequest,
}
_SERVICES = {
    "/opentelemetry.proto.collector.trace.v1.TraceService/Export": "traces",
    "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export": "metrics",
    "/opentelemetry.proto.collector.logs.v1.LogsService/Export": "logs",
}
_WORDS = {"traces": "traces", "trace": "traces", "metrics": "metrics", "datapoint": "metrics", "logs": "logs"}
_TRUST = ("REQUESTS_CA_BUNDLE", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "SSL_CERT_FILE")
"""The variables by which requests, gRPC and Go are told whom to trust."""

_GRPC = "application/grpc"
_GRPC_PREFIX = 5
"""A message of gRPC follows a byte that tells whether it is compressed, and its length in four."""


class Request(NamedTuple):
    """What was sent."""

    place: str
    protocol: str
    path: str
    headers: dict[str, str]
    compression: str
    body: bytes

    @property
    def url(self) -> str:
        """Where it was sent to; over gRPC, where all paths are the same, without one."""
        host = self.place.removesuffix(":443")
        return f"https://{host}{'' if self.protocol == 'grpc' else self.path}"

    @property
    def signal(self) -> str:
        """What was sent: gRPC has a service for each signal, and paths end in words of their own."""
        if self.protocol == "grpc":
            return _SERVICES[self.path]
        return next(_WORDS[part] for part in reversed(self.path.split("/")) if part in _WORDS)

    def groups(self) -> Any:
        """Decode the message; give what it holds, by resource."""
        message = _MESSAGES[self.signal]()
        message.ParseFromString(self.body)
        return getattr(message, message.DESCRIPTOR.fields[0].name)


class Answer(NamedTuple):
    """What is answered to a post."""

    kind: str
    content: bytes


TOKEN_PLACE = "oauth2.googleapis.com:443"
TOKEN = "ya29.token"
_TOKEN = Answer(
    "application/json", b'{"access_token": "%s", "expires_in": 3600, "token_type": "Bearer"}' % TOKEN.encode()
)
_TAKEN = Answer("application/x-protobuf", b"")


class VendorServer:
    """Listens on a free port of this machine, and keeps what it was sent.

    Attributes:
        status: What it answers to a post over HTTP, as it does with 401 to those whose key is wrong.
    """

    def __init__(self, folder: Path) -> None:
        self.status = 200
        self.requests: list[Request] = []
        self.tokens: list[Request] = []
        self._authority = trustme.CA()
        self._certificate = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(self._certificate)
        handler = type("Handler", (_Connection,), {"vendor": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def environment(self) -> dict[str, str]:
        """What a program must be told to come here, and to trust: nothing of OpenTelemetry's."""
        proxy = f"http://127.0.0.1:{self._server.server_address[1]}"
        trusted = dict.fromkeys(_TRUST, str(self._certificate))
        return {"https_proxy": proxy, "no_proxy": "", "NO_PROXY": "", "HTTPS_PROXY": proxy, **trusted}

    def context_for(self, host: str) -> ssl.SSLContext:
        """Give what a host shows, and the versions of HTTP that it offers."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(host).configure_cert(context)
        context.set_alpn_protocols(["h2", "http/1.1"])
        return context

    def take_post(self, place: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Keep what was posted: OTLP, or what is asked of Google's server of tokens."""
        compression = headers.get("content-encoding", "none")
        kept, answer = (self.tokens, _TOKEN) if place == TOKEN_PLACE else (self.requests, _TAKEN)
        kept.append(Request(place, "http/protobuf", path, headers, compression, _plain(body, compression)))
        return answer

    def __enter__(self) -> VendorServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False


class _Connection(BaseHTTPRequestHandler):
    """Takes one CONNECT, and then is the host that was asked for."""

    vendor: VendorServer
    protocol_version = "HTTP/1.1"

    def do_CONNECT(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        host = self.path.rpartition(":")[0]
        with self.vendor.context_for(host).wrap_socket(self.connection, server_side=True) as secured:
            if secured.selected_alpn_protocol() == "h2":
                _Streams(self.vendor, self.path, secured).answer_all()
            else:
                handler: Any = type("Posts", (_Posts,), {"vendor": self.vendor, "place": self.path})
                handler(secured, self.client_address, self.server)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as http.server calls it
        pass


class _Posts(BaseHTTPRequestHandler):
    """Requests over HTTP/1.1."""

    vendor: VendorServer
    place: str
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers["content-length"]))
        answer = self.vendor.take_post(self.place, self.path, headers, body)
        self.send_response(self.vendor.status)
        self.send_header("content-type", answer.kind)
        self.send_header("content-length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as http.server calls it
        pass


class _Streams:
    """Requests over HTTP/2: calls of gRPC, and posts."""

    def __init__(self, vendor: VendorServer, place: str, secured: socket.socket) -> None:
        self._vendor = vendor
        self._place = place
        self._socket = secured
        self._connection = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        self._headers: dict[int, dict[str, str]] = {}
        self._bodies: dict[int, bytearray] = {}

    def answer_all(self) -> None:
        self._connection.initiate_connection()
        self._send()
        while received := self._socket.recv(65_536):
            for event in self._connection.receive_data(received):
                self._take(event)
            self._send()

    def _send(self) -> None:
        self._socket.sendall(self._connection.data_to_send())

    def _take(self, event: Event) -> None:
        if isinstance(event, RequestReceived):
            self._headers[event.stream_id] = {str(name): str(value) for name, value in event.headers}
            self._bodies[event.stream_id] = bytearray()
        elif isinstance(event, DataReceived):
            self._bodies[event.stream_id] += event.data
            self._connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, StreamEnded):
            headers, body = self._headers.pop(event.stream_id), bytes(self._bodies.pop(event.stream_id))
            answer = self._answer_call if headers["content-type"].startswith(_GRPC) else self._answer_post
            answer(event.stream_id, headers, body)

    def _answer_call(self, stream: int, headers: dict[str, str], body: bytes) -> None:
        compression = headers["grpc-encoding"] if body[0] else "none"
        plain = _plain(body[_GRPC_PREFIX:], compression)
        self._vendor.requests.append(Request(self._place, "grpc", headers[":path"], headers, compression, plain))
        self._connection.send_headers(stream, [(":status", "200"), ("content-type", _GRPC)])
        self._connection.send_data(stream, bytes(_GRPC_PREFIX))
        self._connection.send_headers(stream, [("grpc-status", "0")], end_stream=True)

    def _answer_post(self, stream: int, headers: dict[str, str], body: bytes) -> None:
        answer = self._vendor.take_post(self._place, headers[":path"], headers, body)
        self._connection.send_headers(stream, [(":status", str(self._vendor.status)), ("content-type", answer.kind)])
        self._connection.send_data(stream, answer.content, end_stream=True)


def _plain(body: bytes, compression: str) -> bytes:
    return gzip.decompress(body) if compression == "gzip" else body
