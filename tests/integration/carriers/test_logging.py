"""Log records of whole programs: in text, in the trace file, and as OTLP logs, beside contrib's instrumentation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from otel_ops.formatters import TreeFormatter, read_operation_log
from otel_ops.operation_log import OperationLog
from tests.integration.collector import Collector, Silence
from tests.integration.conftest import APART, REPOSITORY, RunProgram

WITH_CONTRIB = {"PYTHONPATH": f"{REPOSITORY}:{APART / 'logging'}"}
OTLP = {"OTEL_LOGS_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}

PROGRAM = """
import logging
import sys
from otel_ops import configure, operation, shutdown

FILES = dict(trace_file="t.jsonl", outputs=[{{"format": "jsonl", "to": "logs.jsonl"}}])
CONFIGURE = lambda: configure(announce=False, log_level="INFO", **FILES)
{setup}
log = logging.getLogger("lab.reader")
log.addHandler(logging.NullHandler())
log.setLevel("INFO")

@operation
def step(row):
    log.info("row %d", row)
    if row == 2:
        raise ValueError("row 2 is bad")

@operation
def load():
    log.warning("begin")
    for row in range(4):
        step(row)

try:
    load()
except ValueError:
    pass
log.info("outside")
"""

SHOW = """
import sys
from otel_ops.cli.main import main

sys.exit(main(["show", "--format", "json", "t.jsonl"]))
"""
FORMATTED = """
logging.basicConfig(level="INFO", stream=sys.stdout, format="%(otelSpanID)s %(otelServiceName)s %(message)s")
"""
INSTRUMENT = "from opentelemetry.instrumentation.logging import LoggingInstrumentor as C; C().instrument({})"
PROVIDER = """
from opentelemetry._logs import set_logger_provider
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor

provider = LoggerProvider()
provider.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
set_logger_provider(provider)
"""


def _log(folder: Path) -> OperationLog:
    return read_operation_log((folder / "logs.jsonl").read_bytes())


def _said(log: OperationLog) -> dict[str, list[str]]:
    return {each.span_id: [record.body for record in each.log_records] for each in log.walk()}


@pytest.mark.parametrize(
    "setup",
    [
        "CONFIGURE()",
        INSTRUMENT.format("inject_trace_context=True") + "; CONFIGURE()",
        "CONFIGURE(); " + INSTRUMENT.format("inject_trace_context=True"),
        "CONFIGURE(); " + INSTRUMENT.format(""),
        "CONFIGURE(); CONFIGURE()",
        "CONFIGURE(); logging.setLogRecordFactory(logging.LogRecord)",
    ],
)
def test_ids_in_text_are_those_of_the_spans(run_program: RunProgram, tmp_path: Path, setup: str) -> None:
    """Each line names the span that has it, whoever puts the ids there first; contrib's format string works."""
    done = run_program(PROGRAM.format(setup=setup + FORMATTED), **WITH_CONTRIB, OTEL_SERVICE_NAME="lab")
    lines = [line.split(" ", 2) for line in done.stdout.splitlines()]

    said: dict[str, list[str]] = {}
    for span_id, service, text in lines:
        assert setup.startswith("from") or service == "lab"  # contrib asks for it once, before there is a provider
        said.setdefault(span_id, []).append(text)
    assert (0, "", ["outside"]) == (done.returncode, done.stderr, said.pop("0"))
    assert _said(_log(tmp_path)) == said


def test_the_file_gives_the_same_log(run_program: RunProgram, tmp_path: Path) -> None:
    """What is read from the trace file is what the running program had, log records included; so is what is shown."""
    done = run_program(PROGRAM.format(setup="CONFIGURE()"), measured=False)
    shown = run_program(SHOW)
    live = _log(tmp_path)

    assert (0, 0, "") == (done.returncode, shown.returncode, shown.stderr)
    assert live == read_operation_log(shown.stdout)
    assert [["begin"], ["row 0"], ["row 1"], ["row 2"]] == list(_said(live).values())
    lines = TreeFormatter().format_operation_log(live).splitlines()
    assert ["begin", "row 2"] == [line.split(": ")[1].split("  ")[0] for line in lines if "lab.reader" in line]


def test_the_file_is_otlp_json(run_program: RunProgram, tmp_path: Path) -> None:
    """A line is of spans or of logs, as collectors write and read them."""
    run_program(PROGRAM.format(setup="CONFIGURE()"))
    keys = [list(json.loads(line)) for line in (tmp_path / "t.jsonl").read_text().splitlines()]
    assert {("resourceSpans",), ("resourceLogs",)} == set(map(tuple, keys))


@pytest.mark.parametrize(
    "setup",
    [
        "configure()",
        f"configure(); {INSTRUMENT.format('')}",
        f"{PROVIDER}{INSTRUMENT.format('')}; configure()",
        f"{PROVIDER}configure()",
        "configure(); configure()",
    ],
    ids=["ours", "contrib-without-provider", "contrib-with-provider", "provider-without-handler", "twice"],
)
def test_the_endpoint_gets_each_record_once(run_program: RunProgram, collector: Collector, setup: str) -> None:
    """As OTLP logs, with the ids of their spans: by us, or by a handler that is there."""
    done = run_program(
        PROGRAM.format(setup=setup), **WITH_CONTRIB, **OTLP, OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint
    )

    assert (0, "") == (done.returncode, done.stderr)
    assert [
        ("lab.reader", "begin", "load"),
        *(("lab.reader", f"row {row}", "step") for row in range(3)),
        ("lab.reader", "outside", None),
    ] == [(logger, body, collector.span_ids.get(span_id)) for logger, body, span_id in collector.logs]


