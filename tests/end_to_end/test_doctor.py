"""The doctor as people and scripts call it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import Command
from tests.integration.collector import Collector

INSTRUMENT = Path(sys.executable).with_name("opentelemetry-instrument")
COMMAND = Path(sys.executable).with_name("otel-ops")


def document(done: subprocess.CompletedProcess[str]) -> Any:
    return json.loads(done.stdout)


def test_all_is_well(otel_ops: Command, tmp_path: Path) -> None:
    """Without variables: exit code 0, a section for each thing, nothing on stderr, and nothing left behind."""
    done = otel_ops("doctor")
    assert (0, "") == (done.returncode, done.stderr)
    assert "\noperations ✓ operations up to STANDARD are recorded\n" in done.stdout
    assert done.stdout.endswith("\nOperations arrive, as far as can be told from here.\n")
    assert [] == list(tmp_path.iterdir())


def test_a_doubt_is_exit_code_1(otel_ops: Command) -> None:
    """Its remedy stands below it."""
    done = otel_ops("doctor", OTEL_SERVICE_NAM="kiln")
    assert (1, "") == (done.returncode, done.stderr)
    assert (
        "variables  ! OTEL_SERVICE_NAM is read by nobody\n             → did you mean OTEL_SERVICE_NAME?\n"
        in done.stdout
    )


def test_what_is_wrong_is_exit_code_2(otel_ops: Command) -> None:
    """As where nobody listens."""
    done = otel_ops("doctor", OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1")
    assert (2, "") == (done.returncode, done.stderr)
    assert "  ✗ nothing can be sent to 127.0.0.1:1: Connection refused\n" in done.stdout


def test_settings_that_cannot_be_used_are_in_the_report(otel_ops: Command) -> None:
    """Not beside it, so that JSON has all."""
    done = otel_ops("doctor", "--json", OTEL_OPS_DETAIL="LOUD")
    problems = [one["text"] for one in document(done)["findings"] if one["check"] == "settings.problem"]
    assert (2, "", 1) == (done.returncode, done.stderr, len(problems))
    assert "OTEL_OPS_DETAIL" in problems[0]


def test_json_has_the_span_that_was_sent_and_the_answer(otel_ops: Command) -> None:
    """Version, level, and findings with their check, section, level, text, remedy and data."""
    with Collector() as collector:
        done = otel_ops("doctor", "--format", "json", OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint)
    told = document(done)
    assert (0, 1, "ok") == (done.returncode, told["version"], told["level"])
    assert ["otel-ops doctor"] == collector.spans
    (answer,) = [one for one in told["findings"] if one["check"] == "endpoint.answer"]
    assert ("spans", "ok", "", True) == (
        answer["section"],
        answer["level"],
        answer["remedy"],
        answer["data"]["taken"],
    )


def test_without_sending_the_collector_hears_nothing(otel_ops: Command) -> None:
    """As on a machine that must not."""
    with Collector() as collector:
        done = otel_ops("doctor", "--no-send", OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint)
    assert (0, []) == (done.returncode, collector.spans)


def test_under_opentelemetry_instrument_it_tells_what_is_in_force_there(tmp_path: Path) -> None:
    """The provider that auto-instrumentation has set, with our processors in it."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
    done = subprocess.run(
        [INSTRUMENT, COMMAND, "doctor", "--json"],
        cwd=tmp_path,
        env={**kept, "PYTHONUTF8": "1", "OTEL_OPS_ANNOUNCE": "false", "OTEL_SERVICE_NAME": "kiln"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    told = document(done)
    found = {one["check"]: one["data"] for one in told["findings"]}
    assert (True, "kiln") == (found["provider"]["in_force"], found["service"]["name"])
    assert "LogPipeline" in [one["type"] for one in found["processors"]["processors"]]


def test_a_terminal_gets_colours(tmp_path: Path) -> None:
    """And a pipe does not."""
    reader, writer = pty.openpty()
    kept = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_") and key != "NO_COLOR"}
    process = subprocess.Popen([COMMAND, "doctor"], cwd=tmp_path, env={**kept, "TERM": "xterm"}, stdout=writer)
    os.close(writer)
    shown = b""
    try:
        while chunk := os.read(reader, 4096):
            shown += chunk
    except OSError:  # the terminal is gone when the program is
        pass
    assert 0 == process.wait(30)
    os.close(reader)
    assert "\x1b[32m✓\x1b[0m".encode() in shown


@pytest.mark.parametrize("seconds", ["0", "-1", "soon", "nan", "1e9"])
def test_a_time_that_is_none_is_refused(otel_ops: Command, seconds: str) -> None:
    """With what may be given."""
    done = otel_ops("doctor", f"--timeout={seconds}")
    assert 2 == done.returncode
    assert f"'{seconds}' is no number of seconds up to 3600" in done.stderr


def test_ascii_alone_where_there_is_no_more(otel_ops: Command) -> None:
    """The marks are words then."""
    done = otel_ops("doctor", PYTHONUTF8="0", PYTHONIOENCODING="ascii", LC_ALL="C")
    assert "operations ok operations up to STANDARD are recorded\n" in done.stdout
    assert done.stdout.isascii()
