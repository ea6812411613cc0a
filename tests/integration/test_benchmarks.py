"""The benchmarks: that they run, compare like with like, and say what they found; no time is asserted."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from tests.benchmarks import report
from tests.benchmarks.__main__ import exit_code
from tests.benchmarks.cases import CASES, chosen
from tests.benchmarks.harness import MICROSECONDS, Case, Result, Round, Sides, measure, summed_up, without_figure
from tests.benchmarks.stock import Told, assert_same

REPOSITORY = Path(__file__).parents[2]
KEYS = {"case", "title", "unit", "target", "figure", "quartiles", "ratio", "met", "medians_us", "rounds", "calls"}


@contextmanager
def _nothing() -> Iterator[Sides]:
    yield Sides(lambda _: 1.0, lambda _: 2.0)


@contextmanager
def _undecorated() -> Iterator[Sides]:
    raise TypeError("cannot be decorated")
    yield


def test_all_cases_run(tmp_path: Path) -> None:
    """Every case gives a figure or says why there is none, in the table and in the JSON."""
    path = tmp_path / "made" / "bench.json"
    unmeasured = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", "--quick", "--json", path],
        cwd=REPOSITORY,
        env={**unmeasured, "COLUMNS": "200"},  # no name is broken, however wide the figures are
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=180,
        check=False,
    )
    assert (0, "") == (done.returncode, done.stderr), done.stdout
    written = json.loads(path.read_text(encoding="utf-8"))
    assert ("otel_ops.benchmarks", 1, True) == (written["format"], written["version"], written["quick"])
    assert [case.name for case in CASES] == [row["case"] for row in written["cases"]]
    assert all(case.name in done.stdout for case in CASES)
    for row in written["cases"]:
        assert KEYS | {"unavailable", "failed"} == row.keys()
        assert (row["figure"] is None) == (row["unavailable"] is not None)


def test_drift_cancels_out() -> None:
    """The ratio is the median of those of the rounds: a machine that slows down changes nothing."""
    rounds = [Round(1.0, 2.0), Round(10.0, 20.0), Round(100.0, 200.0)]
    result = summed_up(Case("case", "", _nothing, target=0.6), rounds)
    assert (0.5, (0.5, 0.5), True) == (result.figure, result.quartiles, result.met)
    assert {"ours": 10.0, "theirs": 20.0} == result.medians_us


def test_differences() -> None:
    """A case with a unit of time gives what ours takes more, and keeps the ratio beside it."""
    result = summed_up(Case("case", "", _nothing, MICROSECONDS, target=0.5), [Round(3.0, 2.0), Round(3.0, 2.0)])
    assert (1.0, 1.5, False) == (result.figure, result.ratio, result.met)


def test_what_cannot_be_set_up_is_not_available() -> None:
    """A TypeError while a case is set up is told, and is no failure."""
    assert "cannot be decorated" == measure(Case("case", "", _undecorated)).unavailable


@pytest.mark.parametrize(
    ("failed", "missed", "check", "code"),
    [(False, True, False, 0), (False, True, True, 1), (False, False, True, 0), (True, False, False, 1)],
)
def test_exit_code(failed: bool, missed: bool, check: bool, code: int) -> None:
    """A missed target counts only with --check; a case that failed always does."""
    case = Case("case", "", _nothing, target=0.4 if missed else 0.6)
    result = summed_up(case, [Round(1.0, 2.0), Round(1.0, 2.0)])
    assert code == exit_code([without_figure(case, failed="lost spans") if failed else result], check=check)


def shown(*results: Result) -> str:
    """Give what is printed where there is no terminal."""
    printed = io.StringIO()
    report.show(Console(file=printed), report.document(results, quick=False), results)
    return printed.getvalue()


def test_the_table_fits_on_a_page() -> None:
    """No line has more than 100 columns, and no name or title is broken, where figures are long and targets missed."""
    results = [summed_up(case, [Round(950.5, 950.5)] * 2) for case in CASES]
    figures = [3.25 * (result.target or 1) for result in results]
    missed = [
        replace(result, figure=figure, quartiles=(0.95 * figure, 1.05 * figure), met=False)
        for result, figure in zip(results, figures, strict=True)
    ]
    text = shown(*missed, without_figure(CASES[0], unavailable="word " * 99))
    assert 100 >= max(map(len, text.splitlines()))
    assert [] == [words for case in CASES for words in (case.name, case.title) if f"{words} " not in text]


@pytest.mark.parametrize(("ours", "told"), [(0.90009, "✗ 0.01% over"), (0.909, "✗ 1% over"), (1.8, "✗ 100% over")])
def test_what_was_missed_is_never_nothing(ours: float, told: str) -> None:
    """A target that is missed by a little is missed by something."""
    assert told in shown(summed_up(Case("case", "", _nothing, target=0.9), [Round(ours, 1.0), Round(ours, 1.0)]))


def test_unlike_spans_are_not_compared() -> None:
    """Ways whose spans differ in an attribute or a parent are refused, unless the attribute is said to be beside."""
    theirs = [Told("block", None, {"a": 1})]
    assert_same(theirs, [Told("block", None, {"a": 1, "b": 2})], beside=("b",))
    for ours in (Told("block", None, {"a": 1, "b": 2}), Told("block", "parent", {"a": 1})):
        with pytest.raises(AssertionError, match="the spans differ"):
            assert_same(theirs, [ours])


def test_unknown_cases() -> None:
    """A name that no case has is refused, with the names that there are."""
    with pytest.raises(ValueError, match="no case is named 'blok'; there are: block, "):
        chosen(["blok"])
