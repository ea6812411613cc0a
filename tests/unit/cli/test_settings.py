"""The table of settings, and its JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from otel_ops.cli.commands import command_parser
from otel_ops.exceptions import SettingsError
from otel_ops.settings import describe_settings

NAMES = [setting.name for setting in describe_settings()]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the subcommand in an empty folder, with these variables alone; give exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "otel_ops.toml").touch()
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)

    def run(*arguments: str, **environ: str) -> tuple[int, str, str]:
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        options = command_parser().parse_args(["settings", *arguments])
        code = options.run(options)
        return code, *capsys.readouterr()

    return run


def document(told: tuple[int, str, str]) -> Any:
    return json.loads(told[1])


def test_every_setting_is_told(run: Run) -> None:
    """The table has each setting of the declaration, in its order, with its meaning and an empty line below."""
    code, table, errors = run(COLUMNS="400")
    assert (0, "") == (code, errors)
    lines = table.splitlines()
    assert NAMES == [line.split()[0] for line in lines if line[:1].strip()][:-1]
    assert [setting.meaning for setting in describe_settings()] == [
        line.strip().removesuffix(" Can change while the program runs.") for line in lines[1:-2:3]
    ]
    assert {""} == set(lines[2::3])
    assert "spans go to          .otel_ops/{date}-{pid}.jsonl" == lines[-1]


def test_each_value_names_its_source(run: Run, tmp_path: Path) -> None:
    """A value stands beside the variable, file with section, or default that it comes from."""
    (tmp_path / "otel_ops.toml").write_text('flush_seconds = 1\n[night]\ndetail = "DEBUG"')
    _, table, _ = run(OTEL_OPS_ENV="night", OTEL_OPS_OUTPUTS="tree", OTEL_SERVICE_NAME="kiln")
    for told in (
        "kiln  (environment variable OTEL_SERVICE_NAME)",
        "DEBUG  (otel_ops.toml [night])",
        '[{format = "tree", to = "stderr"}]  (environment variable OTEL_OPS_OUTPUTS)',
        "1.0  (otel_ops.toml)",
        "5.0  (default)",
    ):
        assert told in table


def test_only_some_settings_in_the_order_asked_for(run: Run) -> None:
    """Keys choose settings and their order."""
    assert ["trace_file", "detail"] == list(document(run("trace_file", "detail", "--json"))["settings"])


def test_an_unknown_key_is_told_with_the_nearest_name(run: Run) -> None:
    """A wrong key is an error with the right name, a line each."""
    with pytest.raises(SettingsError) as caught:
        run("detial", "detail", "trace")
    assert ["detial: no such setting; did you mean detail?", "trace: no such setting; did you mean trace_file?"] == str(
        caught.value
    ).splitlines()


def test_json_has_a_version_and_everything(run: Run, tmp_path: Path) -> None:
    """JSON tells of each setting value, source, default, variable and meaning, and whether it can be used."""
    (tmp_path / "otel_ops.toml").write_text('detail_rules = [{level = "DEBUG", operation = "fit*"}]')
    told = document(run("--json"))
    assert (["version", "settings", "section", "spans_go_to", "problems"], 1) == (list(told), told["version"])
    assert NAMES == list(told["settings"])
    rules = told["settings"]["detail_rules"]
    assert rules.pop("meaning")
    assert {
        "value": [{"level": "DEBUG", "operation": "fit*"}],
        "source": str(tmp_path / "otel_ops.toml"),
        "usable": True,
        "default": [],
        "variable": "OTEL_OPS_DETAIL_RULES",
        "live": True,
    } == rules


def test_what_is_wrong_does_not_hide_the_rest(run: Run, tmp_path: Path) -> None:
    """Everything wrong is told on stderr, a line each, with exit code 2; sound values are shown all the same."""
    (tmp_path / "otel_ops.toml").write_text('detail = "LOTS"\nannounce = false\ncolour = 1')
    wrong = {"OTEL_OPS_OUTPUTS": "tre,json", "OTEL_TRACES_EXPORTER": "olp", "OTEL_OPS_API_KEY": "sesame"}
    code, table, errors = run(COLUMNS="400", **wrong)
    assert 2 == code
    assert ["colour", "OTEL_OPS_API_KEY", "detail", "outputs[0].format", "OTEL_TRACES_EXPORTER"] == [
        line.removeprefix("otel-ops: ").split(" = ")[0] for line in errors.splitlines()
    ]
    assert "not usable  (otel_ops.toml)" in table
    assert "false  (otel_ops.toml)" in table
    assert "spans go to          nowhere: configure() refuses what is wrong" in table
    assert "sesame" not in table + errors
    told = document(run("detail", "announce", "--json"))
    assert [(None, False), (False, True)] == [(one["value"], one["usable"]) for one in told["settings"].values()]
    assert (errors.splitlines(), []) == ([f"otel-ops: {line}" for line in told["problems"]], told["spans_go_to"])


def test_a_file_that_is_no_toml_does_not_hide_the_rest(run: Run, tmp_path: Path) -> None:
    """A broken file is a problem; what the environment says is shown."""
    (tmp_path / "otel_ops.toml").write_text("detail = ")
    code, table, errors = run("detail", OTEL_OPS_DETAIL="DEBUG")
    assert (2, 1) == (code, len(errors.splitlines()))
    assert "is no valid TOML" in errors
    assert "DEBUG  (environment variable OTEL_OPS_DETAIL)" in table


@pytest.mark.parametrize(
    ("expected", "environ"),
    [
        ("nowhere: OTEL_SDK_DISABLED is true", {"OTEL_SDK_DISABLED": "true"}),
        ("nowhere: there is no trace file, endpoint or exporter", {"OTEL_OPS_TRACE_FILE": "false"}),
        (
            "outputs and error_handlers only: there is no trace file, endpoint or exporter",
            {"OTEL_OPS_TRACE_FILE": "false", "OTEL_OPS_OUTPUTS": "tree", "OTEL_OPS_ERROR_HANDLERS": "log"},
        ),
        ("https://***@h:4318/v1/traces (OTLP, http/protobuf)", {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://a:b@h:4318"}),
    ],
)
def test_where_spans_go(run: Run, expected: str, environ: dict[str, str]) -> None:
    """The last line says where spans go, or why nowhere; no password is shown."""
    assert f"spans go to  {expected}" == run("detail", COLUMNS="100", **environ)[1].splitlines()[-1]


@pytest.mark.parametrize(
    ("expected", "environ"),
    [
        ("unset: .otel_ops/{date}-{pid}.jsonl  (default)", {}),
        ("unset: none, as an endpoint or exporter is set  (default)", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://h:4318"}),
    ],
)
def test_a_trace_file_that_is_unset_is_told(run: Run, expected: str, environ: dict[str, str]) -> None:
    """Where no trace file is set, the one that there will be stands beside it."""
    assert f"trace_file   {expected}" == run("trace_file", COLUMNS="100", **environ)[1].splitlines()[0]


def test_a_file_in_a_parent_directory_is_told_with_its_path(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a file in the current directory goes by its name."""
    (tmp_path / "otel_ops.toml").write_text('detail = "DEBUG"')
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    assert f"DEBUG  ({tmp_path / 'otel_ops.toml'})" in run("detail", COLUMNS="400")[1]


