"""A proxy that is itself every host that is asked of it: over TLS, with a certificate of its own, it takes OTLP.

A program that is told of it (`VendorServer.environment`) reaches any vendor's host and port here, and needs no network.
It speaks OTLP over HTTP/1.1, and over gRPC as far as unary calls go, so that tests see what was sent as it was sent.
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

    def message(self, signal: str) -> Any:
        """Decode the message."""
        message = _MESSAGES[signal]()
        message.ParseFromString(self.body)
        return message


class VendorServer:
    """Listens on a free port of this machine, and keeps what it was sent."""

    def __init__(self, folder: Path, answers: dict[str, bytes] | None = None) -> None:
        """Make it; `answers` has what is answered at some paths in place of an empty message."""
        self.requests: list[Request] = []
        self.answers = answers or {}
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
        trusted = dict.fromkeys(("REQUESTS_CA_BUNDLE", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"), str(self._certificate))
        return {"https_proxy": proxy, "no_proxy": "", "NO_PROXY": "", "HTTPS_PROXY": proxy, **trusted}

    def context_for(self, host: str) -> ssl.SSLContext:
        """Give what a host shows, and the versions of HTTP that it offers."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(host).configure_cert(context)
        context.set_alpn_protocols(["h2", "http/1.1"])
        return context

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
                _Calls(self.vendor, self.path, secured).answer_all()
            else:
                handler: Any = type("Posts", (_Posts,), {"vendor": self.vendor, "place": self.path})
                handler(secured, self.client_address, self.server)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as http.server calls it
        pass


class _Posts(BaseHTTPRequestHandler):
    """OTLP over HTTP."""

    vendor: VendorServer
    place: str
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers["content-length"]))
        compression = headers.get("content-encoding", "none")
        plain = gzip.decompress(body) if compression == "gzip" else body
        self.vendor.requests.append(Request(self.place, "http/protobuf", self.path, headers, compression, plain))
        answer = self.vendor.answers.get(self.path, b"")
        self.send_response(200)
        self.send_header("content-type", "application/json" if answer else "application/x-protobuf")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as http.server calls it
        pass


class _Calls:
    """OTLP over gRPC."""

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
            self._answer(event.stream_id)

    def _answer(self, stream: int) -> None:
        headers, body = self._headers.pop(stream), bytes(self._bodies.pop(stream))
        is_compressed, message = body[0], body[_GRPC_PREFIX:]
        compression = headers["grpc-encoding"] if is_compressed else "none"
        plain = gzip.decompress(message) if compression == "gzip" else message
        self._vendor.requests.append(Request(self._place, "grpc", headers[":path"], headers, compression, plain))
        self._connection.send_headers(stream, [(":status", "200"), ("content-type", "application/grpc")])
        self._connection.send_data(stream, bytes(_GRPC_PREFIX))
        self._connection.send_headers(stream, [("grpc-status", "0")], end_stream=True)


def signal_of(request: Request) -> str:
    """Tell which signal was sent: over gRPC by the service, over HTTP by the end of the path."""
    if request.protocol == "grpc":
        return _SERVICES[request.path]
    words = {"traces": "traces", "trace": "traces", "metrics": "metrics", "datapoint": "metrics", "logs": "logs"}
    return next(words[part] for part in reversed(request.path.split("/")) if part in words)
