"""Where settings are read from, and which source wins."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from otel_ops.detail import Detail, DetailRule
from otel_ops.exceptions import SettingsError
from otel_ops.settings import Output, Settings, load_settings, read_settings


def write(path: Path, text: str) -> Path:
    """Write a file, with the folders that it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def load(folder: Path, environ: dict[str, str] | None = None, /, **arguments: object) -> Settings:
    """Load settings from a folder and an environment of the test's own."""
    return load_settings(arguments, folder=folder, environ=environ or {})


def message_of(folder: Path, environ: dict[str, str] | None = None) -> str:
    """Give the message for wrong settings."""
    with pytest.raises(SettingsError) as caught:
        load(folder, environ)
    return str(caught.value)


def test_each_source_wins_over_those_below_it(tmp_path: Path) -> None:
    """Arguments win over the environment, that over otel_ops.toml, that over pyproject.toml, key by key."""
    write(
        tmp_path / "pyproject.toml",
        "[tool.otel_ops]\nmax_held_spans = 1\nexit_seconds = 1\nflush_seconds = 1\nmax_held_seconds = 1",
    )
    write(tmp_path / "otel_ops.toml", "exit_seconds = 2\nflush_seconds = 2\nmax_held_seconds = 2")
    environ = {"OTEL_OPS_FLUSH_SECONDS": "3", "OTEL_OPS_MAX_HELD_SECONDS": "3"}

    settings = load(tmp_path, environ, max_held_seconds=4)

    assert (1, 2.0, 3.0, 4.0) == (
        settings.max_held_spans,
        settings.exit_seconds,
        settings.flush_seconds,
        settings.max_held_seconds,
    )


def test_only_the_nearest_folder_with_settings_is_read(tmp_path: Path) -> None:
    """The search goes up from the folder and ends at the first that has settings."""
    write(tmp_path / "otel_ops.toml", 'detail = "DEBUG"\nannounce = false')
    write(tmp_path / "a" / "pyproject.toml", '[tool.otel_ops]\ndetail = "MINIMAL"')
    write(tmp_path / "a" / "b" / "pyproject.toml", "[tool.other]\nname = 'otel_ops'")
    inner = tmp_path / "a" / "b" / "c"
    inner.mkdir()

    settings = load(inner)

    assert (Detail.MINIMAL, True) == (settings.detail, settings.announce)


def test_an_empty_file_ends_the_search(tmp_path: Path) -> None:
    """An otel_ops.toml without keys is settings, too."""
    write(tmp_path / "otel_ops.toml", 'detail = "DEBUG"')
    write(tmp_path / "a" / "otel_ops.toml", "")

    assert Settings() == load(tmp_path / "a")


