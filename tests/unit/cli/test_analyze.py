"""Statistics for people."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from otel_ops.analysis import OperationAnalysis, OperationStatistics
from otel_ops.cli.analyze import print_table
from otel_ops.cli.commands import command_parser


def statistics(name: str, self_ns: int, **error_types: int) -> OperationStatistics:
    """Make the figures of an operation; two underscores in the type of an error stand for a dot."""
    errors = {type_.replace("__", "."): number for type_, number in error_types.items()}
    figures = dict.fromkeys(("min_ns", "max_ns", "p50_ns", "p95_ns", "p99_ns"), self_ns)
    return OperationStatistics(name=name, count=1, error_types=errors, total_ns=self_ns, self_ns=self_ns, **figures)


def printed(capsys: pytest.CaptureFixture[str], *operations: OperationStatistics) -> list[str]:
    """Print the table; give its lines."""
    print_table(OperationAnalysis(operations=operations))
    return capsys.readouterr().out.splitlines()


def test_errors_go_by_their_class(capsys: pytest.CaptureFixture[str]) -> None:
    """The module is told only where two classes of one operation have the same name."""
    fit = statistics("fit", 1, lab__Broken=2, kiln__Broken=1, lab__Cold=1)
    lines = printed(capsys, fit, statistics("read", 1, lab__Broken=3))
    assert [
        "✗ fit: 2 × lab.Broken",
        "✗ fit: 1 × kiln.Broken",
        "✗ fit: 1 × Cold",
        "✗ read: 3 × Broken",
    ] == lines[-4:]


def test_shares_are_worded_as_in_other_tables(capsys: pytest.CaptureFixture[str]) -> None:
    """What is little is not told as nothing."""
    header, *rows = printed(capsys, statistics("fit", 10_000), statistics("read", 1))
    assert header.endswith("share of self")
    assert ["▇▇▇▇▇▇▇▇ 100 %", "<1 %"] == [re.split(r" µs +| ns +", row)[-1] for row in rows[:2]]


@pytest.mark.parametrize("name", ["analyze", "analyse"])
def test_both_spellings(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``analyse`` is ``analyze``, and is listed once."""
    (tmp_path / "empty.jsonl").touch()
    options = command_parser().parse_args([name, str(tmp_path / "empty.jsonl"), "--format", "csv"])
    assert 0 == options.run(options)
    assert capsys.readouterr().out.startswith('"name","count"')
    assert 1 == command_parser().format_help().count("where the time went and")
