"""What users of dynaconf expect: environments, secrets, local files, tokens, merges, and their own object."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dynaconf import Dynaconf  # type: ignore[import-untyped]

from otel_ops.detail import Detail
from otel_ops.exceptions import SettingsError
from otel_ops.settings import LoadedSettings, Output, load_settings, read_settings

Write = Callable[..., None]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write files into the folder of the test."""

    def write(text: str, name: str = "otel_ops.toml") -> None:
        (tmp_path / name).write_text(text, encoding="utf-8")

    return write


def loaded(folder: Path, *, dynaconf: object = None, **environ: str) -> LoadedSettings:
    return read_settings({}, dynaconf=dynaconf, folder=folder, environ=environ)


def reference(folder: Path, **environ: str) -> Any:
    """Read the same files with dynaconf itself."""
    names = ["otel_ops.toml", ".secrets.toml"]
    env = {"env": environ["ENV_FOR_DYNACONF"]} if environ else {}
    return Dynaconf(root_path=folder, settings_files=names, environments=True, envvar_prefix="NOBODY", **env)


FILES = {
    "otel_ops.toml": (
        "[default]\nmax_held_spans = 1\nexit_seconds = 1\nflush_seconds = 1\nmax_held_seconds = 1\n"
        "outputs = ['tree']\n"
        "[development]\nexit_seconds = 2\n[production]\nexit_seconds = 3\noutputs = ['table', 'dynaconf_merge']\n"
        "[night]\nexit_seconds = 9\n[global]\nflush_seconds = 4\n"
    ),
    ".secrets.toml": "[default]\nmax_held_seconds = 5\npassword = 'x'\n[production]\nmax_held_seconds = 6\n",
    "otel_ops.local.toml": "[default]\nmax_held_spans = 7\n[production]\noutputs = '@merge json'\n",
}


@pytest.mark.parametrize("env", [None, "development", "production", "PRODUCTION", "night,production", "nowhere"])
def test_files_give_what_dynaconf_gives(tmp_path: Path, write: Write, env: str | None) -> None:
    """The same files, environments, secrets, local files and merges come to the same values."""
    for name, text in FILES.items():
        write(text, name)
    environ = {} if env is None else {"ENV_FOR_DYNACONF": env}

    settings, theirs = loaded(tmp_path, **environ).settings, reference(tmp_path, **environ)

    for key in ("max_held_spans", "exit_seconds", "flush_seconds", "max_held_seconds"):
        assert theirs[key] == getattr(settings, key), key
    assert theirs.outputs == [output.format for output in settings.outputs]


@pytest.mark.parametrize(
    ("level", "environ"),
    [
        ("DETAILED", {}),
        ("DEBUG", {"ENV_FOR_DYNACONF": "production"}),
        ("DETAILED", {"ENV_FOR_DYNACONF": "production", "OTEL_OPS_ENV": "development"}),
        ("DEBUG", {"OTEL_OPS_ENV": "production"}),
        ("MINIMAL", {"OTEL_OPS_ENV": "night"}),
    ],
)
def test_the_active_environment(tmp_path: Path, write: Write, level: str, environ: dict[str, str]) -> None:
    """It is named by OTEL_OPS_ENV, else by ENV_FOR_DYNACONF, else it is development."""
    write('detail = "MINIMAL"\n[development]\ndetail = "DETAILED"\n[production]\ndetail = "DEBUG"')
    assert Detail[level] is loaded(tmp_path, **environ).settings.detail


def test_keys_may_be_in_upper_case(tmp_path: Path, write: Write) -> None:
    """Keys and environments are the same in upper and lower case."""
    write('DETAIL = "DEBUG"\n[DEVELOPMENT]\nMax_Held_Spans = 3')
    settings = loaded(tmp_path).settings
    assert (Detail.DEBUG, 3) == (settings.detail, settings.max_held_spans)


def test_a_secrets_file_may_be_shared(tmp_path: Path, write: Write) -> None:
    """What is not ours in it is nobody's fault; what is ours counts, and is never shown."""
    write("")
    write('database = "x"\nservice_name = "kiln"\ndetail = "sesame"\n[redis]\nhost = "h"', ".secrets.toml")

    read = loaded(tmp_path)

    assert ("kiln", {"detail", "service_name"}) == (read.settings.service_name, read.secret)
    (problem,) = read.problems
    assert problem.startswith(f"detail = *** ({tmp_path / '.secrets.toml'}): no such level")
    assert "sesame" not in problem


