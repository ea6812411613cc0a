"""``otel-ops collector run`` as a person uses it, and as it ends."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psutil
import pytest

from tests.collectors import collector, free_places, send, span, wait_for
from tests.end_to_end.conftest import Command

COMMAND = Path(sys.executable).with_name("otel-ops")
WITHOUT_COLLECTOR = {"PATH": "/nowhere"}
ENDS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
TIME = 60

Running = subprocess.Popen[str]


class Healthy(BaseHTTPRequestHandler):
    """Answers as something does that runs already."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name of the base class
        """Say nothing."""


@contextmanager
def healthy(port: str) -> Iterator[None]:
    with HTTPServer(("127.0.0.1", int(port)), Healthy) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def running(folder: Path, *overlays: str, **variables: str) -> Iterator[Running]:
    """Run the command until the block ends it; it has told where its log is."""
    options = ["--collector", collector(), "--folder", str(folder), "--every", "0.1"]
    command = [str(COMMAND), "collector", "run", *overlays, *options]
    environ = {"PATH": os.environ["PATH"], **free_places(), **variables}
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            next(line for line in process.stdout if line.startswith("log: "))
            yield process
        finally:
            process.kill()


def collector_of(process: Running) -> psutil.Process:
    (one,) = psutil.Process(process.pid).children()
    return one


def shown(process: Running, *words: str) -> str:
    """Wait for a line with all these words."""
    assert process.stdout
    return next(line for line in process.stdout if all(word in line for word in words))


def test_run_shows_what_goes_through_and_ends_clean(tmp_path: Path) -> None:
    """Lines tell what was received, sent and queued; after SIGTERM the collector is gone, and what waits is told."""
    ports = free_places()
    with running(tmp_path, "archive", "jaeger", JAEGER_ENDPOINT="127.0.0.1:1", **ports) as process:
        send(f"127.0.0.1:{ports['OPS_HTTP_PORT']}", [span(1)])
        line = shown(process, "file/traces: sent 1", "queue")
        process.terminate()
        rest, errors = process.communicate(timeout=TIME)
    assert line.startswith("received 1 spans, 0 metric points, 0 log records; file/traces: sent 1; otlp_grpc/jaeger: ")
    assert (0, True) == (process.returncode, rest.startswith("received 1 spans") or not rest)
    assert "otel-ops: otlp_grpc/jaeger: what is queued is on disk, and is sent after the next start\n" in errors


def test_run_tells_where_it_listens(tmp_path: Path) -> None:
    """Each protocol with its address, and the log."""
    ports = free_places()
    process = subprocess.Popen(
        [COMMAND, "collector", "run", "--collector", collector(), "--folder", tmp_path],
        env={"PATH": os.environ["PATH"], **ports},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout
        told = [process.stdout.readline() for _ in range(3)]
        process.terminate()
    assert f"receiving OTLP over grpc on 127.0.0.1:{ports['OPS_GRPC_PORT']}\n" == told[0]
    assert f"log: {tmp_path}/collector.log; end with Ctrl-C\n" == told[2]


@pytest.mark.parametrize("end", ENDS)
def test_run_takes_the_collector_along(tmp_path: Path, end: signal.Signals) -> None:
    """After Ctrl-C, SIGTERM, and the end of the terminal, it is gone."""
    with running(tmp_path) as process:
        one = collector_of(process)
        process.send_signal(end)
        _, errors = process.communicate(timeout=TIME)
    assert (0, "") == (process.returncode, errors)
    assert not one.is_running()


def test_run_goes_on_after_the_end_of_a_terminal_that_it_is_not_to_heed(tmp_path: Path) -> None:
    """Below ``nohup`` it is ignored."""
    former = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with running(tmp_path) as process:
            process.send_signal(signal.SIGHUP)
            process.send_signal(signal.SIGHUP)
            assert collector_of(process).is_running()
            process.terminate()
            process.communicate(timeout=TIME)
    finally:
        signal.signal(signal.SIGHUP, former)
    assert 0 == process.returncode


def test_a_second_end_waits_for_nothing(tmp_path: Path) -> None:
    """A collector that still tries to send is killed, and that is told."""
    ports = free_places()
    with running(tmp_path, "elasticsearch", ELASTICSEARCH_ENDPOINT="http://127.0.0.1:1", **ports) as process:
        one = collector_of(process)
        send(f"127.0.0.1:{ports['OPS_HTTP_PORT']}", [span(1)])
        shown(process, "elasticsearch/ops: sent 0, queue")
        process.send_signal(signal.SIGINT)
        log = tmp_path / "collector.log"
        wait_for(lambda: "Received signal from OS" in log.read_text("utf-8"))
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=TIME)
    assert 0 == process.returncode
    assert "otel-ops: the collector was killed, for its exporters still tried to send; queues are kept\n" in errors
    assert not one.is_running()


