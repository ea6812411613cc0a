"""Captured arguments: which value of a call each is, and what happens where one cannot be read."""

from typing import Any

import pytest

from otel_ops import diagnostics, operation
from otel_ops.core.capture import captures, read
from otel_ops.testing import Spans


class UnspeakableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


class Model:
    name = "first order"

    @property
    def broken(self) -> str:
        raise UnspeakableError

    @property
    def leaving(self) -> str:
        raise SystemExit(11)


def every_form(
    first: int, /, second: int, third: int = 3, *rest: int, fourth: int, fifth: int = 5, **more: int
) -> None:
    """Has a parameter of each kind."""


PATHS = ["first", "second", "third", "rest", "fourth", "fifth", "more"]


@pytest.mark.parametrize(
    ("args", "kwargs", "expected"),
    [
        ((1, 2), {"fourth": 4}, [1, 2, 3, (), 4, 5, {}]),
        ((1, 2, 0, 7, 8), {"fourth": 4, "fifth": 0, "x": 9}, [1, 2, 0, (7, 8), 4, 0, {"x": 9}]),
        ((1,), {"second": 2, "fourth": 4, "first": 9}, [1, 2, 3, (), 4, 5, {"first": 9}]),
    ],
)
def test_each_kind_of_parameter(args: tuple[int, ...], kwargs: dict[str, int], expected: list[Any]) -> None:
    """By position, by name, by default and the rest; a name may also be one of the rest."""
    taken = read(captures(PATHS, every_form, "every_form"), args, kwargs)
    assert dict(zip((f"ops.arg.{path}" for path in PATHS), expected, strict=True)) == taken


def test_a_positional_argument_is_not_taken_for_one_of_the_same_name() -> None:
    """What is given by that name is one of the rest."""

    def only(first: int = 1, /, **rest: int) -> None: ...

    assert {"ops.arg.first": 1, "ops.arg.rest": {"first": 9}} == read(
        captures(["first", "rest"], only, "only"), (), {"first": 9}
    )


def test_what_cannot_be_read_is_left_out_and_told(spans: Spans, caplog: pytest.LogCaptureFixture) -> None:
    """A property that raises, also something that cannot be told, is the program's fault, not ours: loud or not."""

    @operation("fit", capture=["model.leaving", "model.broken", "model.name", "model.missing"])
    def fit(model: Model) -> str:
        return model.name

    assert "first order" == fit(Model())
    assert {"ops.arg.model_name": "first order"} == {
        key: value for key, value in spans.attributes("fit").items() if key.startswith("ops.arg.")
    }
    assert "ops.arg.model_leaving was left out, for reading it raised SystemExit: 11" in caplog.text
    assert "ops.arg.model_broken was left out, for reading it raised UnspeakableError" in caplog.text
    assert "ops.arg.model_missing was left out, for reading it raised AttributeError" in caplog.text
    assert {"capture.failed": 3} == diagnostics()


@pytest.mark.parametrize(
    ("paths", "error", "message"),
    [
        (["secnd"], ValueError, "did you mean 'second'"),
        ([""], ValueError, "has no parameter ''"),
        ([3], TypeError, "capture=3: name arguments as text"),
        (["second.x", "second_x"], ValueError, "becomes the attribute ops.arg.second_x, too"),
    ],
)
def test_wrong_paths_are_refused_at_decoration(paths: list[Any], error: type[Exception], message: str) -> None:
    """The message names the path and says what to do."""

    def fit(second: int, second_x: int) -> None: ...

    with pytest.raises(error, match=message):
        operation(capture=paths)(fit)
