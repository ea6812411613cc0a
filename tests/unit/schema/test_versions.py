"""Versions: older ones are upgraded, newer ones refused or read as far as they are understood."""

import dataclasses
import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from otel_ops.detail import Detail
from otel_ops.exceptions import UnreadableInputError
from otel_ops.formatters import JSONFormatter, XMLFormatter, read_operation_log
from otel_ops.schema import VERSION
from otel_ops.schema.versions import UPGRADES
from otel_ops.testing import make_log, sample_logs
from tests.logs import report

SAMPLES = Path(__file__).with_name("samples")
Change = Callable[[dict[str, Any]], None]


def sample(version: int, form: str) -> str:
    return (SAMPLES / f"operation_log_v{version}.{form}").read_text(encoding="utf-8")


def newer(change: Change) -> str:
    """Give a document of the next version."""
    document = json.loads(JSONFormatter().format_operation_log(report()))
    document["version"] = VERSION + 1
    change(document["operation"])
    return json.dumps(document)


@pytest.mark.parametrize("form", ["json", "xml"])
@pytest.mark.parametrize("version", range(VERSION))
def test_older_samples_are_upgraded(version: int, form: str) -> None:
    """A sample of each older version is read as the same log as that of this version."""
    assert read_operation_log(sample(VERSION, "json")) == read_operation_log(sample(version, form))


def test_samples_of_this_version_are_what_is_written() -> None:
    """The stored samples are, to the letter, what formatters write."""
    log = read_operation_log(sample(VERSION, "json"))
    assert sample(VERSION, "json") == JSONFormatter(indent=2).format_operation_log(log)
    assert sample(VERSION, "xml") == XMLFormatter(indent=2).format_operation_log(log)


def test_the_sample_is_what_it_says() -> None:
    """Names, times in nanoseconds and the failure are those of the sample."""
    log = read_operation_log(sample(0, "json"))
    load, _ = log.suboperations
    assert (1_700_000_000_000_125_000, 100_000_000) == (log.start_ns, log.duration_ns)
    assert (25_000_001, "kiln.BadRowError") == (load.duration_ns, load.failure and load.failure.type)
    assert 1_700_000_000_002_500_000 == load.events[0].time_ns
    assert {} == log.unknown


@pytest.mark.parametrize("version", range(VERSION + 1))
def test_samples_follow_their_schema(version: int) -> None:
    """Each version has a schema of its own, which its sample follows."""
    name = f"operation_log_v{version}.schema.json"
    schema = json.loads((files("otel_ops") / "schema" / name).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(sample(version, "json")))


def test_each_version_has_its_step() -> None:
    """The registry leads from every older version to this one."""
    assert list(range(VERSION)) == sorted(UPGRADES)


def test_fields_that_version_0_does_not_know_stay() -> None:
    """An upgrade keeps what it does not know."""
    document = json.loads(sample(0, "json"))
    document["operation"]["children"][0]["colour"] = "red"
    log = read_operation_log(json.dumps(document))
    assert {"/colour": "red"} == log.suboperations[0].unknown


@pytest.mark.parametrize("formatter", [JSONFormatter(), XMLFormatter()])
def test_a_newer_version_is_refused(formatter: JSONFormatter | XMLFormatter) -> None:
    """The message of one line names the version, those that can be read, and the remedy."""
    text = formatter.format_operation_log(report())
    text = text.replace('"version":1', '"version":99').replace('version="1"', 'version="99"')
    with pytest.raises(UnreadableInputError, match=r"version=99 .* 0 to 1; upgrade otel-ops, or .*lenient") as caught:
        read_operation_log(text)
    assert 1 == len(str(caught.value).splitlines())
    assert report() == read_operation_log(text, lenient=True)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("detail", "LOUD", {"detail": Detail.STANDARD}),
        ("lost", "many", {"lost": 0}),
        ("failure", {"class": "x"}, {"failure": None}),
        ("events", [{"what": "?"}], {"events": ()}),
        ("suboperations", 7, {"suboperations": ()}),
        ("start_ns", {"s": 1, "ns": 2}, {"start_ns": 0}),
    ],
)
def test_what_is_not_understood_is_kept_apart(field: str, value: Any, expected: dict[str, Any]) -> None:
    """Of a newer document the rest is read; what is not understood is found under its pointer."""
    log = read_operation_log(newer(lambda operation: operation.update({field: value})), lenient=True)
    assert dataclasses.replace(report(), **expected, unknown={f"/{field}": value}) == log
    assert {} == read_operation_log(JSONFormatter().format_operation_log(log)).unknown


def test_what_is_missing_is_empty() -> None:
    """A newer document without what must be there is read all the same."""
    log = read_operation_log(newer(lambda operation: operation.pop("name")), lenient=True)
    assert dataclasses.replace(report(), name="") == log


def test_values_of_new_kinds_are_kept_as_text() -> None:
    """A value whose element is not known is an error, or its text where reading is lenient."""
    text = XMLFormatter().format_operation_log(make_log("x", 0, 1, attributes={"a": 1}))
    text = text.replace("<int ", "<date ").replace("</int>", "</date>")
    with pytest.raises(UnreadableInputError, match="<date> is no value"):
        read_operation_log(text)
    assert {"a": '<date name="a">1</date>'} == read_operation_log(text, lenient=True).attributes


@pytest.mark.parametrize(
    "header", [{}, {"version": 1}, {"schema": "x", "version": 1}, {"schema": "otel_ops.operation_log"}]
)
def test_a_document_says_what_it_is(header: dict[str, Any]) -> None:
    """Without schema and version, or with others, it is refused, also where reading is lenient."""
    document = {"operation": json.loads(JSONFormatter().format_operation_log(report()))["operation"], **header}
    with pytest.raises(UnreadableInputError, match="can be read are versions 0 to 1"):
        read_operation_log(json.dumps(document), lenient=True)


@pytest.mark.parametrize("version", [-1, 0.5, "1", None, True, [1]])
def test_odd_versions(version: Any) -> None:
    """A version is a whole number from 0."""
    document = {**json.loads(JSONFormatter().format_operation_log(report())), "version": version}
    with pytest.raises(UnreadableInputError, match="can be read are versions 0 to 1"):
        read_operation_log(json.dumps(document))


def test_damaged_documents_of_version_0() -> None:
    """What an upgrade cannot read is an error of one line."""
    for key, value in [("start_ms", "soon"), ("start_ms", "NaN"), ("children", 5), ("events", [5])]:
        document = json.loads(sample(0, "json"))
        document["operation"][key] = value
        with pytest.raises(UnreadableInputError) as caught:
            read_operation_log(json.dumps(document))
        assert 1 == len(str(caught.value).splitlines())


def test_logs_of_every_kind_read_back() -> None:
    """Each of the sample logs is read as it was written; NaN equals nothing, but looks the same."""
    for log in sample_logs().values():
        for formatter in (JSONFormatter(), XMLFormatter()):
            assert repr(log) == repr(read_operation_log(formatter.format_operation_log(log)))
