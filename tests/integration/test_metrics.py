"""Metrics of operations in programs of their own: where they go, with whom they are shared, and what a fork does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.integration.collector import Collector, Silence
from tests.integration.conftest import RunProgram
from tests.integration.programs import RUN

OTLP = {"OTEL_METRICS_EXPORTER": "otlp", "OTEL_OPS_TRACE_FILE": "false"}
IN_MEMORY = """
import json
import re
from pathlib import Path
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

reader = InMemoryMetricReader()

def counted(name):
    data = reader.get_metrics_data()
    found = [metric for resource in (data.resource_metrics if data else []) for scope in resource.scope_metrics
             for metric in scope.metrics if metric.name == name]
    return sum(point.value for metric in found for point in metric.data.data_points)
"""


def fails(name: str) -> str:
    """Give source of an operation that fails."""
    return f"\ntry:\n    with operation({name!r}): raise ValueError\nexcept ValueError: pass\n"


def test_the_variable_sends_metrics_over_otlp(run_program: RunProgram, collector: Collector) -> None:
    """Whatever ended before the end of the program is in them, without any code."""
    done = run_program(
        RUN + 'configure(); [run("load") for _ in range(7)]' + fails("save"),
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint,
        **OTLP,
    )

    assert (0, "") == (done.returncode, done.stderr)
    assert {"load": 7, "save": 1} == collector.metrics["ops.operation.runs"]
    assert {"load": 7, "save": 1} == collector.metrics["ops.operation.duration"]
    assert {"save": 1} == collector.metrics["ops.operation.failures"]


def test_without_being_asked_for_there_are_no_metrics(run_program: RunProgram, collector: Collector) -> None:
    """Neither are they measured, nor is anything of theirs imported; ``[]`` wins over the variable."""
    source = 'import sys; run("load"); shutdown(); print("otel_ops.processors.metrics" in sys.modules)'
    plain = run_program(RUN + "configure();" + source, OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint)
    switched_off = run_program(RUN + "configure(metrics=[]);" + source, **OTLP)

    assert ["False\n", "False\n"] == [plain.stdout, switched_off.stdout]
    assert {} == collector.metrics


def test_a_forked_child_counts_for_itself(run_program: RunProgram, collector: Collector) -> None:
    """What was counted before the fork is the parent's only, and each process sends its own."""
    source = RUN + (
        'import multiprocessing as mp\nconfigure(); run("before"); mp.get_context("fork")\n'
        'child = mp.get_context("fork").Process(target=run, args=("inside",))\n'
        'child.start(); child.join(); run("after")'
    )
    done = run_program(source, OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint, **OTLP)

    assert (0, "") == (done.returncode, done.stderr)
    assert {"before": 1, "inside": 1, "after": 1} == collector.metrics["ops.operation.runs"]
    assert [{"inside"}, {"after", "before"}] == collector.exports["ops.operation.runs"]


def test_a_collector_that_hangs_does_not_hold_up_the_end(run_program: RunProgram) -> None:
    """It takes no longer than the settings say, and a warning tells what is lost."""
    with Silence() as silence:
        source = 'configure(exit_seconds=0.5); run("load")'
        done = run_program(RUN + source, OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=silence.endpoint, **OTLP)

    assert 0 == done.returncode
    assert "the metrics of operations, was not done within exit_seconds = 0.5" in done.stderr


@pytest.mark.parametrize("settings", ["metrics=['program']", ""])
def test_the_programs_own_provider_is_used(run_program: RunProgram, settings: str) -> None:
    """By name, or where the variable asks for metrics: that provider exports as the variable says."""
    source = (
        RUN
        + IN_MEMORY
        + f"metrics.set_meter_provider(MeterProvider([reader]))\nconfigure({settings})\n"
        + 'run("load"); shutdown(); print(counted("ops.operation.runs"))'
    )
    done = run_program(source, **OTLP)

    assert (0, "1\n", "") == (done.returncode, done.stdout, done.stderr)


def test_under_opentelemetry_instrument_metrics_go_with_the_others(
    instrumented: RunProgram, collector: Collector
) -> None:
    """A distro sets the provider; operations need no code for that, and the last of them is there, too."""
    done = instrumented(
        "from otel_ops import operation\nwith operation('load'): pass",
        distro="opentelemetry",
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint,
        OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf",
        OTEL_TRACES_EXPORTER="none",
        OTEL_METRICS_EXPORTER="otlp",
    )

    assert 0 == done.returncode, done.stderr
    assert {"load": 1} == collector.metrics["ops.operation.runs"]


