"""What an examination tells of settings, of what an operation passes through, of files, and of what leaves."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

from otel_ops import configure, diagnostics, faults, operation
from otel_ops.doctor import Level, Report, room
from otel_ops.sdk.setup import SETUP
from otel_ops.testing import Recorder
from tests.unit.doctor.conftest import Examine, found

SAMPLER = "OTEL_TRACES_SAMPLER"


def processors(report: Report) -> list[Any]:
    (told,) = found(report, "processors")
    processors: list[Any] = told.data["processors"]
    return processors


def texts(report: Report, check: str) -> list[str]:
    return [finding.text for finding in found(report, check)]


def test_all_is_well_in_an_empty_folder(examined: Examine, tmp_path: Path) -> None:
    """The trace file can be written; nothing is made, set or left behind."""
    provider, threads = trace.get_tracer_provider(), set(threading.enumerate())
    report = examined()
    assert Level.OK == report.level
    assert ["all settings have their defaults"] == texts(report, "settings.value")
    assert ["otel_ops.toml"] == [path.name for path in tmp_path.iterdir()]
    assert provider is trace.get_tracer_provider()
    assert threads >= {thread for thread in threading.enumerate() if thread.is_alive()}


def test_settings_that_cannot_be_used_are_told(examined: Examine) -> None:
    """Each with its own text; what comes after is not known then."""
    report = examined(OTEL_OPS_DETAIL="LOUD", OTEL_OPS_FLUSH_SECONDS="-1")
    assert 2 == len(found(report, "settings.problem"))
    assert (Level.ERROR, []) == (report.level, found(report, "provider"))


def test_what_only_configure_would_find_is_told(examined: Examine) -> None:
    """As an exporter that is not installed, or two outputs with one file."""
    assert "no such exporter is installed" in texts(examined(OTEL_TRACES_EXPORTER="nowhere"), "settings.problem")[0]


def test_credentials_in_settings_are_hidden(examined: Examine, tmp_path: Path) -> None:
    """What stands in a file of secrets is not shown."""
    (tmp_path / ".secrets.toml").write_text('service_name = "hush"')
    report = examined()
    assert not [finding for finding in found(report, "settings.value") if "hush" in str(finding)]


def test_a_disabled_sdk_is_an_error(examined: Examine) -> None:
    """For nothing is recorded."""
    report = examined(OTEL_SDK_DISABLED="true")
    assert [Level.ERROR] == [finding.level for finding in found(report, "sdk.disabled")]


@pytest.mark.parametrize(
    ("sampler", "level"),
    [
        ("always_on", Level.OK),
        ("parentbased_always_on", Level.OK),
        ("traceidratio", Level.OK),
        ("always_off", Level.ERROR),
        ("parentbased_always_off", Level.WARNING),
    ],
)
def test_a_sampler_that_drops_all_is_told(examined: Examine, sampler: str, level: Level) -> None:
    """One that leaves it to callers is doubtful only."""
    report = examined(**{SAMPLER: sampler})
    assert [level] == [finding.level for finding in found(report, "sampler")]


def test_what_is_in_force_is_told_in_place_of_what_would_be(examined: Examine, tmp_path: Path) -> None:
    """After configure() with arguments: the settings in force, the provider, and no second one."""
    with Recorder():
        configure(service_name="kiln", trace_file=str(tmp_path / "a.jsonl"), announce=False, outputs=["tree"])
        report = examined()
    (provider,) = found(report, "provider")
    assert provider.data["in_force"]
    assert "service_name = kiln (argument)" in texts(report, "settings.value")
    assert {"ContextValuesProcessor", "LogPipeline"} <= {one["type"] for one in processors(report)}
    assert [str(tmp_path / "a.jsonl")] == [one.data["path"] for one in found(report, "file")]
    assert ["TreeFormatter to stderr"] == texts(report, "output")


def test_somebody_elses_provider_is_told_as_it_is(examined: Examine) -> None:
    """With a processor that makes operations wait, and a service without a name."""
    provider = TracerProvider(resource=Resource({}), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter()))
    trace.set_tracer_provider(provider)
    report = examined()
    assert ["spans go through SimpleSpanProcessor (ConsoleSpanExporter)"] == texts(report, "processors")
    assert [Level.WARNING] == [finding.level for finding in found(report, "processor.waits")]
    assert [Level.WARNING] == [finding.level for finding in found(report, "service")]


def test_a_provider_that_takes_no_processors_is_a_problem(examined: Examine) -> None:
    """As configure() would say."""
    trace.set_tracer_provider(trace.NoOpTracerProvider())
    assert "NoOpTracerProvider" in texts(examined(), "settings.problem")[0]


def test_operations_that_go_nowhere_are_told(examined: Examine) -> None:
    """With no file, no output and no exporter."""
    assert ["operations go nowhere"] == texts(examined(OTEL_OPS_TRACE_FILE="false"), "nowhere")


def test_a_folder_that_cannot_be_written_is_told(examined: Examine, tmp_path: Path) -> None:
    """As where a file stands in its place."""
    (tmp_path / "spool").touch()
    (finding,) = found(examined(OTEL_OPS_TRACE_FILE="spool/a.jsonl"), "file")
    assert Level.ERROR == finding.level


def test_a_folder_in_the_place_of_the_file_is_told(examined: Examine, tmp_path: Path) -> None:
    """With its name."""
    (tmp_path / "a.jsonl").mkdir()
    (finding,) = found(examined(OTEL_OPS_TRACE_FILE="a.jsonl"), "file")
    assert Level.ERROR == finding.level
    assert f"{tmp_path / 'a.jsonl'} is a folder" in finding.text


def test_settings_that_changed_meanwhile_are_told_as_they_are(examined: Examine, tmp_path: Path) -> None:
    """After they were read again."""
    with Recorder():
        configure(trace_file=False, outputs=["tree"])
        (tmp_path / "otel_ops.toml").write_text('detail = "DEBUG"')
        assert SETUP.in_force is not None
        SETUP.in_force.reload()
        assert ["operations up to DEBUG are recorded"] == texts(examined(), "gate")


def test_where_log_records_go_is_told(examined: Examine) -> None:
    """Where OpenTelemetry's variable names exporters for them."""
    told = texts(examined(OTEL_LOGS_EXPORTER="console"), "exporter")
    assert "log records to ConsoleLogRecordExporter: not an OTLP exporter, so it was not tried" in told


