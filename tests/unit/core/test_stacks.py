"""What is recorded of exceptions: as Python tells them, bounded, without secrets, and nothing kept alive."""

from __future__ import annotations

import builtins
import gc
import subprocess
import sys
import traceback
import tracemalloc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from otel_ops import current_operation, operation
from otel_ops.attributes.values import MAX_TEXT
from otel_ops.core.exception_parts import message_of, notes_of, type_name
from otel_ops.core.stacks import MAX_MEMBERS, MAX_NESTING, stack_text, told_stack
from otel_ops.testing import Spans

needs_groups = pytest.mark.skipif(
    not hasattr(builtins, "BaseExceptionGroup"), reason="exception groups came with Python 3.11"
)
MANY = 50_000_000


def group_of(message: str, *members: BaseException) -> Any:
    return builtins.ExceptionGroup(message, members)  # type: ignore[attr-defined] # from Python 3.11 on


def caught(function: Callable[..., object], *arguments: object) -> Any:
    """Give what a function raises."""
    try:
        function(*arguments)
    except BaseException as error:
        return error
    raise AssertionError


def throw(error: BaseException, cause: BaseException | None = None) -> None:
    raise error from cause


def told_on(spans: Spans, name: str) -> str:
    """Give all that is recorded on a span, as one text."""
    span = spans.named(name)
    events = [dict(event.attributes or {}) for event in span.events]
    return repr((dict(span.attributes or {}), span.status.description, events))


def as_python_does(error: BaseException) -> str:
    """Give Python's text, without the lines of carets below calls; that of an error of syntax is kept."""
    below = {"~"} if isinstance(error, SyntaxError) else {"^", "~"}
    lines = "".join(traceback.format_exception(error)).splitlines(keepends=True)
    return "".join(
        line for line in lines if not set(line.strip(" |\n")) & below or set(line.strip(" |\n")) - {"^", "~"}
    )


def chained() -> BaseException:
    return caught(throw, RuntimeError("b"), caught(throw, KeyError("a"), caught(throw, OSError(2, "x"))))  # type: ignore[no-any-return]


def noted() -> BaseException:
    error = ValueError("x")
    error.__dict__["__notes__"] = ["row 7", "two\nlines"]
    return caught(throw, error)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "make", [chained, noted, lambda: caught(compile, "a b", "x.py", "exec"), lambda: ValueError("x")]
)
def test_the_text_is_that_of_python(make: Callable[[], BaseException]) -> None:
    """With causes, notes and errors of syntax; without carets, which are dear."""
    if make is noted and sys.version_info < (3, 11):
        pytest.skip("notes came with Python 3.11")
    error = make()

    assert as_python_does(error) == stack_text(error)


@needs_groups
def test_groups_are_told_as_python_does() -> None:
    """With the stacks and notes of what is inside, and groups in groups."""
    inner = caught(throw, group_of("inner", caught(throw, KeyError("two")), noted()))
    error = caught(throw, group_of("several", caught(throw, ValueError("one")), inner), chained())

    assert as_python_does(error) == stack_text(error)
    assert as_python_does(group_of("x", ValueError("y"))) == stack_text(group_of("x", ValueError("y")))


@needs_groups
def test_groups_are_bounded() -> None:
    """In width, in depth, and as a whole; how many are left out is told."""
    wide = stack_text(group_of("wide", *(ValueError(str(number)) for number in range(100))))
    assert f"---------------- {MAX_MEMBERS} ----------------" in wide
    assert f"… and {100 - MAX_MEMBERS} more" in wide
    deep: Any = ValueError("bottom")
    for number in range(3 * MAX_NESTING):
        deep = group_of(str(number), deep, deep)
    assert len(stack_text(deep)) < 20 * MAX_TEXT
    assert len(told_stack(deep)) <= MAX_TEXT


@pytest.mark.parametrize("place", ["message", "cause", "note", "fail"])
def test_fifty_megabytes_cost_no_memory(place: str, spans: Spans) -> None:
    """Whatever says so much: it is cut before it is copied; the frames are told all the same."""
    long = "x" * MANY
    error, cause = ValueError(long if place == "message" else "no"), OSError(long if place == "cause" else "c")
    if place == "note":
        error.__dict__["__notes__"] = [long]

    @operation("load")
    def load(error: BaseException, cause: BaseException, why: str) -> None:
        current_operation().fail(why)
        throw(error, cause)

    tracemalloc.start()
    try:
        caught(load, error, cause, long if place == "fail" else "why")
        assert tracemalloc.get_traced_memory()[1] < MANY / 50
    finally:
        tracemalloc.stop()
    assert len(told_on(spans, "load")) < 5 * MAX_TEXT
    assert "in throw" in told_on(spans, "load")