def test_the_search_starts_in_the_current_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a folder, files are looked for from the current directory on."""
    write(tmp_path / "otel_ops.toml", 'detail = "DEBUG"')
    monkeypatch.chdir(tmp_path)

    assert Detail.DEBUG is load_settings({}, environ={}).detail


@pytest.mark.skipif(os.name == "nt", reason="the current directory cannot be removed there")
def test_a_removed_current_directory_has_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program whose current directory is gone gets the defaults."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    assert Settings() == load_settings({}, environ={})


def test_a_variable_names_the_file_to_read_instead(tmp_path: Path) -> None:
    """OTEL_OPS_SETTINGS_FILE takes the place of the search, relative to the folder."""
    write(tmp_path / "otel_ops.toml", "announce = false")
    write(tmp_path / "conf" / "ops.toml", 'detail = "DEBUG"')

    settings = load(tmp_path, {"OTEL_OPS_SETTINGS_FILE": "conf/ops.toml"})

    assert (Detail.DEBUG, True) == (settings.detail, settings.announce)


def test_the_named_file_may_be_a_pyproject(tmp_path: Path) -> None:
    """A named pyproject.toml gives its [tool.otel_ops]."""
    named = write(tmp_path / "conf" / "pyproject.toml", "[tool.otel_ops]\nannounce = false")

    assert load(tmp_path, {"OTEL_OPS_SETTINGS_FILE": str(named)}).announce is False


def test_a_missing_named_file_is_an_error(tmp_path: Path) -> None:
    """A named file that is not there is refused, with the variable and the path."""
    missing = str(tmp_path / "none.toml")

    assert f"OTEL_OPS_SETTINGS_FILE = {missing!r}: no file with settings is there" in message_of(
        tmp_path, {"OTEL_OPS_SETTINGS_FILE": missing}
    )


def test_sections_win_over_the_default_section_and_that_over_flat_keys(tmp_path: Path) -> None:
    """Flat keys, [default] and the section that OTEL_OPS_ENV names are merged in this order."""
    write(
        tmp_path / "otel_ops.toml",
        "max_held_spans = 1\nexit_seconds = 1\nflush_seconds = 1\n"
        "[production]\nflush_seconds = 3\n"
        "[default]\nexit_seconds = 2\nflush_seconds = 2\n"
        "[testing]\nmax_held_spans = 9",
    )

    plain, production = load(tmp_path), load(tmp_path, {"OTEL_OPS_ENV": "Production"})

    assert (1, 2.0, 2.0) == (plain.max_held_spans, plain.exit_seconds, plain.flush_seconds)
    assert (1, 2.0, 3.0) == (production.max_held_spans, production.exit_seconds, production.flush_seconds)


def test_pyproject_has_sections_too(tmp_path: Path) -> None:
    """Sections stand below [tool.otel_ops] as they stand in otel_ops.toml."""
    write(tmp_path / "pyproject.toml", "[tool.otel_ops]\nannounce = true\n[tool.otel_ops.production]\nannounce = false")

    assert load(tmp_path, {"OTEL_OPS_ENV": "production"}).announce is False


def test_keys_of_other_sections_are_checked(tmp_path: Path) -> None:
    """A misspelt key is told even in a section that is not in force."""
    path = write(tmp_path / "otel_ops.toml", '[production]\ndetial = "DEBUG"')

    assert f"detial = 'DEBUG' ({path} [production]): no such setting; did you mean detail?" == message_of(tmp_path)


def test_tables_in_files_give_outputs_and_rules(tmp_path: Path) -> None:
    """Outputs and rules may be written as arrays of tables."""
    write(
        tmp_path / "pyproject.toml",
        '[tool.otel_ops]\ndetail = "DEBUG"\n'
        '[[tool.otel_ops.outputs]]\nformat = "tree"\nto = "stdout"\n'
        '[[tool.otel_ops.outputs]]\nformat = "json"\ndetail = "DEBUG"\n'
        '[[tool.otel_ops.detail_rules]]\nlevel = "MINIMAL"\nmodule = "noise.*"\ncontext = {user = "ada"}',
    )

    settings = load(tmp_path)

    assert (Output("tree", "stdout"), Output("json", detail=Detail.DEBUG)) == settings.outputs
    assert (DetailRule(Detail.MINIMAL, module="noise.*", context=(("user", "ada"),)),) == settings.detail_rules


@pytest.mark.parametrize(
    ("text", "outputs"),
    [
        ("tree", (Output("tree"),)),
        ("tree,json", (Output("tree"), Output("json"))),
        ('["tree", "json"]', (Output("tree"), Output("json"))),
        ('[{format = "tree", to = "stdout"}]', (Output("tree", "stdout"),)),
        ("@merge json", (Output("table"), Output("json"))),
        ("@del", ()),
        ("", (Output("table"),)),
    ],
)
def test_variables_are_read_as_dynaconf_does(tmp_path: Path, text: str, outputs: tuple[Output, ...]) -> None:
    """A variable holds a TOML value, text with commas or a token; an empty one counts as unset."""
    write(tmp_path / "otel_ops.toml", 'outputs = ["table"]')

    assert outputs == load(tmp_path, {"OTEL_OPS_OUTPUTS": text}).outputs


@pytest.mark.parametrize(("text", "announce"), [("false", False), ("False", False), ("true", True), ("True", True)])
def test_switches_in_variables_are_typed(tmp_path: Path, text: str, announce: bool) -> None:
    """A switch in a variable is true or false, also written as Python does."""
    assert announce is load(tmp_path, {"OTEL_OPS_ANNOUNCE": text}).announce


def test_tokens_are_evaluated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value may be made of the environment by dynaconf's @format."""
    monkeypatch.setenv("PLACE", "oslo")
    write(tmp_path / "otel_ops.toml", 'service_name = "@format shop-{env[PLACE]}"')

    assert "shop-oslo" == load(tmp_path).service_name


