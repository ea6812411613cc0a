"""Mistakes of the user: `configure` raises a SettingsError that names them, and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.conftest import RunProgram
from tests.integration.programs import RUN, names_in

REFUSE = """
import threading
from opentelemetry import trace
from otel_ops.exceptions import SettingsError
def refuse(**settings):
    try:
        configure(**settings)
    except SettingsError as error:
        print(error)
    print(type(trace.get_tracer_provider()).__name__, threading.active_count())
"""
NOTHING_SET = "ProxyTracerProvider 1"


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "abc"}, "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT = 'abc' (environment): "),
        ({"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "-1"}, "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT = '-1' (environment): "),
        ({"OTEL_SPAN_LINK_COUNT_LIMIT": "1e3"}, "OTEL_SPAN_LINK_COUNT_LIMIT = '1e3' (environment): "),
        (
            {"OTEL_TRACES_EXPORTER": "console", "OTEL_BSP_MAX_QUEUE_SIZE": "0"},
            "OTEL_BSP_MAX_QUEUE_SIZE = '0' (environment): ",
        ),
        (
            {"OTEL_LOGS_EXPORTER": "console", "OTEL_BLRP_MAX_QUEUE_SIZE": "0"},
            "OTEL_BLRP_MAX_QUEUE_SIZE = '0' (environment): OpenTelemetry refuses it",
        ),
        (
            {"OTEL_LOGS_EXPORTER": "console", "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT": "abc"},
            "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT = 'abc' (environment): OpenTelemetry refuses it",
        ),
        ({"OTEL_LOGS_EXPORTER": "nowhere"}, "OTEL_LOGS_EXPORTER = 'nowhere' (environment): no such exporter"),
        (
            {"OTEL_METRICS_EXPORTER": "console", "OTEL_METRICS_EXEMPLAR_FILTER": "sometimes"},
            "OTEL_METRICS_EXEMPLAR_FILTER = 'sometimes' (environment): OpenTelemetry refuses it",
        ),
        (
            {"OTEL_TRACES_EXPORTER": "otlp_proto_grpc", "OTEL_EXPORTER_OTLP_COMPRESSION": "zip"},
            "OTEL_TRACES_EXPORTER = 'otlp_proto_grpc' (environment): the exporter cannot be made: ",
        ),
        ({"OTEL_TRACES_EXPORTER": "nowhere"}, "OTEL_TRACES_EXPORTER = 'nowhere' (environment): "),
    ],
)
def test_variables_that_opentelemetry_refuses(run_program: RunProgram, variables: dict[str, str], told: str) -> None:
    """Junk in a variable is told with its name and value; no provider is set, no thread runs."""
    done = run_program(RUN + REFUSE + "refuse()\nrun('a')", **variables)
    message, state = done.stdout.splitlines()

    assert (NOTHING_SET, 0) == (state, done.returncode)
    assert message.startswith(told)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("outputs=['tree', Exporting()]", "outputs[1].format = Exporting object (argument): derive its class from"),
        ("outputs=[{'format': Formatting()}]", "outputs[0].format = Formatting object (argument): derive its class"),
        (
            "error_handlers=[Handling()]",
            "error_handlers[0] = Handling object (argument): derive its class from otel_ops.errors.ErrorHandler",
        ),
        ("outputs=[object()]", "outputs[0].format = <object object"),
        ("error_handlers=[print]", "error_handlers[0].handler = <built-in function print>"),
    ],
)
def test_objects_that_only_look_right(run_program: RunProgram, settings: str, told: str) -> None:
    """An object with one method of what is wanted would fail later, far away: it is refused with its class's remedy."""
    source = """
class Exporting:
    def export(self, spans): ...
class Formatting:
    def format_operation_log(self, operation_log): ...
class Handling:
    def handle_operation_error(self, operation_log, exception): ...
"""
    done = run_program(RUN + REFUSE + source + f"refuse({settings})")
    message, state = done.stdout.splitlines()

    assert (NOTHING_SET, "") == (state, done.stderr)
    assert message.startswith(told)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("", "trace_file = '.otel_ops/{date}-{pid}.jsonl' (default): the current directory was removed; "),
        ("trace_file='a.jsonl'", "trace_file = 'a.jsonl' (setting): the current directory was removed; "),
        (
            "trace_file=False, outputs=[{'format': 'tree', 'to': 'a.txt'}]",
            "outputs[0].to = 'a.txt' (setting): the current directory was removed; give an absolute path",
        ),
    ],
)
def test_a_current_directory_that_is_gone(run_program: RunProgram, tmp_path: Path, settings: str, told: str) -> None:
    """Relative paths lead nowhere then, which is told; absolute ones work."""
    source = f"""
import os
os.mkdir("gone"); os.chdir("gone"); os.rmdir("../gone")
refuse({settings})
configure(trace_file="{tmp_path / "a.jsonl"}", announce=False)
run("a")
"""
    done = run_program(RUN + REFUSE + source)
    message, state = done.stdout.splitlines()

    assert (NOTHING_SET, "", ["a"]) == (state, done.stderr, names_in(tmp_path / "a.jsonl"))
    assert message.startswith(told)


def test_a_provider_that_cannot_be_had(run_program: RunProgram) -> None:
    """Where OpenTelemetry's variable names a provider that is not installed, that is told."""
    source = """
from otel_ops.exceptions import SettingsError
try:
    configure()
except SettingsError as error:
    print(error)
"""
    done = run_program(RUN + source, OTEL_PYTHON_TRACER_PROVIDER="nobody")

    assert (
        "OTEL_PYTHON_TRACER_PROVIDER = 'nobody' (environment): no such provider can be had; unset it\n" == done.stdout
    )
