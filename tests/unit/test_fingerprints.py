"""Fingerprints: stable over what differs from one time to the next, different for what is another failure."""

from __future__ import annotations

import traceback
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_ops.fingerprints import fingerprint_of, general

STACK = """Traceback (most recent call last):
  File "{root}/lab/series.py", line {line}, in evaluate
    fit(row)
  File "{root}/lab/fit.py", line 9, in {function}
    solve(row)
  File "/usr/lib/python3.11/site-packages/scipy/optimize.py", line {line}, in {inner}
    raise ValueError(row)
ValueError: row {row} is bad
"""
ORDINARY = {"root": "/home/ada", "line": 3, "function": "fit", "inner": "least_squares", "row": 7}


def of_stack(**differences: object) -> str:
    """Give the fingerprint of the stack with some parts different."""
    told = {**ORDINARY, **differences}
    return fingerprint_of("ValueError", STACK.format(**told), f"row {told['row']} is bad", "evaluate")


@pytest.mark.parametrize("same", [{"line": 77}, {"root": "C:\\lab"}, {"root": "/opt/app"}, {"row": 8}, {"inner": "lm"}])
def test_what_says_nothing_of_the_kind_changes_nothing(same: dict[str, object]) -> None:
    """Lines, where the program is installed, messages, and what libraries look like inside."""
    assert of_stack() == of_stack(**same)


def test_another_function_is_another_failure() -> None:
    """So are another type and another operation."""
    stack = STACK.format(**ORDINARY)
    others = {
        of_stack(function="refit"),
        fingerprint_of("KeyError", stack, "", "evaluate"),
        fingerprint_of("ValueError", stack, "", "load"),
    }

    assert 3 == len(others - {of_stack()})


def test_causes_do_not_count() -> None:
    """What led to an exception may differ; its own frames are what it is known by."""
    cause = "KeyError: 'x'\n\nThe above exception was the direct cause of the following exception:\n\n"
    with_cause = 'Traceback (most recent call last):\n  File "/a/b.py", line 1, in other\n    x\n' + cause

    assert of_stack() == fingerprint_of("ValueError", with_cause + STACK.format(**ORDINARY), "", "evaluate")


def test_recursion_of_any_depth_is_one_failure() -> None:
    """A frame that is there again and again counts once."""

    def fail(depth: int) -> None:
        if depth:
            fail(depth - 1)
        raise ValueError

    def told(function: Callable[[int], None], depth: int) -> str:
        with pytest.raises(ValueError) as error:
            function(depth)
        return "".join(traceback.format_exception(error.value))

    assert fingerprint_of("ValueError", told(fail, 1)) == fingerprint_of("ValueError", told(fail, 9))


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("row 7 of run9.csv is bad", "row <number> of run<number>.csv is bad"),
        ("can't open '/a/b/c.txt'", "can't open <text>"),
        ("No such file: /home/ada/lab/run1.csv", "No such file: <path>"),
        ("No such file: C:\\lab\\ada\\run1.csv", "No such file: <path>"),
        ("id 3fa85f64-5717-4562-b3fc-2c963f66afa6 gone", "id <uuid> gone"),
        ("<Row object at 0x7f3a2b>", "<Row object at <hex>>"),
        ("took 3.5s, limit -10ms", "took <number>s, limit <number>ms"),
        ("no answer from 10.0.0.1:4317", "no answer from <ip>"),
        ("http://lab/a?b=1 said 503", "<url> said <number>"),
        ("2026-01-02T03:04:05Z: late", "<date>: late"),
        ("ada@lab.org is unknown", "<email> is unknown"),
        ("commit deadbeef12 is missing", "commit <hex> is missing"),
        ("nothing that differs", "nothing that differs"),
    ],
)
def test_messages_lose_what_differs(message: str, expected: str) -> None:
    """Where there is no stack of the program's own, the message counts without ids, numbers, dates and names."""
    assert expected == general(message)


@pytest.mark.parametrize("stack", ["", "java.lang.Error\n\tat lab.Kiln.heat(Kiln.java:12)\n", 'File "', "no stack"])
def test_without_frames_of_the_program_the_message_counts(stack: str) -> None:
    """No stack, or one of another language."""
    assert fingerprint_of("E", stack, "row 7") == fingerprint_of("E", stack, "row 8")
    assert fingerprint_of("E", stack, "row 7") != fingerprint_of("E", stack, "column 7")


@given(st.text(), st.text(), st.text(), st.text())
def test_any_text_has_a_fingerprint(type_: str, stack: str, message: str, origin: str) -> None:
    """Also text that is no UTF-8; it is the same each time, and says its version."""
    fingerprint = fingerprint_of(type_, stack, message, origin)

    assert fingerprint == fingerprint_of(type_, stack, message, origin)
    assert ("1-", 18) == (fingerprint[:2], len(fingerprint))