def test_arguments_hold_no_tokens(tmp_path: Path) -> None:
    """An argument is taken as it is."""
    assert "@format {x}" == load(tmp_path, service_name="@format {x}").service_name


def test_the_standard_variable_names_the_service(tmp_path: Path) -> None:
    """OTEL_SERVICE_NAME wins over all our sources and is never parsed."""
    environ = {"OTEL_SERVICE_NAME": "007", "OTEL_OPS_SERVICE_NAME": "shop"}

    assert "007" == load(tmp_path, environ, service_name="other").service_name


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        (
            {"OTEL_OPS_DETIAL": "DEBUG"},
            "OTEL_OPS_DETIAL = 'DEBUG' (environment variable): no such setting; did you mean OTEL_OPS_DETAIL?",
        ),
        (
            {"OTEL_OPS_SETTING_FILE": "x"},
            "OTEL_OPS_SETTING_FILE = 'x' (environment variable): no such setting; did you mean OTEL_OPS_SETTINGS_FILE?",
        ),
        (
            {"OTEL_OPS_DETAIL": "5"},
            (
                "detail = 5 (environment variable OTEL_OPS_DETAIL): no such level of detail; "
                "use one of MINIMAL, STANDARD, DETAILED, DEBUG"
            ),
        ),
        (
            {"OTEL_OPS_ANNOUNCE__X": "5"},
            "announce = {'X': 5} (environment variable OTEL_OPS_ANNOUNCE__X): must be true or false",
        ),
        (
            {"OTEL_OPS_MAX_HELD_SPANS": "@int many"},
            (
                "max_held_spans = '@int many' (environment variable OTEL_OPS_MAX_HELD_SPANS): dynaconf cannot read it: "
                "Cannot convert 'many' to integer: invalid literal for int() with base 10: 'many'"
            ),
        ),
    ],
)
def test_wrong_variables_are_told_by_name(tmp_path: Path, environ: dict[str, str], message: str) -> None:
    """An unknown variable or a wrong value names the variable and the remedy."""
    write(tmp_path / "otel_ops.toml", "")

    assert message == message_of(tmp_path, environ)


def test_a_wrong_value_names_its_file_and_section(tmp_path: Path) -> None:
    """The origin of a wrong value is the source that won."""
    path = write(tmp_path / "otel_ops.toml", "announce = true\n[default]\nannounce = 1")

    assert f"announce = 1 ({path} [default]): must be true or false" == message_of(tmp_path)


def test_a_wrong_value_in_a_file_is_hidden_by_a_right_argument(tmp_path: Path) -> None:
    """Only the value that wins is checked."""
    write(tmp_path / "otel_ops.toml", 'detail = "LOUD"')

    assert Detail.DEBUG is load(tmp_path, detail="DEBUG").detail


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        (
            "otel_ops.toml",
            b"announce = false\ndetail = DEBUG\n",
            "is no valid TOML: Invalid value (at line 2, column 10)",
        ),
        (
            "otel_ops.toml",
            b"\xef\xbb\xbfa = 1\nservice_name = '\xff'",
            (
                "is no valid TOML: 'utf-8' codec can't decode byte 0xff in position 22: invalid start byte "
                "(at line 2, column 17)"
            ),
        ),
        ("otel_ops.toml", b"detail = " + b"[" * 100_000, "is no valid TOML: it is nested too deeply"),
        (
            "otel_ops.toml",
            b'announce = false\ndetail = "DEBUG\n\n',
            "is no valid TOML: Illegal character '\\n' (at line 2, column 16)",
        ),
        (
            "otel_ops.toml",
            b'announce = false\noutputs = [\n"tree"',
            "is no valid TOML: Unclosed array (at line 3, column 7",
        ),
        (
            "otel_ops.toml",
            b"detail = 'DEBUG'\ndetail = 'DEBUG'",
            "is no valid TOML: Cannot overwrite a value (at line 2",
        ),
        (".secrets.toml", b"key = ", "is no valid TOML: Invalid value (at line 1, column 6, the end)"),
        ("pyproject.toml", b"[tool.otel_ops\n", "is no valid TOML: "),
    ],
)
def test_a_broken_file_is_told_with_its_path_and_line(tmp_path: Path, name: str, content: bytes, what: str) -> None:
    """A file that is no TOML is refused, with path, line and column."""
    write(tmp_path / "otel_ops.toml", "")
    (tmp_path / name).write_bytes(content)

    assert message_of(tmp_path).startswith(f"{tmp_path / name} {what}")