def test_a_secrets_file_that_is_named(tmp_path: Path, write: Write) -> None:
    """OTEL_OPS_SECRETS_FILE takes the place of the one beside the settings; it must be there."""
    write("")
    write("max_held_spans = 1", ".secrets.toml")
    write("max_held_spans = 2\nother = 1", "mine.toml")
    assert 2 == loaded(tmp_path, OTEL_OPS_SECRETS_FILE="mine.toml").settings.max_held_spans
    missing = f"OTEL_OPS_SECRETS_FILE = {str(tmp_path / 'none.toml')!r}: no file with settings is there"
    assert missing in loaded(tmp_path, OTEL_OPS_SECRETS_FILE="none.toml").problems[0]


def test_files_beside_belong_to_a_file_of_ours(tmp_path: Path, write: Write) -> None:
    """Beside a pyproject.toml alone, neither secrets nor local files are read; beside a named file, its own are."""
    write("[tool.otel_ops]\nmax_held_spans = 1", "pyproject.toml")
    for name in (".secrets.toml", "otel_ops.local.toml", "pyproject.local.toml"):
        write("max_held_spans = 2", name)
    assert 1 == loaded(tmp_path).settings.max_held_spans
    write("", "ops.toml")
    write("max_held_spans = 3", "ops.local.toml")
    assert 3 == loaded(tmp_path, OTEL_OPS_SETTINGS_FILE="ops.toml").settings.max_held_spans


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("service_name", '"@format {env[PLACE]}-{this.max_held_spans}"', "oslo-4"),
        ("service_name", '"@jinja {{ env.PLACE | upper }}"', "OSLO"),
        ("service_name", '"@get missing kiln"', "kiln"),
        ("max_held_spans", '"@int 7"', 7),
        ("max_held_spans", '"@int @format 1{this.max_held_seconds}"', 15),
        ("announce", '"@bool off"', False),
        ("outputs", "'@json [\"tree\"]'", (Output("tree"),)),
        ("outputs", '[{format = "json", to = "@format {env[PLACE]}.jsonl"}]', (Output("json", "oslo.jsonl"),)),
    ],
)
def test_tokens(
    tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch, key: str, text: str, expected: object
) -> None:
    """Values are made as dynaconf makes them, at any depth, in files and in variables."""
    monkeypatch.setenv("PLACE", "oslo")
    write(f"max_held_spans = 4\nmax_held_seconds = 5\n[production]\n{key} = {text}")
    assert expected == getattr(loaded(tmp_path, OTEL_OPS_ENV="production").settings, key)
    if not text.startswith("["):
        variable = {f"OTEL_OPS_{key.upper()}": text[1:-1]}
        assert expected == getattr(loaded(tmp_path, **variable).settings, key)


@pytest.mark.parametrize(
    ("expected", "production", "environ"),
    [
        (["table"], "outputs = ['table']", {}),
        (["tree", "table"], "outputs = ['table', 'dynaconf_merge']", {}),
        (["tree", "table"], "dynaconf_merge = true\noutputs = ['table']", {}),
        (["tree", "json", "table"], "outputs = '@merge json,table'", {}),
        (["tree"], "outputs = '@merge_unique tree'", {}),
        (["tree", "table"], "outputs = ['table', 'dynaconf_merge']", {"OTEL_OPS_ANNOUNCE": "false"}),
        (["tree", "json"], "", {"OTEL_OPS_OUTPUTS": "@merge json"}),
        (["json", "tree"], "", {"OTEL_OPS_OUTPUTS": "@insert 0 json"}),
        ([], "outputs = '@del'", {}),
    ],
)
def test_merges(tmp_path: Path, write: Write, expected: list[str], production: str, environ: dict[str, str]) -> None:
    """Lists grow where a mark or a token says so, and else the last one wins."""
    write(f"outputs = ['tree']\n[production]\n{production}")
    read = loaded(tmp_path, OTEL_OPS_ENV="production", **environ)
    assert ((), expected) == (read.problems, [output.format for output in read.settings.outputs])