@pytest.mark.parametrize(
    ("expected", "found", "name"),
    [
        ("Production: in otel_ops.toml", True, "Production"),
        ("default: in pyproject.toml, otel_ops.toml", True, "default"),
        (
            "day: not in pyproject.toml, which has no sections; not in otel_ops.toml, which has production, night",
            False,
            "day",
        ),
    ],
)
def test_the_section_asked_for_is_told(run: Run, tmp_path: Path, expected: str, found: bool, name: str) -> None:
    """Whether a file has the section that OTEL_OPS_ENV names, and which it has else; to lack it is no error."""
    (tmp_path / "pyproject.toml").write_text("[tool.otel_ops]\nannounce = false")
    (tmp_path / "otel_ops.toml").write_text("[production]\n[night]")
    code, table, errors = run("detail", COLUMNS="400", OTEL_OPS_ENV=name)
    assert (0, "", f"section      {expected}") == (code, errors, table.splitlines()[-2])
    sections = {str(tmp_path / "pyproject.toml"): [], str(tmp_path / "otel_ops.toml"): ["production", "night"]}
    assert {"name": name, "found": found, "sections": sections} == document(run("--json"))["section"]


def test_without_a_file_there_is_no_section(run: Run, tmp_path: Path) -> None:
    """A section that no file can have is told; where none is asked for, nothing is."""
    assert document(run("--json"))["section"] is None
    (tmp_path / "otel_ops.toml").write_text("[night")
    assert "section      night: no file with settings was read" in run("detail", OTEL_OPS_ENV="night")[1]


