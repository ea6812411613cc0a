"""`otel-ops collector vendors` and `env`."""

from __future__ import annotations

import json

import pytest

from otel_ops.cli.main import main
from otel_ops.collector.vendors import chosen, environment_block, vendor_named, vendor_names


def test_the_block_of_a_vendor(capsys: pytest.CaptureFixture[str]) -> None:
    """`env` prints what a shell reads, for the protocol and region that are asked for."""
    assert 0 == main(["collector", "env", "honeycomb", "--region", "eu", "--protocol", "grpc"])
    assert environment_block(chosen(vendor_named("honeycomb"), "grpc", "eu")) == capsys.readouterr().out


def test_no_secret_is_printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What is set already is not shown, in no format."""
    monkeypatch.setenv("HONEYCOMB_API_KEY", "hcaik_SECRET")
    for form in ("shell", "dotenv", "json"):
        assert 0 == main(["collector", "env", "honeycomb", "--format", form])
    assert "SECRET" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["env", "honycomb"], "otel-ops: honycomb: no such vendor; did you mean honeycomb?\n"),
        (
            ["env", "datadog", "--protocol", "grpc"],
            "otel-ops: protocol grpc: Datadog does not take it; use http/protobuf\n",
        ),
        (["vendors", "x"], "otel-ops: x: no such vendor; known are aws, "),
    ],
)
def test_what_is_wrong_is_told_in_a_line(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is 2, and nothing is printed for a shell to read."""
    assert 2 == main(["collector", *arguments])
    output = capsys.readouterr()
    assert output.err.startswith(told)
    assert "" == output.out


def test_the_table_of_vendors(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each vendor has a line: what it takes, over what, how metrics are, regions, and whether without collector."""
    monkeypatch.setenv("COLUMNS", "200")
    assert 0 == main(["collector", "vendors"])
    header, *lines = capsys.readouterr().out.splitlines()
    assert "vendor signals protocols metrics regions no collector" == " ".join(header.split())
    assert vendor_names() == [line.split()[0] for line in lines]
    (sentry,) = (line for line in lines if line.startswith("sentry"))
    assert "sentry traces logs http/protobuf none yes" == " ".join(sentry.split())


def test_vendors_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Programs get the same, with sources and limits."""
    assert 0 == main(["collector", "vendors", "splunk", "aws", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert ["splunk", "aws"] == list(document["vendors"])
    assert {"http/protobuf": ["traces", "metrics"], "grpc": ["traces"]} == document["vendors"]["splunk"]["protocols"]
    assert not document["vendors"]["aws"]["without_collector"]


def test_without_a_command_the_help_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """`otel-ops collector` tells what there is below."""
    assert 0 == main(["collector"])
    assert "usage: otel-ops collector" in capsys.readouterr().out
