"""``otel-ops collector`` as a person uses it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from otel_ops.collector import yaml_text
from otel_ops.collector.sources import overlay_names
from tests.collectors import collector
from tests.end_to_end.conftest import Command

WITHOUT_COLLECTOR = {"PATH": "/nowhere"}


def test_overlays_are_listed(otel_ops: Command) -> None:
    """Each with what it does; vendors are named."""
    done = otel_ops("collector", "overlays")
    assert (0, "") == (done.returncode, done.stderr)
    assert {*overlay_names(), "vendors"} <= {line.split(" ")[0] for line in done.stdout.splitlines()}
    assert "honeycomb" in done.stdout


def test_render_writes_one_configuration(otel_ops: Command, tmp_path: Path) -> None:
    """To a file or stdout, the same."""
    assert 0 == otel_ops("collector", "render", "jaeger", "prometheus", "--to", "all.yaml").returncode
    done = otel_ops("collector", "render", "jaeger", "prometheus")
    text = (tmp_path / "all.yaml").read_text("utf-8")
    assert (text, "") == (done.stdout, done.stderr)
    assert {"nop", "otlp_grpc/jaeger", "otlp_http/prometheus"} == set(yaml_text.load(text, "all.yaml")["exporters"])


def test_render_writes_files_and_the_options_that_name_them(otel_ops: Command, tmp_path: Path) -> None:
    """What is printed stands behind the collector's name."""
    done = otel_ops("collector", "render", "jaeger", "--folder", tmp_path / "etc")
    assert f"--config {tmp_path}/etc/base.yaml --config {tmp_path}/etc/jaeger.yaml\n" == done.stdout
    assert ["base.yaml", "jaeger.yaml"] == sorted(path.name for path in (tmp_path / "etc").iterdir())


def test_render_for_an_older_collector_tells_what_it_lacks(otel_ops: Command) -> None:
    """Names are older; a key that is not known is left out, and told."""
    done = otel_ops("collector", "render", "prometheus", "--collector-version", "0.141")
    assert "spanmetrics:" in done.stdout
    assert "series_expiration" not in done.stdout
    assert "connectors.span_metrics.series_expiration: left out" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["render", "jagger"], "jagger: no such overlay; did you mean jaeger?"),
        (["render", "none.yaml"], "none.yaml: No such file"),
        (["render", "broken.yaml"], "broken.yaml:3: "),
        (["check", "picture.yaml"], "picture.yaml: not UTF-8, so no YAML; name a text file"),
        (["check", "folder.yaml"], "folder.yaml: Is a directory"),
        (["check", "loop.yaml"], "loop.yaml: more than 100 levels deep"),
        (["check", "folder.toml"], "folder.toml: Is a directory"),
        (["render", "--no-base"], "--no-base: there is no file then; name one"),
        (["render", "--folder", "broken.yaml"], "--folder broken.yaml: cannot be made"),
        (["render", "--collector-version", "0.99"], "configurations are written for 0.141 and newer"),
        (["run", "--every", "0"], "argument --every: 0: give seconds that can be waited"),
        (["run", "--every", "soon"], "argument --every: invalid"),
        (["check", "--collector", "nothing"], "--collector nothing: no such program"),
        (["check", "--collector", "/"], "--collector /: no such program"),
    ],
)
def test_what_cannot_be_done_is_told(otel_ops: Command, tmp_path: Path, arguments: list[str], told: str) -> None:
    """A line with the remedy, and 2; never a traceback."""
    (tmp_path / "broken.yaml").write_text("a:\n  - [b\n", "utf-8")
    (tmp_path / "loop.yaml").write_text("a: &a [*a]\n", "utf-8")
    (tmp_path / "picture.yaml").write_bytes(b"\x89PNG")
    for name in ("folder.yaml", "folder.toml"):
        (tmp_path / name).mkdir()
    done = otel_ops("collector", *arguments)
    assert (2, "") == (done.returncode, done.stdout)
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_check_tells_of_variables_and_that_no_collector_is_there(otel_ops: Command) -> None:
    """What must be set is told with the file that wants it; 2 until then."""
    done = otel_ops("collector", "check", "honeycomb", **WITHOUT_COLLECTOR)
    assert 2 == done.returncode
    assert "honeycomb.yaml:" in done.stdout
    assert "the variable HONEYCOMB_API_KEY is not set" in done.stdout
    assert "not validated by a collector: none of otelcol-contrib" in done.stdout
    assert 0 == otel_ops("collector", "check", "honeycomb", HONEYCOMB_API_KEY="k", **WITHOUT_COLLECTOR).returncode