@pytest.mark.parametrize(("columns", "widest"), [("120", 120), ("80", 80), ("50", 50), ("10", 40)])
def test_the_table_fits_the_page(run: Run, columns: str, widest: int) -> None:
    """Lines stay within the page, down to 40 columns; no text is lost."""
    _, table, _ = run(COLUMNS=columns, OTEL_OPS_OUTPUTS='[{format="json", to="a/rather/long/folder/and/file.jsonl"}]')
    assert max(map(len, table.splitlines())) <= widest
    assert "a/rather/long/folder/and/file.jsonl" in "".join(table.split())
    assert "recorded." in table


def test_what_can_change_while_the_program_runs_is_told(run: Run) -> None:
    """The table and JSON say so of each setting."""
    table = run("detail", "outputs", COLUMNS="400")[1]
    assert 1 == table.count("Can change while the program runs.")
    told = document(run("--json"))["settings"]
    assert {setting.name: setting.live for setting in describe_settings()} == {
        key: entry["live"] for key, entry in told.items()
    }


def test_a_section_that_is_active_by_default_is_told(run: Run, tmp_path: Path) -> None:
    """Where a file has it; nobody has named it."""
    (tmp_path / "otel_ops.toml").write_text('[development]\ndetail = "DEBUG"')
    assert "section      development: in otel_ops.toml" == run("detail", COLUMNS="400")[1].splitlines()[-2]
    assert document(run("--json"))["section"]["name"] == "development"


def test_a_secret_is_not_told(run: Run, tmp_path: Path) -> None:
    """What the secrets file sets is hidden, in the table, in JSON and where it is explained."""
    (tmp_path / ".secrets.toml").write_text('service_name = "sesame"\ndetail = "sesame too"')
    for arguments in ([], ["--json"], ["--explain"], ["--explain", "--json"]):
        code, told, errors = run("service_name", "detail", *arguments)
        assert (2, True) == (code, "***" in told)
        assert "sesame" not in told + errors


def test_where_a_secret_goes_on_is_not_told(run: Run, tmp_path: Path) -> None:
    """What is made of a secret is hidden, too, and so is a place that is one, and an output that cannot be made."""
    (tmp_path / "otel_ops.toml").write_text('outputs = [{format = "json", to = "@format {this.service_name}.jsonl"}]')
    (tmp_path / ".secrets.toml").write_text('service_name = "sesame"\ntrace_file = "sesame/{pid}"')
    for arguments in ([], ["--json"], ["--explain"], ["--explain", "--json"]):
        code, told, errors = run(*arguments)
        assert (0, False) == (code, "sesame" in told + errors)
    (tmp_path / "otel_ops.toml").write_text('detail = "@format {this.service_name}"')
    assert "sesame" not in "".join(map(str, run()))


@pytest.mark.parametrize(
    ("handler", "told"),
    [
        (
            '{handler = "log", options = {loger = "lab"}}',
            "error_handlers[0].options.loger = 'lab' (setting): no such opt",
        ),
        (
            '{handler = "mail", options = {to = "ada@example.org", user = "ada", password_env = "LAB_PASSWORD"}}',
            "options: password_env = 'LAB_PASSWORD': this environment variable is not set; set it, or name another",
        ),
        (
            '{handler = "mail"}',
            "error_handlers[0].handler = 'mail' (setting): cannot be made with these options: to = ",
        ),
    ],
)
def test_error_handlers_are_checked(run: Run, tmp_path: Path, handler: str, told: str) -> None:
    """What `configure()` would refuse is told here first, and the exit code is 2."""
    (tmp_path / "otel_ops.toml").write_text(f"error_handlers = [{handler}]")
    code, table, errors = run("detail")
    assert (2, True, True) == (code, told in errors, "spans go to  nowhere: configure() refuses" in table)


def test_what_is_wrong_with_options_that_are_secret_does_not_tell_them(run: Run, tmp_path: Path) -> None:
    """Neither here nor where `configure()` refuses them, nor in its traceback."""
    (tmp_path / ".secrets.toml").write_text('error_handlers = [{handler = "log", options = {loger = "sesame"}}]')
    code, told, errors = run()
    assert (2, False) == (code, "sesame" in told + errors)
    program = [sys.executable, "-c", "import otel_ops; otel_ops.configure()"]
    done = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (1, True, False) == (done.returncode, "no such option" in done.stderr, "sesame" in done.stderr)


@pytest.mark.parametrize("value", ['"@int sesame"', '["tree", "@int sesame"]', '"sesame\\n"'])
def test_what_is_wrong_with_a_secret_does_not_tell_it(run: Run, tmp_path: Path, value: str) -> None:
    """Nor does what dynaconf says of it, or another source that is merged with it."""
    (tmp_path / ".secrets.toml").write_text(f"detail = {value}\noutputs = {value}")
    code, told, errors = run(OTEL_OPS_OUTPUTS="@merge json")
    assert (2, False) == (code, "sesame" in told + errors)