def test_a_collector_that_dies_is_told(tmp_path: Path) -> None:
    """With the signal, and where its log is; the exit code is 2."""
    with running(tmp_path) as process:
        collector_of(process).kill()
        _, errors = process.communicate(timeout=TIME)
    assert 2 == process.returncode
    assert f" was ended by signal 9; its log is {tmp_path}/collector.log\n" in errors


def test_a_collector_that_runs_already_is_not_taken_for_this_one(otel_ops: Command) -> None:
    """What answers where the health of this one would be is told, and nothing is started."""
    ports = free_places()
    with healthy(ports["OPS_HEALTH_PORT"]):
        done = otel_ops("collector", "run", "--collector", collector(), "--folder", "state", **ports)
    assert (2, "") == (done.returncode, done.stdout)
    assert f"otel-ops: http://127.0.0.1:{ports['OPS_HEALTH_PORT']}/ answers already: a collector runs" in done.stderr


def test_a_port_that_is_taken_is_told_with_the_variables(otel_ops: Command) -> None:
    """Whoever has it."""
    ports = free_places()
    with healthy(ports["OPS_HTTP_PORT"]):
        done = otel_ops("collector", "run", "--collector", collector(), "--folder", "state", **ports)
    assert (2, "") == (done.returncode, done.stdout)
    assert f"listen tcp 127.0.0.1:{ports['OPS_HTTP_PORT']}: bind: address already in use\n" in done.stderr
    assert "give the collector ports of its own (OPS_GRPC_PORT, OPS_HTTP_PORT, " in done.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("exporters: {nop: {nonsense: 1}}", "has invalid keys: nonsense"),
        ("service: {pipelines: {logs: {receivers: [otlp]}}}", "service.pipelines.logs: it has no exporters"),
        ("extensions: {health_check: {endpoint: }}", "extensions.health_check.endpoint: missing"),
        ("extensions: {health_check: {endpoint: 'a b:x'}}", "its log is"),
        ("service: {telemetry: {metrics: {readers: 7}}}", "its log is"),
    ],
)
def test_a_configuration_that_is_refused_is_told(otel_ops: Command, tmp_path: Path, text: str, told: str) -> None:
    """By us, or by the collector, which then does not run; 2, and never a traceback."""
    (tmp_path / "mine.yaml").write_text(text, "utf-8")
    options = ["--collector", collector(), "--folder", "state"]
    done = otel_ops("collector", "run", "mine.yaml", *options, **free_places())
    assert (2, "") == (done.returncode, done.stdout)
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_cannot_be_made_is_told(otel_ops: Command, tmp_path: Path) -> None:
    """With its name and the remedy."""
    (tmp_path / "file").touch()
    done = otel_ops("collector", "run", "--collector", collector(), "--folder", "file", **free_places())
    assert (2, "") == (done.returncode, done.stdout)
    assert "otel-ops: file: cannot be made, for queue and log: File exists; name another folder" in done.stderr


def test_run_refuses_what_check_calls_an_error(otel_ops: Command) -> None:
    """Nothing is started without a collector, or with a variable that is missing."""
    done = otel_ops("collector", "run", **WITHOUT_COLLECTOR)
    assert (2, "") == (done.returncode, done.stdout)
    assert "none of otelcol-contrib, otelcol-ops, otelcol is on PATH; install one" in done.stderr
    done = otel_ops("collector", "run", "honeycomb", "--collector", collector())
    assert (2, "") == (done.returncode, done.stdout)
    assert "the variable HONEYCOMB_API_KEY is not set" in done.stderr
