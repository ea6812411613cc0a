"""What entries come to, with dynaconf and without: the same, where nothing asks for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from otel_ops.settings import load_settings
from otel_ops.settings.evaluation import Entry, evaluated, needs_dynaconf, plainly, through_dynaconf
from otel_ops.settings.values import WrongValueError
from tests.toml_text import in_toml

KEYS = ("detail", "outputs", "announce")
TEXTS = st.text(max_size=12) | st.sampled_from(
    ["@int 5", "@none", "dynaconf_merge", "a@b", "x = 1", "1\nb = 2", "DEBUG"]
)
SCALARS = TEXTS | st.integers(-(2**70), 2**70) | st.floats() | st.booleans() | st.dates() | st.datetimes()
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["format", "a__b", "a.b", "dynaconf_merge", "DYNACONF_MERGE"]) | TEXTS, inner)
    ),
    max_leaves=5,
)
FROM_FILES = st.builds(lambda key, value: Entry(key, value, "file", key), st.sampled_from(KEYS), VALUES)
FROM_VARIABLES = st.builds(
    lambda key, text, path: Entry(key, text.strip() or "x", "variable", key + path, is_text=True),
    st.sampled_from(KEYS),
    st.text(max_size=20)
    | SCALARS.map(in_toml)
    | st.sampled_from(
        ["True", "tree,json", "[1, 2", "1979-05-27", "{a = 1}", "'''x'''", "0x1f", "[" * 3_000, "9" * 5_000]
    ),
    st.sampled_from(["", "", "", "__a", "__0"]),
)
ARGUMENTS = st.builds(
    lambda key, value: Entry(key, value, "argument", key, is_ready=True), st.sampled_from(KEYS), VALUES
)
ENTRIES = st.lists(FROM_FILES | FROM_VARIABLES | ARGUMENTS, max_size=5)


def outcome(evaluate: object, entries: list[Entry]) -> tuple[str, list[str]]:
    """Give the values by key, and the keys that are refused."""
    refused: dict[str, WrongValueError] = {}
    values = evaluate(entries, lambda entry, error: refused.update({entry.key: error}))  # type: ignore[operator]
    return repr(sorted(values.items())), sorted(refused)


@given(ENTRIES)
@example([Entry("detail", "True", "variable", "detail", is_text=True)])
@example([Entry("outputs", {"a": 1}, "file", "outputs"), Entry("outputs", {"b": 2}, "file", "outputs")])
@example([Entry("outputs", [1], "file", "outputs"), Entry("outputs", "[2]", "variable", "outputs", is_text=True)])
def test_both_ways_give_the_same(entries: list[Entry]) -> None:
    """Where no entry needs dynaconf, each key has the same value, or is refused, with it and without."""
    if not any(map(needs_dynaconf, entries)):
        assert outcome(through_dynaconf, entries) == outcome(plainly, entries)


@given(ENTRIES)
def test_evaluation_never_fails(entries: list[Entry]) -> None:
    """Whatever the sources hold, each key has a value or is refused, or was deleted by a token."""
    values, refused = outcome(evaluated, entries)
    assert {entry.key for entry in entries} >= {*refused}
    assert isinstance(values, str)


@pytest.mark.parametrize(
    ("needed", "entry"),
    [
        (False, Entry("detail", "DEBUG", "file", "detail")),
        (False, Entry("service_name", "me@host", "file", "service_name")),
        (False, Entry("outputs", "tree,json", "variable", "outputs", is_text=True)),
        (False, Entry("service_name", "@format {x}", "argument", "service_name", is_ready=True)),
        (True, Entry("detail", "@format {env[X]}", "file", "detail")),
        (True, Entry("outputs", [{"to": "@format {env[X]}"}], "file", "outputs")),
        (True, Entry("outputs", ["json", "dynaconf_merge"], "file", "outputs")),
        (True, Entry("outputs", '["json", "dynaconf_merge"]', "variable", "outputs", is_text=True)),
        (True, Entry("outputs", '["@format x"]', "variable", "outputs", is_text=True)),
        (True, Entry("outputs", "tree", "variable", "outputs__0", is_text=True)),
        (True, Entry("outputs", ["json"], "file", "outputs", merges=True)),
    ],
)
def test_what_needs_dynaconf(needed: bool, entry: Entry) -> None:
    """Tokens, what is nested, and merges do; nothing else does."""
    assert needed == needs_dynaconf(entry)


@pytest.mark.parametrize(("imported", "detail"), [("False", "DEBUG"), ("True", "@format DEBUG")])
def test_dynaconf_is_imported_where_it_is_needed(tmp_path: Path, imported: str, detail: str) -> None:
    """A program whose settings are plain never pays for it."""
    (tmp_path / "otel_ops.toml").write_text(f'detail = "{detail}"\noutputs = ["tree"]')
    program = (
        "import sys; from otel_ops.settings import load_settings\n"
        "print(load_settings({'announce': False}).detail.name, 'dynaconf' in sys.modules)"
    )
    environ = {"OTEL_OPS_EXIT_SECONDS": "3"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environ, capture_output=True, text=True, check=True
    )
    assert f"DEBUG {imported}\n" == done.stdout


def test_a_value_that_cannot_be_read_counts_only_while_it_matters(tmp_path: Path) -> None:
    """One that a later source replaces does no harm; one that a later source is merged with does."""
    (tmp_path / "otel_ops.toml").write_text('max_held_spans = "@int many"')
    environ = {"OTEL_OPS_MAX_HELD_SPANS": "5"}
    assert 5 == load_settings({}, folder=tmp_path, environ=environ).max_held_spans
    assert 6 == load_settings({"max_held_spans": 6}, folder=tmp_path, environ={}).max_held_spans