def test_what_is_wrong_with_an_empty_secret_can_be_read(run: Run, tmp_path: Path) -> None:
    """Nothing is hidden where there is nothing to hide."""
    (tmp_path / ".secrets.toml").write_text('detail = ""')
    assert "no such level of detail; use one of MINIMAL" in run()[2]


def explained(told: tuple[int, str, str], key: str) -> list[tuple[str, Any, str]]:
    return [(one["source"], one["value"], one["outcome"]) for one in document(told)["settings"][key]]


PROGRAMS = "not known to this command: it is the program's"


def test_every_source_is_explained(run: Run, tmp_path: Path) -> None:
    """In order of precedence: what each gave, which one won, and why the others lost."""
    (tmp_path / "pyproject.toml").write_text(
        '[tool.otel_ops]\ndetail = "DETAILED"\n[tool.otel_ops.night]\ndetail = "DEBUG"'
    )
    (tmp_path / "otel_ops.toml").write_text('detail = "MINIMAL"\n[production]\ndetail = "DETAILED"')
    file, pyproject = str(tmp_path / "otel_ops.toml"), str(tmp_path / "pyproject.toml")
    lost = "loses: environment variable OTEL_OPS_DETAIL stands above"

    told = run("--explain", "detail", "--json", OTEL_OPS_ENV="production", OTEL_OPS_DETAIL="DEBUG")

    assert [
        ("arguments of configure()", None, PROGRAMS),
        ("environment variable OTEL_OPS_DETAIL", "DEBUG", "wins"),
        ("options of the instrumentor", None, PROGRAMS),
        ("dynaconf object", None, PROGRAMS),
        (f"{file} [production]", "DETAILED", lost),
        (file, "MINIMAL", lost),
        (f"{pyproject} [night]", "DEBUG", "not in force: active is production"),
        (pyproject, "DETAILED", lost),
        ("default", "STANDARD", "loses: it is set above"),
    ] == explained(told, "detail")
    assert 0 == told[0]


def test_a_key_in_upper_and_lower_case_is_explained(run: Run, tmp_path: Path) -> None:
    """To dynaconf they are one key: both are told, and the last one wins."""
    (tmp_path / "otel_ops.toml").write_text('detail = "DEBUG"\nDETAIL = "MINIMAL"')

    assert [("MINIMAL", "wins"), ("DEBUG", f"loses: {tmp_path / 'otel_ops.toml'} stands above")] == [
        (value, outcome)
        for source, value, outcome in explained(run("--explain", "detail", "--json"), "detail")
        if source == str(tmp_path / "otel_ops.toml")
    ]


def test_a_setting_that_nobody_set_is_explained(run: Run, tmp_path: Path) -> None:
    """Every place where it could be is named, and the default wins."""
    assert [
        ("environment variable OTEL_OPS_ANNOUNCE", None, "not set"),
        (str(tmp_path / "otel_ops.toml"), None, "not set"),
        ("default", True, "wins: nothing else is set"),
    ] == [one for one in explained(run("--explain", "announce", "--json"), "announce") if one[2] != PROGRAMS]


def test_merges_and_wrong_values_are_explained(run: Run, tmp_path: Path) -> None:
    """What is merged is said to be; a winner that cannot be used is told, with the problem on stderr."""
    (tmp_path / "pyproject.toml").write_text('[tool.otel_ops]\noutputs = ["table"]')
    (tmp_path / "otel_ops.toml").write_text(
        'outputs = ["tree"]\n[development]\noutputs = "@merge json"\ndetail = "LOUD"'
    )
    code, table, errors = run("--explain", "outputs", "detail", COLUMNS="400", OTEL_SERVICE_NAME="kiln")
    lines = [" ".join(line.split()[1:]) for line in table.splitlines()]
    assert "otel_ops.toml [development] @merge json wins" in lines
    assert 'otel_ops.toml ["tree"] is merged with what stands above' in lines
    assert 'pyproject.toml ["table"] loses: otel_ops.toml [development] stands above' in lines
    assert "otel_ops.toml [development] LOUD wins, but cannot be used" in lines
    assert (2, True) == (code, "detail = 'LOUD'" in errors)
    assert ("environment variable OTEL_SERVICE_NAME", "kiln", "wins") in explained(
        run("--explain", "service_name", "--json"), "service_name"
    )
