"""Under `opentelemetry-instrument`: beside any distro, a declarative file or nothing, operations are seen once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from otel_ops.settings import setting_variables
from tests.integration.collector import Collector
from tests.integration.conftest import RunProgram
from tests.integration.programs import names_in, records_in, trace_files

PROGRAM = """
import sys
from opentelemetry import trace
from otel_ops import Detail, operation

with operation("work"), operation("step", detail=Detail.DETAILED):
    pass
print("done")
"""
OTLP = {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}
EVERY_DISTRO = pytest.mark.parametrize("distro", ["opentelemetry", "elastic", "splunk"])


def test_without_a_distro_it_is_as_with_configure(instrumented: RunProgram, tmp_path: Path) -> None:
    """Nobody has set a provider: one is made, and the default file is written and announced."""
    done = instrumented(PROGRAM)
    (path,) = trace_files(tmp_path)

    assert (0, "done\n", ["work"]) == (done.returncode, done.stdout, names_in(path))
    assert [f"otel_ops: operations are written to {path.relative_to(tmp_path)}"] == [
        line.partition(";")[0] for line in done.stderr.splitlines()
    ]


def test_without_a_distro_the_endpoint_gets_the_spans_once(
    instrumented: RunProgram, tmp_path: Path, collector: Collector
) -> None:
    """We export what OpenTelemetry's variables ask for where nobody else does."""
    done = instrumented(PROGRAM, **OTLP, OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint)

    assert (0, "", ["work"]) == (done.returncode, done.stderr, collector.spans)
    assert [] == trace_files(tmp_path)


@EVERY_DISTRO
def test_beside_a_distro_the_endpoint_gets_the_spans_once(
    instrumented: RunProgram, tmp_path: Path, collector: Collector, distro: str
) -> None:
    """The distro exports; we neither export a second time nor write a file that nobody asked for."""
    done = instrumented(PROGRAM, distro=distro, **OTLP, OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint)

    assert (0, "done\n", "") == (done.returncode, done.stdout, done.stderr)
    assert (["work"], {"lab"}) == (collector.spans, collector.services)
    assert [] == trace_files(tmp_path)


@EVERY_DISTRO
def test_beside_a_distro_settings_are_followed(instrumented: RunProgram, tmp_path: Path, distro: str) -> None:
    """Flags of the command give the level, a file and an output of ours, whatever the distro does."""
    flags = ("--ops_detail=DEBUG", "--ops_trace_file=a.jsonl", "--ops_outputs=tree", "--ops_announce=false")
    done = instrumented(PROGRAM, *flags, distro=distro, OTEL_TRACES_EXPORTER="none")

    assert (0, "done\n", ["step", "work"]) == (done.returncode, done.stdout, names_in(tmp_path / "a.jsonl"))
    assert ["work", "step"] == re.findall("work|step", done.stderr)


@pytest.mark.parametrize("distro", ["", "opentelemetry", "elastic", "splunk"])
def test_our_exporters_show_each_operation_once(instrumented: RunProgram, tmp_path: Path, distro: str) -> None:
    """`OTEL_TRACES_EXPORTER=ops_tree` prints one tree, whoever makes the exporter, and writes no file beside it."""
    done = instrumented(PROGRAM, "--ops_detail=DEBUG", distro=distro, OTEL_TRACES_EXPORTER="ops_tree")

    assert (0, "done\n") == (done.returncode, done.stdout)
    assert ["work", "step"] == re.findall("work|step", done.stderr)
    assert [] == trace_files(tmp_path)


def test_every_setting_is_a_flag(instrumented: RunProgram) -> None:
    """`opentelemetry-instrument --help` lists all of them, made from their one declaration."""
    shown = instrumented("", "--help").stdout

    assert {f"--{name.removeprefix('OTEL_').lower()}" for name in setting_variables()} == set(
        re.findall(r"^  (--ops_\w+)", shown, re.MULTILINE)
    )


