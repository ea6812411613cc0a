"""Outputs in settings: every key is read, and what is wrong is told with its place."""

from __future__ import annotations

import io
import logging
from pathlib import Path
from typing import Any

import pytest

from otel_ops.detail import Detail
from otel_ops.exceptions import SettingsError
from otel_ops.outputs import FileRules, LogFilter
from otel_ops.settings import Output, load_settings

TOML = """
detail = "DEBUG"
outputs = [
  {format = "tree", detail = "STANDARD"},
  {format = "json", to = "logs/{date}/{session}.json", max_bytes = 1000, max_seconds = 86400, keep = 3},
  {format = "xml", to = "failed.xml", outcome = "error", operation = "fit*", context = {user = "a*"}},
  {format = "json", to = "logger:my.logs", outcome = ["ok", "error"], options = {indent = 2}},
]
"""


def load(*outputs: object) -> tuple[Output, ...]:
    """Read outputs that are given as an argument."""
    return load_settings({"outputs": list(outputs)}, environ={}, folder=Path("/")).outputs


def test_every_key_is_read_from_a_file(tmp_path: Path) -> None:
    """Level, filter, options, and how files are kept."""
    (tmp_path / "otel_ops.toml").write_text(TOML)
    tree, json, xml, logger = load_settings({}, folder=tmp_path, environ={}).outputs

    assert Output("tree", detail=Detail.STANDARD) == tree
    assert ("logs/{date}/{session}.json", FileRules(None, 1_000, 86_400, 3)) == (json.to, json.files)
    assert LogFilter("fit*", ("error",), (("user", "a*"),)) == xml.only
    assert ("logger:my.logs", ("ok", "error"), {"indent": 2}) == (logger.to, logger.outcome, logger.options)


def test_the_environment_says_the_same() -> None:
    """A list of tables, as TOML has them."""
    text = '[{format = "json", to = "{user}.json", outcome = "error,cancelled", mode = "append"}]'
    (output,) = load_settings({}, environ={"OTEL_OPS_OUTPUTS": text}, folder=Path("/")).outputs

    assert Output("json", "{user}.json", outcome=("error", "cancelled"), mode="append") == output


@pytest.mark.parametrize("place", [io.StringIO(), print, logging.getLogger("a"), "logger:a", "stdout"])
def test_places_may_be_ready_objects(place: Any) -> None:
    """Open streams, functions and loggers are taken as they are; an Output is read again as it is."""
    (output,) = load({"format": "tree", "to": place, "context": {"user": "a"}})

    assert place is output.to
    assert (output,) == load(output)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (
            {"to": "{sesion}.json"},
            "to = '{sesion}.json' (argument): no such placeholder as {sesion}; did you mean session",
        ),
        ({"to": "{user"}, "to = '{user' (argument): expected '}' before end of string"),
        ({"to": "logger:"}, "to = 'logger:' (argument): needs the name of a logger"),
        ({"to": "a\0"}, "to = 'a\\x00' (argument): must be stderr, stdout, logger: with a name, or a path"),
        ({"outcome": "failed"}, "outcome[0] = 'failed' (argument): no such outcome; "),
        ({"outcome": ["eror"]}, "outcome[0] = 'eror' (argument): no such outcome; did you mean error?"),
        ({"operation": 7}, "operation = 7 (argument): must be text"),
        ({"context": "ada"}, "context = 'ada' (argument): must be a table of globs"),
        ({"options": ["a"]}, "options = ['a'] (argument): must be a table of the formatter's options"),
        ({"to": "a", "mode": "apend"}, "mode = 'apend' (argument): no such mode; did you mean append?"),
        ({"to": "a", "max_bytes": 0}, "max_bytes = 0 (argument): must be a whole number from 1"),
        ({"to": "a", "max_seconds": 0}, "max_seconds = 0 (argument): must be more than 0 seconds"),
        ({"to": "a", "keep": 1_001}, "keep = 1001 (argument): must be a whole number from 0 to 1,000"),
        ({"mode": "append"}, "mode = 'append' (argument): is for files; set to to a path"),
        ({"to": "stdout", "max_bytes": 9}, "max_bytes = 9 (argument): is for files"),
        ({"rotate": 9}, "rotate = 9 (argument): no such key; "),
    ],
)
def test_a_wrong_key_is_told_with_its_place_and_the_remedy(keys: dict[str, object], told: str) -> None:
    """Key, value, source, and what would be right."""
    with pytest.raises(SettingsError) as caught:
        load({"format": "json", **keys})

    assert str(caught.value).startswith(f"outputs[0].{told}")


def test_options_are_for_names() -> None:
    """A ready formatter was made with its own."""

    class Formatter:
        def format_operation_log(self, operation_log: object) -> str:
            return ""

    with pytest.raises(SettingsError, match=r"outputs\[0\].options = .* give them to the object in format itself"):
        load({"format": Formatter(), "options": {"indent": 2}})


def test_everything_wrong_in_an_output_is_told_at_once() -> None:
    """A line for each key."""
    with pytest.raises(SettingsError) as caught:
        load({"format": "jsn", "to": "{x}", "outcome": "bad", "keep": -1})

    assert 4 == len(str(caught.value).splitlines())
