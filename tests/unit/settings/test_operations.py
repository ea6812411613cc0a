"""Declared operations, as settings give them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from otel_ops.declared import DeclaredOperation, parse_target
from otel_ops.detail import Detail
from otel_ops.exceptions import SettingsError
from otel_ops.settings import Settings, load_settings

FULL = DeclaredOperation(
    parse_target("app.core:run"), "run it", Detail.DEBUG, ("path", "model.name"), True, {"stage": 2, "unit": "K"}
)
TOML = """
[[operations]]
target = "app.core:run"
name = "run it"
detail = "debug"
capture = ["path", "model.name"]
record_result = true
attributes = { stage = 2, unit = "K" }
"""


def settings(tmp_path: Path, arguments: dict[str, Any] | None = None, text: str = "", **variables: str) -> Settings:
    """Load settings from these sources only."""
    (tmp_path / "otel_ops.toml").write_text(text, encoding="utf-8")
    return load_settings(arguments or {}, folder=tmp_path, environ=variables)


def test_a_table_says_what_the_decorator_would(tmp_path: Path) -> None:
    """Each argument of the decorator is a key."""
    assert (FULL,) == settings(tmp_path, text=TOML).operations


def test_text_is_a_target(tmp_path: Path) -> None:
    """What has no other key can be written as text."""
    expected = (DeclaredOperation(parse_target("app.core:run")), DeclaredOperation(parse_target("app.io.**")))

    assert expected == settings(tmp_path, text='operations = ["app.core:run", { target = "app.io.**" }]').operations


def test_the_environment_has_a_list_with_commas(tmp_path: Path) -> None:
    """Targets are separated by commas; no quotes are needed."""
    variable = "docutils.core:publish_cmdline, docutils.readers:**"
    expected = tuple(map(DeclaredOperation, map(parse_target, variable.split(", "))))

    assert expected == settings(tmp_path, OTEL_OPS_OPERATIONS=variable).operations


def test_the_environment_may_have_tables(tmp_path: Path) -> None:
    """A TOML list does, too."""
    variable = '[{target = "app.core:run", detail = "DEBUG"}]'

    (operation,) = settings(tmp_path, OTEL_OPS_OPERATIONS=variable).operations

    assert Detail.DEBUG == operation.detail


def test_arguments_may_hold_what_settings_gave(tmp_path: Path) -> None:
    """What was read can be given again."""
    assert (FULL,) == settings(tmp_path, {"operations": [FULL]}).operations


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("app.core:", "operations[0].target = 'app.core:' (argument): has '' where a name or a glob belongs"),
        (["a", "b/c.py:d"], "operations[1].target = 'b/c.py:d' (argument): is the name of a file"),
        ([7], "operations[0].target = 7 (argument): must be text such as"),
        (7, "operations = 7 (argument): must be a list"),
        ([{"name": "x"}], "needs the key target"),
        ([{"target": "a:b", "nmae": "x"}], "operations[0].nmae = 'x' (argument): no such key; did you mean name?"),
        ([{"target": "a:b", "detail": "LOUD"}], "operations[0].detail = 'LOUD'"),
        ([{"target": "a:b", "capture": [1]}], "operations[0].capture[0] = 1"),
        ([{"target": "a:b", "attributes": "x"}], "must be a table of names and values"),
        ([{"target": "a:b", "record_result": 1}], "operations[0].record_result = 1 (argument): must be true or false"),
        (
            [{"target": "a.**", "name": "x"}],
            "operations[0].name = 'x' (argument): one name for all that 'a.**' may mean",
        ),
    ],
)
def test_what_cannot_be_meant_names_key_value_and_remedy(tmp_path: Path, value: object, told: str) -> None:
    """Malformed targets are errors of settings; nothing has changed then."""
    with pytest.raises(SettingsError) as raised:
        settings(tmp_path, {"operations": value})

    assert told in str(raised.value)