def test_the_programs_provider_has_what_ended_last(run_program: RunProgram) -> None:
    """Its own end, which it has registered before ours, finds everything counted."""
    source = (
        RUN
        + IN_MEMORY
        + (
            "import atexit\nmetrics.set_meter_provider(MeterProvider([reader]))\n"
            'atexit.register(lambda: print(counted("ops.operation.runs")))\n'
            "configure(metrics=['program'], trace_file=False, flush_seconds=30)\nrun('load')"
        )
    )

    assert "1\n" == run_program(source).stdout


def test_an_output_that_hangs_holds_up_no_metric(run_program: RunProgram) -> None:
    """Those of the program's provider are there at its end, and that is held up as long as the settings say."""
    source = (
        RUN
        + IN_MEMORY
        + "import atexit, threading\nmetrics.set_meter_provider(MeterProvider([reader]))\n"
        + "atexit.register(lambda: print(counted('ops.operation.runs')))\n"
        + "hang = {'format': 'tree', 'to': lambda text: threading.Event().wait()}\n"
        + "configure(metrics=['program'], trace_file=False, outputs=[hang], exit_seconds=0.5)\n"
        + "run('load'); import time; time.sleep(0.5); run('load')"
    )

    assert "2\n" == run_program(source).stdout


def test_the_program_has_its_provider_for_itself(run_program: RunProgram) -> None:
    """Beside other places it is refused: its readers are the program's."""
    done = run_program(RUN + "configure(metrics=['program', 'otlp'])")

    assert 1 == done.returncode
    assert "metrics = ['program', 'otlp'] (setting): program stands alone" in done.stderr


def test_no_failure_counts_twice_where_an_error_handler_counts_too(run_program: RunProgram) -> None:
    """The handler ``metrics`` counts as it is told, and then nobody else does."""
    source = (
        RUN
        + IN_MEMORY
        + "metrics.set_meter_provider(MeterProvider([reader]))\n"
        + "configure(metrics=['program'], error_handlers=['metrics'], trace_file=False)"
        + fails("load")
        + 'shutdown(); print(counted("ops.operation.failures"), counted("ops.operation.runs"))'
    )

    assert "1 1\n" == run_program(source).stdout


def test_the_handler_counts_where_the_other_metrics_go(run_program: RunProgram, collector: Collector) -> None:
    """Also what fails last."""
    source = RUN + "configure(error_handlers=['metrics'])" + fails("save")
    done = run_program(source, OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint, **OTLP)

    assert (0, "") == (done.returncode, done.stderr)
    assert {"save": 1} == collector.metrics["ops.operation.failures"]


def test_faults_and_queues_are_metrics(run_program: RunProgram) -> None:
    """What `diagnostics` counts is counted there, by the same reasons."""
    source = (
        RUN
        + IN_MEMORY
        + "metrics.set_meter_provider(MeterProvider([reader]))\n"
        + "configure(metrics=['program'], trace_file=False)\n"
        + "with operation('load') as load: pass\n"
        + "load.set(rows=1)\n"
        + "data = json.loads(reader.get_metrics_data().to_json())\n"
        + "print(json.dumps({metric['name']: {tuple(point['attributes'].values())[0]: point['value']"
        + " for point in metric['data']['data_points']}"
        + " for metric in data['resource_metrics'][0]['scope_metrics'][0]['metrics']"
        + " if metric['name'] in ('ops.faults', 'ops.queue.size')}))"
    )
    told = json.loads(run_program(source).stdout)

    assert {"operation.not_open": 1} == told["ops.faults"]
    assert {"spans", "records", "logs", "held"} == told["ops.queue.size"].keys()


def test_one_configuration_after_the_other_has_the_port(run_program: RunProgram) -> None:
    """Prometheus finds the latest at the same place."""
    source = RUN + (
        "import os, urllib.request\nfrom contextlib import closing\nimport socket\n"
        "with closing(socket.create_server(('localhost', 0))) as server: port = server.getsockname()[1]\n"
        "for name in ('first', 'second'):\n"
        "    configure(trace_file=False, metrics=[{'to': 'prometheus', 'options': {'port': port}}])\n"
        "    run(name)\n"
        "    from otel_ops.core.hooks import HOOKS; HOOKS.sink.force_flush()\n"
        "    text = urllib.request.urlopen(f'http://localhost:{port}/metrics').read().decode()\n"
        "    print('ops_operation_name=\"first\"' in text, 'ops_operation_name=\"second\"' in text, diagnostics())\n"
    )

    assert ["True False {}", "False True {}"] == run_program(source).stdout.splitlines()