def test_a_broken_pyproject_of_others_is_passed_over(tmp_path: Path) -> None:
    """A pyproject.toml that does not speak of otel_ops is none of our business, however broken."""
    write(tmp_path / "otel_ops.toml", "announce = false")
    write(tmp_path / "a" / "pyproject.toml", "[tool.")

    assert load(tmp_path / "a").announce is False


@pytest.mark.parametrize("heading", ["[otel_ops]", "[tool.otel_ops]"])
def test_a_heading_as_in_pyproject_is_told(tmp_path: Path, heading: str) -> None:
    """Keys of otel_ops.toml below such a heading, which would be a section that is never active, are refused."""
    path = write(tmp_path / "otel_ops.toml", f'{heading}\ndetail = "DEBUG"')

    told = f"{heading} ({path}): in this file, keys stand at the top, below no heading; remove the line {heading}"
    assert told == message_of(tmp_path)


@pytest.mark.parametrize("text", ["[tool.otel-ops]", "[tool.'otel-ops'.night]", "[tool]\notel-ops = {}"])
def test_a_table_with_a_hyphen_in_pyproject_toml(tmp_path: Path, text: str) -> None:
    """A tool.otel-ops, which nobody would read, is refused, and the right name told."""
    path = write(tmp_path / "pyproject.toml", f'[project]\ndependencies = ["otel-ops"]\n{text}')

    expected = f"tool.otel-ops ({path}): settings are read from tool.otel_ops; write it with an underscore"
    assert expected == message_of(tmp_path)


def test_a_dependency_in_pyproject_toml_is_no_settings(tmp_path: Path) -> None:
    """A pyproject.toml that only depends on us is not even parsed: the search goes on."""
    write(tmp_path / "otel_ops.toml", "announce = false")
    write(tmp_path / "inner" / "pyproject.toml", 'dependencies = ["otel-ops"]\n[tool.other')

    assert not load(tmp_path / "inner").announce


