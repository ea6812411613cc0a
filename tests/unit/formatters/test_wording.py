"""How values and failures are put into words."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_ops.formatters import Page, TableFormatter, TreeFormatter, wording
from otel_ops.span_record import LogRecord
from otel_ops.testing import make_log
from tests.logs import MS, START, failure


@pytest.mark.parametrize(
    ("words", "part", "whole"),
    [("0 %", 0, 7), ("<1 %", 1, 1000), ("33 %", 1, 3), ("100 %", 7, 7), ("0 %", 0, 0)],
)
def test_shares(words: str, part: int, whole: int) -> None:
    """Shares are whole percents; what is little is not told as nothing."""
    assert words == wording.share(part, whole)


@given(st.text())
def test_safe_text_cannot_leave_its_line(text: str) -> None:
    """No control, format or surrogate character reaches the terminal."""
    categories = {unicodedata.category(letter) for letter in wording.safe(text)}
    assert set() == categories & {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_attributes_are_short_and_named_as_people_name_them() -> None:
    """Prefixes go, long values are cut, text with spaces is quoted, what only machines need is left out."""
    values = {
        "ops.arg.path": "run1.csv",
        "ops.result": 1 / 3,
        "ops.meta.batch": 7,
        "user.id": "ada b",
        "thread.id": 12,
        "thread.name": "worker",
        "code.function.name": "a.b",
        "text": "x" * 100,
    }
    expected = f"path=run1.csv result=0.333333 batch=7 user='ada b' thread=worker text={'x' * 59}…"
    assert expected == wording.attributes(values)


def test_context_is_told_where_it_differs() -> None:
    """Values of the log around are not repeated, and a session that was made up is not shown."""
    outer = make_log("outer", 0, 1, context={"user.id": "ada", "session.id": "0123456789abcdef"})
    inner = make_log("inner", 0, 1, context={"user.id": "ada", "ops.series": "10 K/min", "session.id": "night"})
    assert {"user.id": "ada"} == wording.context_beyond(outer, None)
    assert {"ops.series": "10 K/min", "session.id": "night"} == wording.context_beyond(inner, outer)


def test_a_failure_says_type_and_message() -> None:
    """The reason stands where the failure began; where it cannot be seen, its origin is told, too."""
    assert "BrokenError: no such row" == wording.reason(make_log("load", 0, 1, **failure()))
    assert "BrokenError: no such row (began in load)" == wording.reason(make_log("fit", 0, 1, **failure()))
    assert "" == wording.reason(make_log("fine", 0, 1))


@pytest.mark.parametrize(
    ("short", "full"), [("BrokenError", "__main__.BrokenError"), ("KeyError", "KeyError"), ("odd.", "odd.")]
)
def test_types_of_errors_are_told_without_module(short: str, full: str) -> None:
    """People know an error by the name of its class."""
    assert short == wording.error_type(full)


def test_a_failure_that_passed_through_is_told_in_short() -> None:
    """An operation around says no more than type and origin of what its suboperation tells."""
    around = make_log("fit", 0, 2, make_log("load", 0, 1, **failure()), **failure())
    assert ("BrokenError from load", "") == (wording.passed_through(around), wording.reason(around))
    assert "" == wording.passed_through(make_log("fit", 0, 2, make_log("load", 0, 1), **failure()))


@pytest.mark.parametrize("sequence", ["\x1b[31m", "\x1b]0;title\x07", "\x1b]8;;url\x1b\\", "\x1bc", "\x1b"])
def test_escape_sequences_go_as_a_whole(sequence: str) -> None:
    """Nothing of a sequence is left behind."""
    assert "ab" == wording.safe(f"a{sequence}b" if sequence != "\x1b" else "ab\x1b")


def test_remarks_tell_what_is_unusual() -> None:
    """Outcome, partial, late and lost are said in words, and so is what a span that is not ours says of itself."""
    odd = make_log("odd", 0, 1, outcome="timed_out", status_message="gave\nup", partial=True, late_of="ab", lost=3)
    assert [
        "gave⏎up",
        "part of an operation in another process",
        "ended after its operation",
        "3 spans inside were given up",
    ] == wording.remarks(odd)
    assert "timed out" == wording.outcome(odd)


def _logged(number: int, text: str, **attributes: object) -> LogRecord:
    return LogRecord(
        text, START + number * MS, 9 + 4 * (number % 2), ("INFO", "WARNING")[number % 2], "lab", attributes
    )


def test_what_failed_shows_its_last_log_records() -> None:
    """The last ones, of its own thread, on one line each; what went well shows none."""
    records = (*(_logged(number, f"row {number}") for number in range(8)), _logged(8, "no\nother", **{"thread.id": 5}))
    log = make_log("work", 0, 9, make_log("step", 1, 2, log_records=records), log_records=records, **failure("bad"))
    tree = TreeFormatter(page=Page(60, unicode=True)).format_operation_log(log)
    table = TableFormatter(page=Page(90)).format_operation_log(log)

    shown = [f"{('INFO', 'WARNING')[number % 2]} lab: row {number}" for number in range(3, 8)]
    assert (
        shown == re.findall(r"(?:INFO|WARNING) lab: row \d", tree) == re.findall(r"(?:INFO|WARNING) lab: row \d", table)
    )
    assert "│  WARNING lab: row 3                               +3.00 ms" in tree
    assert "\n  +3.00 ms  WARNING lab: row 3\n" in table
    assert "other" not in tree + table


def test_log_records_are_safe_on_a_terminal() -> None:
    """Bodies, loggers and levels are shown on one line, without what terminals obey."""
    record = LogRecord("a\nb\x1b[31mc", START, 17, "ER\nROR", "l\tab")
    tree = TreeFormatter(page=Page(80)).format_operation_log(
        make_log("work", 0, 9, log_records=(record,), **failure("bad"))
    )
    assert "ER⏎ROR l ab: a⏎bc" in tree


def test_what_recovered_says_how() -> None:
    """By what, after how many attempts and in which time; what is not told is left out."""
    told = {"ops.attempts": 3, "ops.recovered_by": "Retry", "ops.recovery_seconds": 0.25, "rows": 7}
    log = make_log("load", 0, 300, outcome="recovered", attributes=told)

    assert "recovered by Retry after 3 attempts in 250 ms" == wording.outcome(log)
    assert ["rows=7"] == [text for text, _ in wording.told(log, None)]
    assert "recovered after 1 attempt" == wording.outcome(
        make_log("load", 0, 1, outcome="recovered", attributes={"ops.attempts": 1, "ops.recovery_seconds": "?"})
    )
