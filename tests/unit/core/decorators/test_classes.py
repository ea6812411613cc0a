"""Classes as operations: their own public methods are wrapped, and they stay the classes that they are."""

import abc
import copy
import dataclasses
import enum
import functools
import inspect
import pickle
from collections.abc import Callable, Iterator
from typing import Any, Generic, NamedTuple, TypeVar

import pytest

from otel_ops import operation
from otel_ops.testing import Recorder, assert_tree, node


def helper(text: str) -> str:
    """Help; kept as a value by a class below."""
    return text.upper()


class Base:
    def inherited(self) -> str:
        return "inherited"


@operation
class Model(Base):
    """A class with everything that a body may hold."""

    translate: Callable[[str], str] = staticmethod(helper)
    count = 0

    class Inner:
        """No part of it."""

        def method(self) -> None: ...

    def __init__(self, name: str = "m") -> None:
        self.name = name

    def __call__(self) -> str:
        return self.fit()

    def fit(self, series: str = "a") -> str:
        return self._prepare(series)

    def _prepare(self, series: str) -> str:
        return f"{self.name} {series}"

    async def wait(self) -> int:
        return 1

    def steps(self) -> Iterator[int]:
        yield from range(2)

    @staticmethod
    def static(x: int) -> int:
        return x

    @classmethod
    def of(cls, name: str) -> "Model":
        return cls(name)

    @property
    def title(self) -> str:
        return self.name.title()

    @functools.cached_property
    def cached(self) -> str:
        return self.name * 2

    @operation("own name", detail="MINIMAL")
    def own(self) -> None: ...


class Special(Model):
    def fit(self, series: str = "b") -> str:
        return super().fit(series)


def test_public_methods_are_operations(recorder: Recorder) -> None:
    """Methods of all kinds; a method that has its own `@operation` keeps it; all else in the body is no operation."""
    model = Model.of("n")
    assert ("n a", 1, [0, 1], "N", "nn", "X", "inherited") == (
        model(),
        model.static(1),
        list(model.steps()),
        model.title,
        model.cached,
        model.translate("x"),
        model.inherited(),
    )
    model.own()
    Model.Inner().method()
    assert ["Model.of", "Model.fit", "Model.static", "Model.steps", "own name"] == recorder.spans.names


async def test_coroutine_methods(recorder: Recorder) -> None:
    """They stay coroutine functions."""
    assert inspect.iscoroutinefunction(Model.wait)
    assert 1 == await Model().wait()
    assert_tree(recorder, "Model.wait")


def test_it_stays_the_class(recorder: Recorder) -> None:
    """Instances, subclasses, `super()` and pickles work as before."""
    assert isinstance(Model, type)
    special = Special("s")
    assert isinstance(special, Model)
    assert "s b" == special.fit()
    assert_tree(recorder, "Model.fit")
    same = pickle.loads(pickle.dumps(special))
    assert (Special, "s") == (type(same), same.name)
    assert "s b" == copy.deepcopy(special).fit()
    assert Model.fit is pickle.loads(pickle.dumps(Model.fit))


def test_named_and_with_options(recorder: Recorder) -> None:
    """The name stands for the class; level and attributes hold for each method; arguments where a method has them."""

    @operation("solver", detail="MINIMAL", capture=["x"], attributes={"stage": 2})
    class Solver:
        def step(self, x: int) -> int:
            return x

        def reset(self) -> None: ...

    solver = Solver()
    solver.step(3)
    solver.reset()
    assert_tree(
        recorder,
        node("solver.step", detail="MINIMAL", attributes={"ops.arg.x": 3, "stage": 2}),
        node("solver.reset", detail="MINIMAL", attributes={"stage": 2}),
    )


def test_an_argument_that_no_method_has_is_told() -> None:
    """The message names the class and what its methods have."""
    with pytest.raises(ValueError, match=r"capture='y'.*Wrong.*'x'"):

        @operation(capture=["y"])
        class Wrong:
            def step(self, x: int) -> None: ...


@operation
@dataclasses.dataclass(frozen=True, order=True)
class Point:
    x: int
    y: int = 0

    def norm(self) -> int:
        return self.x + self.y


@operation
class Slotted:
    __slots__ = ("value",)

    def get(self) -> int:
        self.value = 3
        return self.value


@operation
class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self) -> float: ...

    def double(self) -> float:
        return 2 * self.area()


class Square(Shape):
    def area(self) -> float:
        return 4.0


@operation
class Color(enum.Enum):
    RED = 1

    def mixed(self) -> str:
        return self.name


@operation
class Pair(NamedTuple):
    a: int
    b: int

    def total(self) -> int:
        return self.a + self.b


T = TypeVar("T")


@operation
class Box(Generic[T]):
    def put(self, item: T) -> T:
        return item


def test_classes_of_every_kind(recorder: Recorder) -> None:
    """Dataclasses, slots, abstract classes, enumerations, named tuples and generic classes work as before."""
    assert [Point(1), Point(2, 3)] == sorted([Point(2, 3), Point(1)])
    assert (5, 3, 8.0, "RED", 3, "x") == (
        Point(2, 3).norm(),
        Slotted().get(),
        Square().double(),
        Color.RED.mixed(),
        Pair(1, 2).total(),
        Box[str]().put("x"),
    )
    assert not hasattr(Slotted(), "__dict__")
    assert Color(1) is Color.RED
    with pytest.raises(TypeError, match="abstract"):
        Shape()  # type: ignore[abstract] # that is what is tested
    names = ["Point.norm", "Slotted.get", "Shape.double", "Color.mixed", "Pair.total", "Box.put"]
    assert names == recorder.spans.names


def test_a_class_without_methods_is_refused() -> None:
    """There would be nothing to record; the message says so."""
    with pytest.raises(TypeError, match=r"finds no public method in the body of the class .*Empty"):

        @operation
        class Empty:
            x = 1


def test_a_class_that_cannot_be_changed_is_refused() -> None:
    """The message names the method, and what to do."""

    class Closed(type):
        def __setattr__(cls, name: str, value: Any) -> None:
            raise AttributeError("it is closed")

    with pytest.raises(TypeError, match=r"cannot replace .*Sealed\.run: it is closed; decorate the method itself"):

        @operation
        class Sealed(metaclass=Closed):
            def run(self) -> None: ...