@pytest.mark.parametrize(
    "environment", [{"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "flask, otel_ops"}, {"OTEL_SDK_DISABLED": "true"}]
)
@pytest.mark.parametrize("distro", ["", "opentelemetry"])
def test_it_is_switched_off_by_the_standard_variables(
    instrumented: RunProgram, tmp_path: Path, distro: str, environment: dict[str, str]
) -> None:
    """Switched off, nothing is written or printed."""
    done = instrumented(PROGRAM, "--ops_outputs=tree", distro=distro, OTEL_TRACES_EXPORTER="none", **environment)

    assert (0, "done\n", "") == (done.returncode, done.stdout, done.stderr)
    assert [] == trace_files(tmp_path)


def test_settings_that_cannot_be_used_are_one_line(instrumented: RunProgram, tmp_path: Path) -> None:
    """All problems stand in one warning with key, value, source and remedy; the program and others go on."""
    done = instrumented(
        PROGRAM, "--ops_detail=DEBUGG", "--ops_outputs=treee", distro="opentelemetry", OTEL_TRACES_EXPORTER="console"
    )
    (line,) = done.stderr.splitlines()

    assert 0 == done.returncode
    assert "OTEL_OPS_DETAIL): no such level of detail; did you mean DEBUG?" in line
    assert "OTEL_OPS_OUTPUTS): no such format; did you mean tree?" in line
    assert '"name": "work"' in done.stdout


def test_a_provider_that_takes_no_processors_is_one_line(instrumented: RunProgram) -> None:
    """Whoever has set a provider that is not the SDK's keeps it."""
    done = instrumented(PROGRAM, OTEL_PYTHON_TRACER_PROVIDER="default_tracer_provider")

    assert (0, "done\n") == (done.returncode, done.stdout)
    assert [
        "otel_ops: operations of this program are not watched: the global tracer provider is a NoOpTracerProvider"
    ] == [line.partition(",")[0] for line in done.stderr.splitlines()]


FILE = """
file_format: "1.0"
tracer_provider:
  processors: [{{simple: {{exporter: {{console: }}}}}}]
  tracer_configurator/development:
    tracers: [{{name: "otel_ops.standard", config: {{enabled: false}}}}]
instrumentation/development:
  python: {{otel_ops: {options}}}
"""


def test_a_declarative_file_has_options_for_us(instrumented: RunProgram, tmp_path: Path) -> None:
    """The options of the instrumentor are settings; rules for tracers switch our levels off by their scopes."""
    (tmp_path / "otel.yaml").write_text(FILE.format(options="{detail: DETAILED, outputs: [tree]}"))
    done = instrumented(PROGRAM, distro="opentelemetry", OTEL_CONFIG_FILE="otel.yaml")
    warning, *shown = done.stderr.splitlines()

    assert 0 == done.returncode
    assert ["step"] == re.findall('"name": "([a-z]+)"', done.stdout)
    assert "ignoring configurator kwargs" in warning
    assert ["step"] == [line.split()[0] for line in shown]
    assert [] == trace_files(tmp_path)


def test_a_variable_wins_over_a_declarative_file(instrumented: RunProgram, tmp_path: Path) -> None:
    """A deployment's file gives way to what is set for one run; the file gives way to nothing below it."""
    (tmp_path / "otel.yaml").write_text(FILE.format(options="{detail: MINIMAL, outputs: [tree]}"))
    (tmp_path / "otel_ops.toml").write_text('outputs = ["json"]')
    done = instrumented(PROGRAM, "--ops_detail=DETAILED", distro="opentelemetry", OTEL_CONFIG_FILE="otel.yaml")

    assert ["step"] == [line.split()[0] for line in done.stderr.splitlines()[1:]]


def test_wrong_options_of_a_declarative_file_are_one_line(instrumented: RunProgram, tmp_path: Path) -> None:
    """An unknown option names the right one; nothing is watched by half."""
    (tmp_path / "otel.yaml").write_text(FILE.format(options="{detial: DETAILED}"))
    done = instrumented(PROGRAM, distro="opentelemetry", OTEL_CONFIG_FILE="otel.yaml")
    _, line = done.stderr.splitlines()

    assert (0, "done") == (done.returncode, done.stdout.splitlines()[-1])
    assert "detial = 'DETAILED' (option of the instrumentor): no such setting; did you mean detail?" in line


def test_a_declarative_file_without_a_distro_is_told(instrumented: RunProgram, tmp_path: Path) -> None:
    """OpenTelemetry reads the file only for distros: that is said, and we do as without it."""
    done = instrumented(PROGRAM, "--ops_announce=false", OTEL_CONFIG_FILE="otel.yaml")

    assert "install opentelemetry-distro" in done.stderr
    assert ["work"] == names_in(*trace_files(tmp_path))


@pytest.mark.parametrize("fast", ["true", "false"])
@pytest.mark.parametrize("distro", ["", "opentelemetry"])
def test_named_rules_for_tracers_work(instrumented: RunProgram, tmp_path: Path, distro: str, fast: str) -> None:
    """A user's tracer configurator, chosen by OpenTelemetry's variable, switches a level off; the tree stays whole."""
    rules = "def no_standard(scope): return _TracerConfig(is_enabled=scope.name != 'otel_ops.standard')"
    (tmp_path / "rules.py").write_text(f"from opentelemetry.sdk.trace import _TracerConfig\n{rules}\n")
    metadata = tmp_path / "rules-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: rules\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text("[_opentelemetry_tracer_configurator]\nlab = rules:no_standard\n")
    source = """
from otel_ops import Detail, operation
with operation("minimal", detail=Detail.MINIMAL), operation("standard"), operation("finer", detail=Detail.DETAILED):
    pass
"""
    flags = ("--ops_detail=DEBUG", "--ops_outputs=tree", "--ops_announce=false", f"--ops_fast_spans={fast}")
    done = instrumented(
        source, *flags, distro=distro, OTEL_TRACES_EXPORTER="none", OTEL_PYTHON_TRACER_CONFIGURATOR="lab"
    )

    assert ["minimal", "finer"] == re.findall("minimal|standard|finer", done.stderr)
    assert "└─ finer" in done.stderr


def test_unknown_rules_for_tracers_are_one_line(instrumented: RunProgram) -> None:
    """A name that is not installed is told with its variable."""
    done = instrumented(PROGRAM, OTEL_PYTHON_TRACER_CONFIGURATOR="lab")

    assert (0, "done\n", 1) == (done.returncode, done.stdout, len(done.stderr.splitlines()))
    assert "OTEL_PYTHON_TRACER_CONFIGURATOR = 'lab' (environment): no such tracer configurator" in done.stderr


def test_uninstrument_takes_everything_back(instrumented: RunProgram, tmp_path: Path) -> None:
    """What ended before is written, what ends afterwards is only the distro's; it can be instrumented again."""
    source = """
import os, textwrap
from opentelemetry import trace
from otel_ops import Detail, operation
from otel_ops_instrumentation.instrumentor import OtelOpsInstrumentor

def run(name):
    with operation(name), operation(f"{name} in detail", detail=Detail.DEBUG):
        pass

def state():
    ours = trace.get_tracer_provider()._active_span_processor._span_processors[-1]
    return bool(ours.delegates), hasattr(textwrap.dedent, "__wrapped__")

run("before")
print(*state())
OtelOpsInstrumentor().uninstrument()
print(*state())
run("between")
os.environ["OTEL_OPS_TRACE_FILE"] = "b.jsonl"
OtelOpsInstrumentor().instrument()
run("after")
"""
    flags = ("--ops_detail=DEBUG", "--ops_trace_file=a.jsonl", "--ops_announce=false")
    declared = {"OTEL_OPS_OPERATIONS": "textwrap:dedent"}
    done = instrumented(source, *flags, distro="opentelemetry", OTEL_TRACES_EXPORTER="none", **declared)

    assert (0, "") == (done.returncode, done.stderr)
    assert ["True True", "False False"] == done.stdout.splitlines()
    assert ["before in detail", "before"] == names_in(tmp_path / "a.jsonl")
    assert ["after in detail", "after"] == names_in(tmp_path / "b.jsonl")


def test_uninstrument_takes_patches_of_servers_back(instrumented: RunProgram) -> None:
    """Uvicorn and Celery are as they were, whether imported before or after; instrumented again, they are watched."""
    source = """
from celery import signals
from uvicorn.server import Server
from otel_ops_instrumentation.instrumentor import OtelOpsInstrumentor

def patched():
    return Server.capture_signals.__code__.co_name, len(signals.worker_process_shutdown.receivers)

print(*patched())
OtelOpsInstrumentor().uninstrument()
print(*patched())
OtelOpsInstrumentor().instrument()
print(*patched())
"""
    done = instrumented(source)

    assert (0, "") == (done.returncode, done.stderr)
    assert ["patched 1", "helper 0", "patched 1"] == done.stdout.splitlines()


def test_a_server_keeps_the_handler_that_it_finds(instrumented: RunProgram) -> None:
    """A handler of the program's stays while and after uvicorn captures signals; so does the default."""
    source = """
import os, signal
from uvicorn import Config
from uvicorn.server import Server

def mine(*_):
    print("mine", flush=True)

for handler in (signal.SIG_DFL, mine):
    signal.signal(signal.SIGTERM, handler)
    server = Server(Config(None))
    with server.capture_signals():
        print(signal.getsignal(signal.SIGTERM).__name__)
    print(signal.getsignal(signal.SIGTERM) is handler)
with server.capture_signals():
    os.kill(os.getpid(), signal.SIGTERM)
print("goes on")
"""
    done = instrumented(source)

    assert (0, "") == (done.returncode, done.stderr)
    assert ["handle_exit", "True", "handle_exit", "True", "mine", "goes on"] == done.stdout.splitlines()


THREADS = """
import _thread, threading
from concurrent.futures import ThreadPoolExecutor
from otel_ops import operation
from otel_ops.sdk import carriers
from otel_ops_instrumentation.instrumentor import OtelOpsInstrumentor

def run(name):
    with operation(name):
        pass

with operation("work"), ThreadPoolExecutor(1) as pool:
    pool.submit(run, "task")
    thread = threading.Thread(target=run, args=("thread",))
    thread.start()
    thread.join()
OtelOpsInstrumentor().uninstrument()
print([name for name, carrier in carriers._CARRIERS if carrier.is_instrumented_by_opentelemetry])
print(hasattr(_thread.start_new_thread, "__wrapped__"))
"""


@pytest.mark.parametrize(
    ("environment", "below"),
    [
        ({}, ["task", "thread"]),
        ({"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "flask, otel_ops_threading"}, ["task"]),
        ({"OTEL_OPS_DISABLED_CARRIERS": "thread_pools"}, ["thread"]),
        ({"OTEL_OPS_DISABLED_CARRIERS": "threading,thread_pools"}, []),
    ],
)
def test_each_carrier_can_be_switched_off(
    instrumented: RunProgram, tmp_path: Path, environment: dict[str, str], below: list[str]
) -> None:
    """By our setting or by OpenTelemetry's own; `uninstrument` of the one instrumentor takes all of them back."""
    done = instrumented(THREADS, OTEL_OPS_TRACE_FILE="a.jsonl", OTEL_OPS_ANNOUNCE="false", **environment)
    records = {record.name: record for record in records_in(tmp_path / "a.jsonl")}

    assert ("[]\nFalse\n", "") == (done.stdout, done.stderr)
    assert below == sorted(name for name, record in records.items() if record.parent_id == records["work"].span_id)


def test_without_our_instrumentor_nothing_of_ours_carries(instrumented: RunProgram) -> None:
    """OpenTelemetry loads the carriers one by one, too; they wait for `otel_ops`."""
    source = """
import _thread
from otel_ops.sdk import carriers
print([name for name, carrier in carriers._CARRIERS if carrier.is_instrumented_by_opentelemetry])
print(hasattr(_thread.start_new_thread, "__wrapped__"))
"""
    done = instrumented(source, OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="otel_ops")

    assert ("[]\nFalse\n", "") == (done.stdout, done.stderr)
