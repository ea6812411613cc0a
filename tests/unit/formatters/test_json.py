"""The JSON form: it follows its schema and reads back."""

import dataclasses
import json
import math
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from otel_ops.exceptions import UnreadableInputError
from otel_ops.formatters import JSONFormatter, OutputFormatter, read_operation_log
from otel_ops.operation_log import OperationLog
from otel_ops.testing import FormatterCompatibilitySuite, make_log
from tests.logs import logs, report


class TestCompatibility(FormatterCompatibilitySuite):
    format_name = "json"

    def options(self) -> Mapping[str, Any]:
        return {"indent": 2}

    def make_formatter(self) -> OutputFormatter:
        return JSONFormatter()


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    text = (files("otel_ops") / "schema" / "operation_log_v1.schema.json").read_text(encoding="utf-8")
    Draft202012Validator.check_schema(json.loads(text))
    return Draft202012Validator(json.loads(text))


@given(logs, st.sampled_from([None, 2]))
def test_any_log_reads_back_equal(root: OperationLog, indent: int | None) -> None:
    """What is written gives an equal log, also through bytes."""
    text = JSONFormatter(indent=indent).format_operation_log(root)
    assert root == read_operation_log(text)
    assert root == read_operation_log(text.encode())


@given(root=logs)
def test_any_log_follows_the_schema(schema: Draft202012Validator, root: OperationLog) -> None:
    """What is written is valid, on one line, in plain JSON."""
    text = JSONFormatter().format_operation_log(root)
    assert 1 == text.count("\n") == len(text.splitlines(keepends=False)) or "\u2028" in text or "\x85" in text
    schema.validate(json.loads(text, parse_constant=pytest.fail))


def test_numbers_that_json_lacks() -> None:
    """NaN and the infinities are tagged and come back."""
    text = JSONFormatter().format_operation_log(
        make_log("odd", 0, 1, attributes={"a": [math.nan, math.inf, -math.inf]})
    )
    nan, *infinities = read_operation_log(text).attributes["a"]
    assert math.isnan(nan)
    assert [math.inf, -math.inf] == infinities


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
        {"kind": 1},
        {"detail": "LOUD"},
        {"suboperations": [{}]},
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


def test_the_schema_refuses_what_is_broken(schema: Draft202012Validator) -> None:
    """The schema knows required keys, names and ids."""
    changes: list[dict[str, Any]] = [{"start_ns": "soon"}, {"kind": "cat"}, {"span_id": "XYZ"}, {"suboperations": [{}]}]
    for change in changes:
        assert not schema.is_valid(json.loads(broken(change)))


def test_another_version_is_refused() -> None:
    """A document of a version that is not known here says so."""
    text = JSONFormatter().format_operation_log(report()).replace('"version":1', '"version":99')
    with pytest.raises(UnreadableInputError, match="version=99"):
        read_operation_log(text)


@given(st.binary() | st.text() | st.builds(json.dumps, st.recursive(st.none() | st.integers(), st.lists, max_leaves=4)))
def test_any_other_input_is_refused(text: str | bytes) -> None:
    """Nothing but `UnreadableInputError` is raised, whatever the input."""
    with pytest.raises(UnreadableInputError):
        read_operation_log(text)


def test_deep_trees() -> None:
    """A chain as deep as the builder makes any reads back equal."""
    chain = make_log("end", 0, 1)
    for number in range(255):
        chain = dataclasses.replace(make_log(f"level {number}", 0, 1), suboperations=(chain,))
    assert chain == read_operation_log(JSONFormatter().format_operation_log(chain))


def test_values_keep_their_type_beside_equal_ones() -> None:
    """True in a context stays True where the context around has 1."""
    root = make_log("outer", 0, 1, make_log("inner", 0, 1, context={"ops.meta.n": True}), context={"ops.meta.n": 1})
    (inner,) = read_operation_log(JSONFormatter().format_operation_log(root)).suboperations
    assert inner.context["ops.meta.n"] is True
