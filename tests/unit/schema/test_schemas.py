"""The published schemas accept what the formatters write, and refuse what is broken."""

import json
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from lxml import etree

from otel_ops.formatters import JSONFormatter, XMLFormatter
from otel_ops.operation_log import OperationLog
from otel_ops.testing import sample_logs
from tests.logs import odd_logs, report

FOLDER = files("otel_ops") / "schema"
XMLLINT = shutil.which("xmllint")


@pytest.fixture(scope="module")
def json_schema() -> Draft202012Validator:
    schema = json.loads((FOLDER / "operation_log_v1.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.fixture(scope="module")
def xsd() -> Any:
    return etree.XMLSchema(etree.fromstring((FOLDER / "operation_log_v1.xsd").read_bytes()))


@given(root=odd_logs)
def test_any_json_follows_its_schema(json_schema: Draft202012Validator, root: OperationLog) -> None:
    """What is written is valid, in plain JSON."""
    json_schema.validate(json.loads(JSONFormatter().format_operation_log(root), parse_constant=pytest.fail))


@given(root=odd_logs, indent=st.sampled_from([None, 2]))
def test_any_xml_follows_its_schema(xsd: Any, root: OperationLog, indent: int | None) -> None:
    """What is written is valid, in the eyes of another parser than the one that we read with."""
    xsd.assertValid(etree.fromstring(XMLFormatter(indent=indent).format_operation_log(root)))


def test_samples_follow_the_schemas(json_schema: Draft202012Validator, xsd: Any) -> None:
    """So do logs of every kind, deep and wide ones among them."""
    for log in sample_logs().values():
        json_schema.validate(json.loads(JSONFormatter().format_operation_log(log)))
        xsd.assertValid(etree.fromstring(XMLFormatter().format_operation_log(log)))


@pytest.mark.skipif(XMLLINT is None, reason="xmllint is not installed")
def test_xmllint_accepts_what_is_written(tmp_path: Path) -> None:
    """The validator that people have accepts one document, and several in one element."""
    alone, several = tmp_path / "alone.xml", tmp_path / "several.xml"
    texts = [XMLFormatter(indent=2).format_operation_log(log) for log in sample_logs().values()]
    alone.write_text(texts[0], encoding="utf-8")
    several.write_text(f"<operation_logs>\n{''.join(texts)}</operation_logs>\n", encoding="utf-8")
    schema = tmp_path / "schema.xsd"
    schema.write_bytes((FOLDER / "operation_log_v1.xsd").read_bytes())
    command = [str(XMLLINT), "--noout", "--nonet", "--schema", str(schema), str(alone), str(several)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (0, f"{alone} validates\n{several} validates\n") == (done.returncode, done.stderr)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('start_ns="1', 'start_ns="soon'),
        ('kind="operation"', 'kind="cat"'),
        ('span_id="7', 'span_id="X'),
        (' version="1"', ' version="2"'),
        ("<scope/>", ""),
        (' name="report"', ""),
        ('<int name="rows">600', '<int name="rows">many'),
        ("<suboperations>", "<suboperations><scope/>"),
        ("<int name=", "<date name="),
    ],
)
def test_the_xsd_refuses_what_is_broken(xsd: Any, right: str, wrong: str) -> None:
    """The schema knows required fields, kinds, ids, and the types of values."""
    text = XMLFormatter().format_operation_log(report())
    assert right in text
    broken = text.replace(right, wrong).replace("600</int>", "600</date>" if "<date" in wrong else "600</int>")
    assert not xsd.validate(etree.fromstring(broken))