def test_settings_that_are_refused_leave_the_port_to_those_in_force(run_program: RunProgram) -> None:
    """Prometheus still finds what it found, and nothing is left running of what was made."""
    source = RUN + (
        "import threading, urllib.request\nfrom contextlib import closing, suppress\nimport socket\n"
        "with closing(socket.create_server(('localhost', 0))) as server: port = server.getsockname()[1]\n"
        "pull = {'to': 'prometheus', 'options': {'port': port}}\n"
        "configure(trace_file=False, metrics=[pull]); run('load')\n"
        "from otel_ops.core.hooks import HOOKS; HOOKS.sink.force_flush()\n"
        "before = threading.active_count()\n"
        "with suppress(ValueError): configure(metrics=[pull, 'console', {'to': 'otlp', 'options': {'x': 1}}])\n"
        "more = threading.active_count() - before\n"
        "text = urllib.request.urlopen(f'http://localhost:{port}/metrics').read().decode()\n"
        "print('ops_operation_name=\"load\"' in text, more)\n"
    )

    assert "True 0\n" == run_program(source).stdout


def test_the_programs_provider_has_what_is_in_force(run_program: RunProgram) -> None:
    """Its instruments stay as they are; what is under way is that of the latest configuration."""
    source = (
        RUN
        + IN_MEMORY
        + "metrics.set_meter_provider(MeterProvider([reader]))\n"
        + "for _ in range(2): configure(metrics=['program'], trace_file=False)\n"
        + "with operation('load'): print(counted('ops.operation.active'))\n"
        + "print(counted('ops.operation.active'))"
    )

    assert "1\n0\n" == run_program(source).stdout


def test_no_operation_is_lost_between_threads(run_program: RunProgram) -> None:
    """Recorded and hidden ones, at any time of any thread, while readers read."""
    source = (
        RUN
        + IN_MEMORY
        + "from concurrent.futures import ThreadPoolExecutor\n"
        + "metrics.set_meter_provider(MeterProvider([reader]))\n"
        + "configure(metrics=['program'], metrics_hidden=True, trace_file=False, flush_seconds=0.01)\n"
        + "def work(number):\n"
        + "    with operation('load'), operation('parse', detail='DEBUG'): pass\n"
        + "    if not number % 50: counted('ops.operation.active')\n"
        + "with ThreadPoolExecutor(4) as pool: list(pool.map(work, range(1000)))\n"
        + "shutdown(); print(counted('ops.operation.runs'), counted('ops.operation.active'), diagnostics())"
    )

    assert "2000 0 {}\n" == run_program(source).stdout


def test_circuits_are_told_where_the_other_metrics_go(run_program: RunProgram, collector: Collector) -> None:
    """Also those that were made before."""
    source = (
        RUN
        + "from otel_ops.recovery import CircuitBreaker\n"
        + "load = operation('load', recover=[CircuitBreaker(name='gateway')])(lambda: None)\nload()\n"
        + "configure()\nload()"
    )
    done = run_program(source, OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint, **OTLP)

    assert (0, "") == (done.returncode, done.stderr)
    assert "ops.circuit_breaker.status" in collector.metrics


@pytest.mark.parametrize("places", ["['otlp', {file}]", "[{file}]"])
def test_a_file_waits_for_no_endpoint(run_program: RunProgram, tmp_path: Path, places: str) -> None:
    """Where nobody answers exporters of spans and metrics, the file of a short job has what ended all the same."""
    to = tmp_path / "nightly.prom"
    metrics = places.format(file={"to": "textfile", "options": {"to": str(to)}})
    with Silence() as silence:
        source = f'configure(exit_seconds=0.5, metrics={metrics}); run("load")'
        done = run_program(RUN + source, OTEL_EXPORTER_OTLP_ENDPOINT=silence.endpoint)

    assert "was not done within exit_seconds = 0.5" in done.stderr
    assert re.findall(
        r'^ops_operation_runs_total\{.*ops_operation_name="load".*\} (\S+)$', to.read_text(), re.MULTILINE
    ) == ["1.0"]
