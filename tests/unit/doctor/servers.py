"""Servers that listen on free ports of this machine, for as long as a test looks at them."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc  # type: ignore[import-untyped]
import trustme
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)

DATE = "Thu, 26 Nov 2026 10:00:00 GMT"


@contextmanager
def http_server(
    context: ssl.SSLContext | None = None, *, status: int = 200, date: str = DATE, kind: str = "application/x-protobuf"
) -> Iterator[int]:
    """Answer every request over HTTP/1 with the same status, time and kind of content; give the port."""
    handler = type("Handler", (_Handler,), {"status": status, "date": date, "kind": kind})
    with _Server(("127.0.0.1", 0), handler) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: who asks may hang up."""


class _Handler(BaseHTTPRequestHandler):
    status = 200
    date = DATE
    kind = ""
    timeout = 2

    def do_GET(self) -> None:
        """Answer."""
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.send_response_only(self.status)
        self.send_header("Date", self.date)
        self.send_header("Content-Type", self.kind)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        """Answer the same."""
        self.do_GET()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name of the base class
        """Say nothing."""


class Service(TraceServiceServicer):
    """Takes spans over gRPC, and keeps their names; with a code, it refuses them.

    Args:
        code: What it answers.
    """

    def __init__(self, code: grpc.StatusCode | None = None) -> None:
        self.spans: list[str] = []
        self._code = code

    def Export(  # noqa: N802 - as in OTLP
        self, request: ExportTraceServiceRequest, context: grpc.ServicerContext
    ) -> ExportTraceServiceResponse:
        """Take spans."""
        if self._code is not None:
            context.abort(self._code, "not here")
        self.spans += [
            span.name for group in request.resource_spans for scope in group.scope_spans for span in scope.spans
        ]
        return ExportTraceServiceResponse()


@contextmanager
def grpc_server(certificate: trustme.LeafCert | None = None, service: Service | None = None) -> Iterator[int]:
    """Serve gRPC, over TLS with a certificate; give the port."""
    server = grpc.server(ThreadPoolExecutor(2))
    if service is not None:
        add_TraceServiceServicer_to_server(service, server)  # type: ignore[no-untyped-call]
    if certificate is None:
        port = server.add_insecure_port("127.0.0.1:0")
    else:
        pair = (certificate.private_key_pem.bytes(), certificate.cert_chain_pems[0].bytes())
        port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([pair]))
    server.start()
    try:
        yield port
    finally:
        server.stop(0).wait()
