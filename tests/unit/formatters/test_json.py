"""The JSON formatter, and what is refused as JSON; `tests/unit/schema` is about its content."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_ops.exceptions import UnreadableInputError
from otel_ops.formatters import JSONFormatter, OutputFormatter, read_operation_log
from otel_ops.testing import FormatterCompatibilitySuite
from tests.logs import report


class TestCompatibility(FormatterCompatibilitySuite):
    format_name = "json"

    def options(self) -> Mapping[str, Any]:
        return {"indent": 2}

    def make_formatter(self) -> OutputFormatter:
        return JSONFormatter()


def test_what_is_as_around_is_told_once() -> None:
    """Trace id, context, scope and resource stand on children only where they differ."""
    document = json.loads(JSONFormatter().format_operation_log(report()))
    load, http, _ = document["operation"]["suboperations"]
    assert {"trace_id", "context", "scope", "resource"} <= set(document["operation"])
    assert set() == {"trace_id", "context", "scope", "resource"} & set(load)
    assert {"context", "scope"} == {"trace_id", "context", "scope", "resource"} & set(http)
    assert (100_000_000, 500_000) == (document["operation"]["duration_ns"], document["operation"]["self_ns"])


def broken(change: dict[str, Any]) -> str:
    document = json.loads(JSONFormatter().format_operation_log(report()))
    document["operation"].update(change)
    return json.dumps(document)


@pytest.mark.parametrize(
    "change",
    [
        {"start_ns": "soon"},
        {"start_ns": "1"},
        {"kind": 1},
        {"detail": "LOUD"},
        {"suboperations": [{}]},
        {"suboperations": [1]},
        {"attributes": {"a": {"$bytes": "é"}}},
        {"attributes": {"a": {"$number": []}}},
        {"attributes": {"a": {"$object": 5}}},
    ],
)
def test_what_is_broken_is_refused(change: dict[str, Any]) -> None:
    """A wrong value is an error of one line that says what is wrong."""
    with pytest.raises(UnreadableInputError) as caught:
        read_operation_log(broken(change))
    assert 1 == len(str(caught.value).splitlines())


@given(st.binary() | st.text() | st.builds(json.dumps, st.recursive(st.none() | st.integers(), st.lists, max_leaves=4)))
def test_any_other_input_is_refused(text: str | bytes) -> None:
    """Nothing but `UnreadableInputError` is raised, whatever the input."""
    with pytest.raises(UnreadableInputError):
        read_operation_log(text)


def test_deep_nesting_is_refused() -> None:
    """Lists nested a hundred thousand times are an error of one line."""
    text = broken({"attributes": {"a": "here"}}).replace('"here"', 100_000 * "[" + 100_000 * "]")
    with pytest.raises(UnreadableInputError, match="nested too deeply"):
        read_operation_log(text)
