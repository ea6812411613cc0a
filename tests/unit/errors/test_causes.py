"""Causes, notes and members of groups as data: from the exception, and from the text of its stack."""

from __future__ import annotations

import builtins
import traceback
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_ops.core.exception_parts import MAX_CHAIN
from otel_ops.core.stacks import MAX_MEMBERS, stack_text
from otel_ops.errors.causes import Cause, causes_of, members_of, notes_of

HAS_GROUPS = hasattr(builtins, "BaseExceptionGroup")


class LabError(Exception):
    """An exception of the program's own."""


def raised(error: BaseException, cause: BaseException | None = None, context: BaseException | None = None) -> Any:
    """Raise an exception, from another one or while that is handled, and catch it."""
    try:
        try:
            if context is not None:
                raise context
        except BaseException:
            raise error  # noqa: B904 - that is what is tested
        if cause is not None:
            raise error from cause
        raise error
    except BaseException as caught:
        return caught


def chain() -> BaseException:
    """Give an exception that came up while another one was handled, which was raised from a third."""
    origin = raised(KeyError("row 7"))
    return raised(RuntimeError("told: late"), context=raised(LabError("bad\nfile"), cause=origin))  # type: ignore[no-any-return]


CHAIN = (
    Cause("tests.unit.errors.test_causes.LabError", "bad\nfile", "context"),
    Cause("KeyError", "'row 7'", "cause"),
)


def test_causes_are_those_that_python_tells() -> None:
    """The nearest first, each with how it led to the next."""
    assert CHAIN == causes_of(chain())
    assert () == causes_of(raised(ValueError("alone")))
    assert () == causes_of(raised(ValueError("alone"), context=None), "KeyError: the exception counts\n")


def test_what_is_not_told_by_python_is_none() -> None:
    """`raise … from None` hides what was handled."""
    error = raised(ValueError("new"), context=KeyError("old"))
    error.__suppress_context__ = True

    assert () == causes_of(error)


@pytest.mark.parametrize("text_of", [stack_text, lambda error: "".join(traceback.format_exception(error))])
def test_the_text_of_a_stack_tells_the_same(text_of: Any) -> None:
    """As we record it, and as others do."""
    assert CHAIN == causes_of(None, text_of(chain()))
    assert () == causes_of(None, text_of(raised(ValueError("alone"))))


def test_long_and_circular_chains_have_an_end() -> None:
    """Ten exceptions are told at most, from the exception and from its text."""
    first = last = raised(ValueError("0"))
    for number in range(1, 30):
        last = raised(ValueError(str(number)), cause=last)
    expected = [str(number) for number in range(28, 19, -1)]

    assert MAX_CHAIN - 1 == len(expected)
    assert expected == [cause.message for cause in causes_of(last)]
    assert expected == [cause.message for cause in causes_of(None, "".join(traceback.format_exception(last)))]
    first.__cause__ = last
    assert expected == [cause.message for cause in causes_of(last)]


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    """Stacks of other languages, and what is no stack, have no causes."""
    assert () == causes_of(None, text)


def test_notes_are_told_one_by_one() -> None:
    """Those that `add_note` gave; an attribute of that name that is something else is none."""
    error = ValueError("x")
    error.__dict__["__notes__"] = ["row 7", 8]

    assert ("row 7", "8") == notes_of(error)
    error.__dict__["__notes__"] = 7
    assert () == notes_of(error)
    assert () == notes_of(None)


@pytest.mark.skipif(not HAS_GROUPS, reason="exception groups came with Python 3.11")
def test_members_of_a_group() -> None:
    """Each with its type and message; groups inside are one; there is a bound."""
    group: Any = builtins.BaseExceptionGroup  # type: ignore[attr-defined] # from Python 3.11 on
    inner = group("inner", [KeyError("a")])

    assert (
        Cause("ValueError", "one", "member"),
        Cause("ExceptionGroup", "inner (1 sub-exception)", "member"),
    ) == members_of(group("several", [ValueError("one"), inner]))
    assert MAX_MEMBERS == len(members_of(group("many", [ValueError(str(number)) for number in range(99)])))
    assert () == members_of(ValueError("no group"))
    assert () == members_of(None)


@pytest.mark.skipif(not HAS_GROUPS, reason="exception groups came with Python 3.11")
def test_a_group_may_be_a_cause_in_a_text() -> None:
    """What is inside of it stays out."""
    group: Any = builtins.BaseExceptionGroup  # type: ignore[attr-defined] # from Python 3.11 on
    error = raised(ValueError("x"), cause=raised(group("several", [raised(KeyError("k")), ValueError("one")])))
    expected = (Cause("ExceptionGroup", "several (2 sub-exceptions)", "cause"),)

    assert expected == causes_of(error)
    assert expected == causes_of(None, stack_text(error))
    assert expected == causes_of(None, "".join(traceback.format_exception(error)))


def test_classes_that_deny_everything_are_read_all_the_same() -> None:
    """Nothing of what is told asks the class."""

    def deny(*_: object) -> Any:
        raise ZeroDivisionError

    names = ("__getattribute__", "__getattr__", "__str__", "__repr__")
    properties = ("__cause__", "__context__", "__dict__", "__notes__", "exceptions", "__class__")
    methods = {**dict.fromkeys(names, deny), **dict.fromkeys(properties, property(deny)), "__module__": "odd"}
    hostile = type("HostileError", (Exception,), methods)
    error = raised(RuntimeError("x"), cause=raised(hostile()))

    assert (Cause("odd.HostileError", "<exception str() failed>", "cause"),) == causes_of(error)
    assert () == causes_of(hostile())
    assert () == notes_of(hostile())
    assert () == members_of(hostile())
    assert "odd.HostileError: <exception str() failed>\n\nThe above exception was" in stack_text(error)