def test_a_whole_file_is_merged(tmp_path: Path, write: Write) -> None:
    """A mark outside of sections holds for all of the file, where a section does not say otherwise."""
    write("[tool.otel_ops]\noutputs = ['tree']\nerror_handlers = ['log']", "pyproject.toml")
    write(
        "dynaconf_merge = true\n[default]\noutputs = ['table']\n"
        "[development]\ndynaconf_merge = false\nerror_handlers = []"
    )
    settings = loaded(tmp_path).settings
    assert ((Output("tree"), Output("table")), ()) == (settings.outputs, settings.error_handlers)


class TestAnObjectOfTheProgram:
    """A Dynaconf object that is handed in."""

    def of(self, **settings: object) -> Any:
        return Dynaconf(ENVVAR_PREFIX_FOR_DYNACONF="SHOP", **settings)

    def test_its_table_and_its_prefixed_keys_count(self, tmp_path: Path) -> None:
        """Both are read; what else is in it is the program's."""
        settings = self.of(OTEL_OPS={"detail": "DEBUG"}, OTEL_OPS_MAX_HELD_SPANS=3, DATABASE="x")
        read = loaded(tmp_path, dynaconf=settings)
        assert (Detail.DEBUG, 3, ()) == (read.settings.detail, read.settings.max_held_spans, read.problems)
        assert {"dynaconf object"} == {*read.origins.values()}

    def test_its_files_variables_and_environments_count(
        self, tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """They are the program's own, with its own prefix and tokens."""
        write(
            '[default.otel_ops]\ndetail = "DEBUG"\nservice_name = "@format {this.name}-1"\n[default]\nname = "shop"',
            "s.toml",
        )
        monkeypatch.setenv("SHOP_OTEL_OPS__MAX_HELD_SPANS", "4")
        settings = self.of(root_path=tmp_path, settings_files=["s.toml"], environments=True)
        read = loaded(tmp_path, dynaconf=settings).settings
        assert (Detail.DEBUG, "shop-1", 4) == (read.detail, read.service_name, read.max_held_spans)

    def test_variables_of_ours_in_it_are_no_settings(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """One that reads the whole environment also has OTEL_OPS_ENV, which is none of its settings."""
        monkeypatch.setenv("OTEL_OPS_ENV", "night")
        settings = Dynaconf(envvar_prefix=False)
        assert () == loaded(tmp_path, dynaconf=settings).problems

    def test_later_changes_are_read(self, tmp_path: Path) -> None:
        """Each time that settings are read, it is asked anew."""
        settings = self.of()
        assert Detail.STANDARD is loaded(tmp_path, dynaconf=settings).settings.detail
        settings.set("otel_ops", {"detail": "DEBUG"})
        assert Detail.DEBUG is loaded(tmp_path, dynaconf=settings).settings.detail

    def test_merging_onto_it(self, tmp_path: Path) -> None:
        """A variable may add to a list in it."""
        read = loaded(tmp_path, dynaconf=self.of(OTEL_OPS={"outputs": ["tree"]}), OTEL_OPS_OUTPUTS="@merge json")
        assert (Output("tree"), Output("json")) == read.settings.outputs

    @pytest.mark.parametrize(
        ("settings", "told"),
        [
            ({"OTEL_OPS": {"detial": "DEBUG"}}, "detial = 'DEBUG' (dynaconf object): no such setting; did you"),
            ({"OTEL_OPS": {"detail": "LOUD"}}, "detail = 'LOUD' (dynaconf object): no such level of detail"),
            ({"OTEL_OPS": "DEBUG"}, "hand in a Dynaconf object whose table otel_ops, where there is one, can be read"),
            ({"OTEL_OPS": {"detail": "@format {this.nothing}"}}, "Dynaconf can't interpolate variable because nothing"),
            ({"OTEL_OPS_DETAIL": "@format {this.nothing}"}, "Dynaconf can't interpolate variable because nothing"),
        ],
    )
    def test_what_is_wrong_in_it_is_told(self, tmp_path: Path, settings: dict[str, object], told: str) -> None:
        """Key, value and source are named."""
        with pytest.raises(SettingsError) as caught:
            load_settings({}, dynaconf=self.of(**settings), folder=tmp_path, environ={})
        assert told in str(caught.value)

    def test_it_must_be_one(self, tmp_path: Path) -> None:
        """Anything else is refused."""
        with pytest.raises(SettingsError, match=r"dynaconf = 7 \(argument\): .*; hand in a Dynaconf object"):
            load_settings({}, dynaconf=7, folder=tmp_path, environ={})