def test_little_room_is_told(examined: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Less than a hundred MiB, here: less than all there is."""
    monkeypatch.setattr(room, "_ENOUGH", 1 << 60)
    (finding,) = found(examined(), "file")
    assert (Level.WARNING, True) == (finding.level, finding.data["free_bytes"] > 0)


@pytest.mark.parametrize(
    ("environ", "text", "level"),
    [
        ({}, "nothing of a context leaves to other hosts: baggage_hosts names no host", Level.OK),
        ({"OTEL_OPS_BAGGAGE": "[]"}, "nothing of a context leaves to other hosts: baggage names nothing", Level.OK),
        ({"OTEL_OPS_BAGGAGE_HOSTS": "*.lab"}, "session.id leaves to *.lab", Level.OK),
        (
            {"OTEL_OPS_BAGGAGE_HOSTS": "*", "OTEL_OPS_BAGGAGE": "session.id,user.id"},
            "session.id, user.id leaves to *: third parties included",
            Level.WARNING,
        ),
    ],
)
def test_what_leaves_and_to_whom_is_told(examined: Examine, environ: dict[str, str], text: str, level: Level) -> None:
    """By name, with a doubt where everybody gets who the user is."""
    assert [(text, level)] == [(finding.text, finding.level) for finding in found(examined(**environ), "baggage")]


def test_carriers_and_handlers_are_named(examined: Examine) -> None:
    """But those that are disabled."""
    report = examined(OTEL_OPS_DISABLED_CARRIERS="threading", OTEL_OPS_ERROR_HANDLERS="log")
    (carriers,) = found(report, "carriers")
    assert "thread_pools" in carriers.data["carriers"]
    assert ["threading"] == carriers.data["disabled"]
    assert carriers.text.endswith(" carriers, not by threading")
    assert ["failures are told to: log"] == texts(report, "error_handlers")


@pytest.mark.usefixtures("quiet")
def test_what_was_lost_until_now_is_counted(examined: Examine) -> None:
    """As diagnostics() has it."""
    faults.count("attribute.refused", 3)
    assert {"attribute.refused": 3} == diagnostics()
    assert ["attribute.refused: 3"] == texts(examined(), "lost")


@pytest.mark.usefixtures("quiet")
def test_a_check_that_fails_costs_the_others_nothing(examined: Examine) -> None:
    """It is told as a fault of ours."""
    trace.set_tracer_provider(_without_resource())
    report = examined()
    assert ["LookupError: lost"] == texts(report, "check.failed")
    assert found(report, "baggage")


def _without_resource() -> TracerProvider:
    class Broken(TracerProvider):
        def __getattribute__(self, name: str) -> Any:
            if name == "resource":
                raise LookupError("lost")
            return super().__getattribute__(name)

    return Broken(shutdown_on_exit=False)


def test_operations_are_as_they_were_afterwards(examined: Examine, recorder: Recorder) -> None:
    """An examination leaves nothing of its own among the spans of the program."""
    examined()
    with operation("weigh"):
        pass
    assert ["weigh"] == [span.name for span in recorder.spans]
