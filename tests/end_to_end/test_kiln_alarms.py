"""The example of failures: one recovered, one told by mail, one in the log."""

from pathlib import Path

from otel_ops.analysis.sources import SpanSource
from otel_ops.log_builder import logs_of
from tests.end_to_end.conftest import run_example

PROGRAM = Path(__file__).parents[2] / "docs" / "examples" / "kiln_alarms" / "kiln_alarms.py"


def test_each_failure_is_told_where_it_belongs(tmp_path: Path) -> None:
    """The mail has the tree and the stack, the log the hopeless step, and nobody hears of what was repaired."""
    done = run_example(PROGRAM, tmp_path)
    mail, _, table = done.stdout.partition("--- end of the mail")

    assert 0 == done.returncode, done.stderr
    assert "--- mail to ada@example.org: load failed: ValueError: could not convert string to float: '60,2'" in mail
    assert "✗ load  name=tuesday.csv" in mail
    assert "in celsius" in mail
    assert 1 == done.stdout.count("--- mail to")
    assert ["nobody", "nobody", "nobody", "ada@example.org, by mail", "the log"] == [
        line.partition("told to: ")[2] for line in table.split("\n") if line
    ]
    assert 1 == done.stderr.count("--- ERROR by the logger otel_ops.errors: operation 'extrapolate' failed after")
    assert "↻ read thermocouple  recovered" in done.stderr


def test_attempts_are_suboperations(tmp_path: Path) -> None:
    """Each with its number, and what was done in it below it."""
    run_example(PROGRAM, tmp_path)
    (night,) = logs_of(SpanSource([tmp_path / "trace.jsonl"]))
    read = night.find("read thermocouple")

    assert read is not None
    assert ("recovered", 3) == (read.outcome, read.attributes["ops.attempts"])
    assert [(1, "error"), (2, "error"), (3, "ok")] == [
        (log.attributes["ops.attempt"], log.outcome) for log in read.suboperations
    ]
    assert 3 * ["ask instrument"] == [log.suboperations[0].name for log in read.suboperations]