def test_records_that_otlp_cannot_carry_cost_no_others(run_program: RunProgram, collector: Collector) -> None:
    """Lone surrogates, as names of files have them, are escaped; values of any type, and odd times, are sent, too."""
    odd = """
        import logging
        from otel_ops import configure, shutdown
        configure(trace_file=False, outputs=[])
        log = logging.getLogger("lab.\\udc80")
        log.setLevel("INFO")
        log.addHandler(logging.NullHandler())
        log.info("file \\udc80", extra={"rows": {1: object()}})
        fields = {"name": "lab", "msg": "remote", "levelno": 20, "levelname": "\\udc80", "created": -1}
        log.handle(logging.makeLogRecord(fields))
        log.info("end")
        shutdown()
    """
    done = run_program(odd, **OTLP, OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint)
    assert (0, "") == (done.returncode, done.stderr)
    assert {(r"lab.\udc80", r"file \udc80"), (r"lab.\udc80", "end"), ("lab", "remote")} == {
        (logger, body) for logger, body, _ in collector.logs
    }


def test_what_error_handlers_log_is_sent(run_program: RunProgram, collector: Collector) -> None:
    """The thread of ours that calls them is not one of those whose records would have no end."""
    setup = "configure(error_handlers=['log'])"
    run_program(PROGRAM.format(setup=setup), **OTLP, OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint)
    assert 2 == [logger for logger, _, _ in collector.logs].count("otel_ops.errors")


def test_without_being_asked_no_logs_are_sent(run_program: RunProgram, collector: Collector) -> None:
    """An endpoint alone asks for spans."""
    run_program(PROGRAM.format(setup="configure()"), OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint)
    assert ([], 4) == (collector.logs, len(collector.spans))


def test_an_endpoint_that_never_answers_holds_nobody_up(run_program: RunProgram) -> None:
    """The program ends within its time, and says what was given up."""
    with Silence() as silence:
        done = run_program(
            PROGRAM.format(setup="configure(exit_seconds=0.5, trace_file=False)"),
            **OTLP,
            OTEL_TRACES_EXPORTER="none",
            OTEL_EXPORTER_OTLP_ENDPOINT=silence.endpoint,
        )
    assert 0 == done.returncode
    assert "exporters of log records, was not done within exit_seconds = 0.5" in done.stderr


def test_a_wrong_exporter_is_named(run_program: RunProgram) -> None:
    """The error tells variable, value and remedy."""
    done = run_program(PROGRAM.format(setup="configure()"), OTEL_LOGS_EXPORTER="otpl")
    assert (
        "OTEL_LOGS_EXPORTER = 'otpl' (environment): no such exporter is installed; did you mean 'otlp'?" in done.stderr
    )


def test_each_log_record_has_an_id_of_its_own(run_program: RunProgram, collector: Collector) -> None:
    """Those of exceptions, too; the program's own is kept."""
    done = run_program(
        """
        import logging
        from otel_ops import configure, operation
        configure(trace_file=False)
        try:
            with operation("load"):
                logging.warning("row 1")
                logging.warning("row 2", extra={"log.record.uid": "mine"})
                raise ValueError("row 3")
        except ValueError:
            pass
        """,
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint,
        OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN="logs",
        **OTLP,
    )

    assert 0 == done.returncode, done.stderr
    assert (3, 3) == (len(collector.logs), len(set(collector.log_uids)))
    assert {"mine"} == {uid for uid in collector.log_uids if len(uid) != 26}


def test_it_can_be_switched_off(run_program: RunProgram) -> None:
    """By its name, as every carrier; then logging is as Python made it."""
    source = """
        import logging
        from otel_ops import configure, shutdown
        before = logging.Logger.callHandlers, logging.getLogRecordFactory(), logging.root.handlers[:]
        now = lambda: (logging.Logger.callHandlers, logging.getLogRecordFactory(), logging.root.handlers[:])
        configure(disabled_carriers=["logging"], trace_file=False)
        print(before == now())
        configure(trace_file=False)
        print(before == now(), before[1:] == now()[1:])
        shutdown()
        print(before == now())
    """
    assert ["True", "False True", "True"] == run_program(source).stdout.splitlines()


@pytest.mark.parametrize("distro", ["", "opentelemetry", "splunk"])
def test_under_auto_instrumentation_each_is_sent_once(
    instrumented: RunProgram, collector: Collector, distro: str
) -> None:
    """Beside a distro, with contrib's handler or without one, and beside none."""
    done = instrumented(
        PROGRAM.format(setup=""),
        distro=distro,
        **{**OTLP, "OTEL_TRACES_EXPORTER": "otlp"},
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint,
    )
    ours = [(body, collector.span_ids.get(span)) for logger, body, span in collector.logs if logger == "lab.reader"]
    steps = [(f"row {row}", "step") for row in range(3)]
    assert (0, [("begin", "load"), *steps, ("outside", None)]) == (done.returncode, ours)