@pytest.mark.parametrize("text", ["[tool]\notel_ops = 3", "[[tool.otel_ops]]\nannounce = false"])
def test_the_section_in_pyproject_must_be_a_table(tmp_path: Path, text: str) -> None:
    """A tool.otel_ops that is no table is refused."""
    path = write(tmp_path / "pyproject.toml", text)

    assert f"({path}): must be a table" in message_of(tmp_path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every file")
def test_an_unreadable_file_is_told(tmp_path: Path) -> None:
    """An otel_ops.toml that must not be read is refused, and a pyproject.toml passed over."""
    write(tmp_path / "pyproject.toml", "[tool.otel_ops]\nannounce = false").chmod(0)
    path = write(tmp_path / "otel_ops.toml", "")

    assert Settings() == load(tmp_path)
    path.chmod(0)
    assert f"{path} cannot be read: Permission denied" == message_of(tmp_path)


def test_a_folder_with_the_name_of_a_file_is_passed_over(tmp_path: Path) -> None:
    """Only files are read."""
    write(tmp_path / "otel_ops.toml", "announce = false")
    (tmp_path / "a" / "otel_ops.toml").mkdir(parents=True)
    (tmp_path / "a" / "pyproject.toml").mkdir()

    assert load(tmp_path / "a").announce is False


def test_a_byte_order_mark_is_no_obstacle(tmp_path: Path) -> None:
    """A file that an editor saved with a byte order mark is read."""
    (tmp_path / "otel_ops.toml").write_bytes(b"\xef\xbb\xbfannounce = false")

    assert load(tmp_path).announce is False


def test_dynaconf_settings_of_the_program_stay_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file of the program's, prefix or loader of dynaconf is used, and the environment is left as it was."""
    write(tmp_path / "otel_ops.toml", "")
    for name in ("settings.local.toml", "settings.toml", "secrets.toml"):
        write(tmp_path / name, 'detail = "DEBUG"\nunknown = 1')
    write(tmp_path / ".env", "OTEL_OPS_DETAIL=DEBUG")
    write(tmp_path / "dynaconf_hooks.py", "raise RuntimeError('a hook ran')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DYNACONF_DETAIL", "DEBUG")
    monkeypatch.setenv("OTEL_DETAIL", "DEBUG")
    monkeypatch.setenv("ENVVAR_PREFIX_FOR_DYNACONF", "OTEL")
    monkeypatch.setenv("SETTINGS_FILE_FOR_DYNACONF", str(tmp_path / "settings.toml"))
    monkeypatch.setenv("SECRETS_FOR_DYNACONF", str(tmp_path / "secrets.toml"))
    monkeypatch.setenv("MERGE_ENABLED_FOR_DYNACONF", "true")
    monkeypatch.setenv("INCLUDES_FOR_DYNACONF", str(tmp_path / "settings.toml"))
    monkeypatch.setenv("LOADERS_FOR_DYNACONF", '["no.such.loader"]')
    monkeypatch.setenv("LOAD_DOTENV_FOR_DYNACONF", "true")
    monkeypatch.setenv("AUTO_CAST_FOR_DYNACONF", "false")
    monkeypatch.setenv("OTEL_OPS_MAX_HELD_SPANS", "@int 7")
    before = dict(os.environ)

    settings = load_settings({})

    assert Settings(max_held_spans=7) == settings
    assert before == dict(os.environ)


def test_every_load_reads_anew(tmp_path: Path) -> None:
    """A file that changed between two loads gives its new values."""
    path = write(tmp_path / "otel_ops.toml", "max_held_spans = 1")
    first = load(tmp_path)
    write(path, "max_held_spans = 2")

    assert (1, 2) == (first.max_held_spans, load(tmp_path).max_held_spans)


def test_threads_load_apart(tmp_path: Path) -> None:
    """Loads that run at the same time do not see each other's values."""
    folders = [tmp_path / str(number) for number in range(1, 5)] * 10
    for folder in folders:
        write(folder / "otel_ops.toml", f"max_held_spans = {folder.name}")
    with ThreadPoolExecutor(4) as pool:
        loaded = list(pool.map(load, folders))

    assert [int(folder.name) for folder in folders] == [settings.max_held_spans for settings in loaded]


def test_settings_are_read_with_their_origins(tmp_path: Path) -> None:
    """Each key that was given has the source that won; keys with their default have none."""
    write(tmp_path / "otel_ops.toml", 'detail = "DEBUG"\nannounce = false\n[night]\nexit_seconds = 1')
    environ = {"OTEL_OPS_ENV": "night", "OTEL_OPS_ANNOUNCE": "true", "OTEL_SERVICE_NAME": "kiln"}

    loaded = read_settings({"flush_seconds": 1}, folder=tmp_path, environ=environ)

    assert {
        "detail": str(tmp_path / "otel_ops.toml"),
        "announce": "environment variable OTEL_OPS_ANNOUNCE",
        "exit_seconds": f"{tmp_path / 'otel_ops.toml'} [night]",
        "flush_seconds": "argument",
        "service_name": "environment variable OTEL_SERVICE_NAME",
    } == loaded.origins
    assert (frozenset(), ()) == (loaded.refused, loaded.problems)


def test_what_cannot_be_used_leaves_its_default(tmp_path: Path) -> None:
    """A wrong value is refused by its key; the others stand, and the problems are those of `load_settings`."""
    write(tmp_path / "otel_ops.toml", 'detail = "LOTS"\nannounce = false')

    loaded = read_settings({}, folder=tmp_path, environ={})

    assert (Settings(announce=False), frozenset({"detail"})) == (loaded.settings, loaded.refused)
    assert message_of(tmp_path).splitlines() == list(loaded.problems)


def test_outputs_that_ask_for_too_much_are_refused(tmp_path: Path) -> None:
    """Outputs above the level of detail are refused as a whole."""
    write(tmp_path / "otel_ops.toml", 'outputs = [{format = "tree", detail = "DEBUG"}]')

    loaded = read_settings({}, folder=tmp_path, environ={})

    assert ["outputs"] == [*loaded.refused]
    assert () == loaded.settings.outputs


def test_a_credential_is_not_told(tmp_path: Path) -> None:
    """What looks like a credential is hidden in the message of a wrong setting."""
    message = message_of(tmp_path, {"OTEL_OPS_API_KEY": "sesame", "OTEL_OPS_DETAIL": "https://me:sesame@host"})

    assert "sesame" not in message
    assert "https://***@host" in message