def test_check_in_json_is_for_programs(otel_ops: Command, tmp_path: Path) -> None:
    """Findings with rule, severity, place, key and message."""
    (tmp_path / "mine.yaml").write_text("exporters:\n  otlp_http/mine:\n    headers: {token: abc}\n", "utf-8")
    done = otel_ops("collector", "check", "mine.yaml", "--json", **WITHOUT_COLLECTOR)
    document = json.loads(done.stdout)
    assert (2, False, None) == (done.returncode, document["good"], document["collector"])
    found = [(one["rule"], one["severity"], one["place"], one["key"]) for one in document["findings"]]
    assert [
        ("secrets", "error", "mine.yaml:3", "exporters.otlp_http/mine.headers.token"),
        ("graph", "warning", "mine.yaml:2", "exporters.otlp_http/mine"),
    ] == found


def test_check_shows_what_a_terminal_would_obey(otel_ops: Command, tmp_path: Path) -> None:
    """Names that hold escape sequences or new lines stand there in letters, each on its line."""
    (tmp_path / "mine.yaml").write_text('exporters: {"red\\e[31m": {}, "two\\nlines": {}}\n', "utf-8")
    done = otel_ops("collector", "check", "mine.yaml", **WITHOUT_COLLECTOR)
    assert 0 == done.returncode
    assert "mine.yaml:1: warning: exporters.red\\x1b[31m: " in done.stdout
    assert "mine.yaml:1: warning: exporters.two\\nlines: " in done.stdout


@pytest.mark.parametrize("text", ["", "# nothing\n", "null\n", "\ufeff# nothing\r\n"])
def test_check_takes_a_file_that_adds_nothing(otel_ops: Command, tmp_path: Path, text: str) -> None:
    """Nothing is wrong with it, beside the base."""
    (tmp_path / "mine.yaml").write_bytes(text.encode())
    done = otel_ops("collector", "check", "mine.yaml", **WITHOUT_COLLECTOR)
    assert (0, "") == (done.returncode, done.stderr)
    assert "base.yaml, mine.yaml: 0 error(s), 0 warning(s)\n" in done.stdout


def test_check_ends_where_much_is_wrong(otel_ops: Command, tmp_path: Path) -> None:
    """Thousands of findings have a line each."""
    lines = [f"  debug/{number}: {{verbosity: normal}}\n" for number in range(3_000)]
    (tmp_path / "mine.yaml").write_text("".join(["exporters:\n", *lines]), "utf-8")
    done = otel_ops("collector", "check", "mine.yaml", **WITHOUT_COLLECTOR)
    assert 0 == done.returncode
    assert "mine.yaml:3001: warning: exporters.debug/2999: " in done.stdout
    assert "base.yaml, mine.yaml: 0 error(s), 3000 warning(s)\n" in done.stdout


def test_check_has_a_collector_validate(otel_ops: Command, tmp_path: Path) -> None:
    """What it says is told, too, and what it is given has the names of its version."""
    program = collector("0.141")
    done = otel_ops("collector", "check", "jaeger", "opensearch", "--collector", program)
    assert (0, f"{program} (0.141) accepts it") == (done.returncode, done.stdout.splitlines()[-1])
    (tmp_path / "mine.yaml").write_text("extensions: {health_check: {nonsense: 1}}\n", "utf-8")
    done = otel_ops("collector", "check", "mine.yaml", "--collector", program)
    assert 2 == done.returncode
    assert "(0.141) refuses it: " in done.stdout
    assert "nonsense" in done.stdout


def test_a_program_that_is_no_collector_is_told(otel_ops: Command) -> None:
    """Whatever it answers: a collector tells its version."""
    for program in ("/bin/true", "/bin/false"):
        done = otel_ops("collector", "check", "--collector", program, **WITHOUT_COLLECTOR)
        assert (2, "") == (done.returncode, done.stdout)
        assert f"otel-ops: {program}: tells no version, so it is no collector; name another" in done.stderr


def test_other_commands_load_nothing_of_it() -> None:
    """What stands below `collector`, and the doctor, is loaded for those who ask for it."""
    program = "import sys; from otel_ops.cli.commands import command_parser; command_parser(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert [] == [name for name in loaded if name.startswith(("otel_ops.collector", "otel_ops.doctor"))]
