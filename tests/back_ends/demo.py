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
    subprocess.run(
        [sys.executable, _PROGRAM, "--detail", "DETAILED"],
        env={**os.environ, **_environment(entrance)},
        check=True,
        timeout=300,
    )


def _environment(entrance: Collector) -> dict[str, str]:
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": entrance.http,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_METRICS_EXPORTER": "otlp",
        "OTEL_LOGS_EXPORTER": "otlp",
    }


def _addresses(entrance: Collector, metrics: Prometheus, traces: Jaeger, documents: OpenSearch) -> str:
    variables = " ".join(f"{name}={value}" for name, value in _environment(entrance).items())
    question = f"{metrics.address}/api/v1/query?query"
    return f"""
What to look at, and where:
Jaeger           {traces.address}/api/traces?service={_SERVICE}
                 a trace for each series, and one that compares them; that of 80 K/min has failed in "load"
Monitor tab      {traces.address}/api/metrics/calls?service={_SERVICE}&groupByOperation=true&spanKind=internal
                 calls per second of each operation
Prometheus       {question}=traces_span_metrics_calls_total
                 how often each operation ran, as the collector has counted; the same as the program has it:
Own metrics      {question}=ops_operation_runs_total
OpenSearch       {documents.address}/ss4o_traces-otel_ops-*/_search?q=status.code:Error
                 what has failed, and from where; what was logged is in ss4o_logs-otel_ops-*
Collector        {entrance.telemetry}
                 what it has received, sent, and not sent

Send more with
{variables} .venv/bin/otel-ops run program.py

The pages of Jaeger and Prometheus are not built; these addresses answer JSON. Ctrl-C stops all."""


if __name__ == "__main__":
    sys.exit(main())