def test_the_last_exception_of_a_long_chain_is_told() -> None:
    """Where there is no room for all, it is the farthest causes that are left out."""
    error = caught(throw, ValueError("first"))
    for number in range(9):
        error = caught(throw, ValueError(f"{number} " + "x" * 4_000), error)
    text = told_stack(error)

    assert text.startswith("… earlier exceptions are left out\n")
    assert "ValueError: 8 xx" in text
    assert len(text) <= MAX_TEXT


class _NoTextError(Exception):
    def __str__(self) -> str:
        return 7  # type: ignore[return-value]  # noqa: PLE0307 - that is what is tested


def test_a_text_that_is_none_does_not_matter(spans: Spans) -> None:
    """`__str__` gives no text, or raises."""
    with pytest.raises(_NoTextError), operation("load"):
        raise _NoTextError
    assert "<exception str() failed>" == message_of(_NoTextError())
    assert "_NoTextError: <exception str() failed>" in told_on(spans, "load")


def test_classes_of_the_program_itself_have_its_name(tmp_path: Any) -> None:
    """That is how Python calls the file that it runs; it is pickled by that name, too."""
    program = tmp_path / "lab.py"
    begin = "from otel_ops.core.exception_parts import type_name"
    program.write_text(f"{begin}\nclass LabError(Exception): pass\nprint(type_name(LabError))")
    ran = subprocess.run([sys.executable, program], capture_output=True, text=True, check=True)
    assert "__main__.LabError" == ran.stdout.strip()
    assert "tests.unit.core.test_stacks._NoTextError" == type_name(_NoTextError)


@pytest.fixture
def _uncollected() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


class _LabError(Exception):
    """One that can be referred to weakly."""


@pytest.mark.usefixtures("_uncollected")
@pytest.mark.parametrize("depth", [1, 3])
def test_exceptions_go_as_soon_as_the_program_lets_them_go(depth: int, spans: Spans) -> None:
    """Nothing of ours keeps them, nor makes a cycle of them that only the collector could break."""

    @operation
    def fail(levels: int) -> None:
        if levels > 1:
            fail(levels - 1)
        raise _LabError

    def run() -> weakref.ref[_LabError]:
        try:
            with operation("load"):
                fail(depth)
        except _LabError as error:
            return weakref.ref(error)
        raise AssertionError

    assert run()() is None


def test_cycles_of_exceptions_can_be_collected(spans: Spans) -> None:
    """An exception that refers to itself, as its own attribute and as the cause of its cause."""

    def run() -> weakref.ref[_LabError]:
        error, cause = _LabError(), _LabError()
        error.__dict__["self"] = error
        cause.__cause__ = error
        try:
            with operation("load"):
                throw(error, cause)
        except _LabError:
            pass
        return weakref.ref(error)

    gone = run()
    gc.collect()
    assert gone() is None
    assert "_LabError" in told_on(spans, "load")


def test_locals_are_never_recorded(spans: Spans) -> None:
    """Neither those of the frames nor the arguments of the functions."""

    def log_in(phrase: str) -> None:
        copy = phrase.upper()
        raise ValueError(len(copy))

    known = "only-the-user-knows"
    with pytest.raises(ValueError, match="19"), operation("log in"):
        log_in(known)
    assert "in log_in" in told_on(spans, "log in")
    assert "only-the-user-knows" not in told_on(spans, "log in").lower()


@pytest.mark.parametrize(
    "said",
    ["https://ada:hunter2@lab:4318 is away", "password=hunter2 is wrong", "Authorization: Bearer hunter2hunter2"],
)
def test_credentials_are_hidden_wherever_they_are_said(said: str, spans: Spans) -> None:
    """In messages, causes, notes and reasons, and in the status; the exception itself is whole."""
    error = ValueError(said)
    error.__dict__["__notes__"] = [said]
    with pytest.raises(ValueError, match="hunter2"), operation("load") as load:
        load.fail(said)
        throw(error, KeyError(said))
    assert "hunter2" not in told_on(spans, "load")
    assert "***" in told_on(spans, "load")
    assert said == str(error)
    assert "hunter2" not in notes_of(error)[0]


@needs_groups
def test_credentials_are_hidden_in_groups_and_lines_of_code(spans: Spans) -> None:
    """The line that failed may have one in it."""

    def connect(password: str) -> None:
        raise ValueError(f"password={password}")

    with pytest.raises(BaseException, match="several"), operation("load"):
        raise group_of("several", caught(lambda: connect(password="hunter2")))
    assert 'connect(password="***")' in told_on(spans, "load")
    assert "hunter2" not in told_on(spans, "load")
