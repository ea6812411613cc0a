"""A tiny HTTP server that stands for a collector: it takes OTLP over HTTP and decodes the protobuf."""

from __future__ import annotations

import gzip
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import ClassVar

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

_NAME = "ops.operation.name"


class Collector:
    """Listens on a free port of this machine, and keeps what it was sent: spans, services, logs, metrics."""

    def __init__(self) -> None:
        self.spans: list[str] = []
        self.services: set[str] = set()
        self.span_ids: dict[str, str] = {}
        self.logs: list[tuple[str, str, str]] = []
        self.log_uids: list[str] = []
        self.metrics: dict[str, dict[str, float]] = {}
        self.exports: dict[str, list[set[str]]] = {}
        handler = type("Handler", (_Handler,), {"collector": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def endpoint(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def take(self, request: ExportTraceServiceRequest) -> None:
        """Keep the names of what was sent."""
        for group in request.resource_spans:
            self.services |= {one.value.string_value for one in group.resource.attributes if one.key == "service.name"}
            spans = [span for scope in group.scope_spans for span in scope.spans]
            self.spans += [span.name for span in spans]
            self.span_ids |= {span.span_id.hex(): span.name for span in spans}

    def take_logs(self, request: ExportLogsServiceRequest) -> None:
        """Keep logger, body and id of the span of each log record that was sent, and the id that it has itself."""
        scopes = [scope for group in request.resource_logs for scope in group.scope_logs]
        records = [(scope.scope.name, record) for scope in scopes for record in scope.log_records]
        self.logs += [(name, record.body.string_value, record.span_id.hex()) for name, record in records]
        attributes = [one for _, record in records for one in record.attributes]
        self.log_uids += [one.value.string_value for one in attributes if one.key == "log.record.uid"]

    def take_metrics(self, request: ExportMetricsServiceRequest) -> None:
        """Keep the latest value, or count, of each metric by operation, and the operations of each export."""
        for group in request.resource_metrics:
            for metric in (metric for scope in group.scope_metrics for metric in scope.metrics):
                points = (*metric.sum.data_points, *metric.histogram.data_points, *metric.gauge.data_points)
                for point in points:
                    names = [one.value.string_value for one in point.attributes if one.key == _NAME]
                    value: float = getattr(point, "as_int", 0) or getattr(point, "count", 0)
                    self.metrics.setdefault(metric.name, {})["".join(names)] = value
                told = {one.value.string_value for point in points for one in point.attributes if one.key == _NAME}
                self.exports.setdefault(metric.name, []).append(told)

    def __enter__(self) -> Collector:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    """More than the few that are kept waiting by default: many processes may send at once."""


class _Handler(BaseHTTPRequestHandler):
    collector: ClassVar[Collector]

    def do_POST(self) -> None:
        """Take a request for traces, logs or metrics."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        if self.path == "/v1/logs":
            self.collector.take_logs(ExportLogsServiceRequest.FromString(body))
        elif self.path == "/v1/metrics":
            self.collector.take_metrics(ExportMetricsServiceRequest.FromString(body))
        else:
            self.collector.take(ExportTraceServiceRequest.FromString(body))
        self.send_response(200 if self.path in {"/v1/traces", "/v1/logs", "/v1/metrics"} else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name of the base class
        """Say nothing."""


class Silence:
    """A server that accepts connections and never answers."""

    def __enter__(self) -> Silence:
        self._socket = socket.create_server(("127.0.0.1", 0))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._socket.close()

    @property
    def endpoint(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"
