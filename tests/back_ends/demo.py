"""Starts all back ends, lets the thermal analysis run into them, and leaves them up until Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from tests.back_ends.collector import CONFIGURATIONS, WITH_OPENSEARCH, Collector, collector
from tests.back_ends.jaeger import Jaeger, jaeger
from tests.back_ends.opensearch import OpenSearch, opensearch
from tests.back_ends.prometheus import Prometheus, prometheus
from tests.back_ends.recipes import NotMadeError

_PROGRAM = Path(__file__).parents[2] / "docs" / "examples" / "thermal_analysis" / "thermal_analysis.py"
_SERVICE = "thermal_analysis"


def main() -> int:
    """Run the demo; give the exit code."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
            _show(Path(folder), stack)
    except NotMadeError as error:
        print(f"*** {error} ***", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped")
    return 0


def _show(folder: Path, stack: ExitStack) -> None:
    print("starting Prometheus, Jaeger, OpenSearch and two collectors", flush=True)
    metrics = stack.enter_context(prometheus(folder))
    traces = stack.enter_context(jaeger(folder, metrics.address))
    documents = stack.enter_context(opensearch(folder))
    entrance = stack.enter_context(_collectors(folder, stack, metrics, traces, documents))
    _run_program(entrance)
    print(_addresses(entrance, metrics, traces, documents), flush=True)
    signal.pause()


def _collectors(
    folder: Path, stack: ExitStack, metrics: Prometheus, traces: Jaeger, documents: OpenSearch
) -> AbstractContextManager[Collector]:
    """Put the collector that can write to OpenSearch behind the one that programs send to."""
    place = {"OPENSEARCH_ENDPOINT": documents.address}
    last = stack.enter_context(collector(folder, "opensearch", name=WITH_OPENSEARCH, environment=place))
    places = {
        "JAEGER_ENDPOINT": traces.grpc,
        "PROMETHEUS_ENDPOINT": metrics.otlp,
        "SPAN_METRICS_INTERVAL": "1s",
        "NEXT_ENDPOINT": last.grpc.removeprefix("http://"),
    }
    return collector(folder, "jaeger", "prometheus", str(CONFIGURATIONS / "next.yaml"), environment=places)


def _run_program(entrance: Collector) -> None:
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": entrance.http, "OTEL_LOGS_EXPORTER": "otlp"}
    subprocess.run(
        [sys.executable, _PROGRAM, "--detail", "DETAILED"],
        env={**os.environ, **environment, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"},
        check=True,
        timeout=300,
    )


def _addresses(entrance: Collector, metrics: Prometheus, traces: Jaeger, documents: OpenSearch) -> str:
    return f"""
Send more with   OTEL_EXPORTER_OTLP_ENDPOINT={entrance.http} OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
Jaeger           {traces.address}/api/traces?service={_SERVICE}
Monitor tab      {traces.address}/api/metrics/calls?service={_SERVICE}&groupByOperation=true&spanKind=internal
Prometheus       {metrics.address}/api/v1/query?query=traces_span_metrics_calls_total
OpenSearch       {documents.address}/ss4o_traces-otel_ops-*/_search?q=status.code:Error
Collector        {entrance.telemetry}

The pages of Jaeger and Prometheus are not built; these addresses answer JSON. Ctrl-C stops all."""


if __name__ == "__main__":
    sys.exit(main())
