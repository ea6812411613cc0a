"""Partial objects, callable objects, descriptors and overloads as operations; and what is refused."""

import asyncio
import copy
import functools
import inspect
import pickle
import sys
import typing
from typing import Any, ClassVar

import pytest
import wrapt

from otel_ops import operation
from otel_ops.testing import Recorder, assert_tree, node


def power(base: int, exponent: int) -> int:
    return int(base**exponent)


async def later(x: int) -> int:
    await asyncio.sleep(0)
    return x


class Scale:
    """An object that can be called."""

    def __init__(self, factor: int) -> None:
        self.factor = factor

    def __call__(self, x: int) -> int:
        return self.factor * x

    def scaled(self, x: int) -> int:
        return self.factor * x

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scale) and self.factor == other.factor

    __hash__ = None  # type: ignore[assignment] # it can be changed


scale = operation("scale")(Scale(3))
square = operation(functools.partial(power, exponent=2))


@operation
@functools.lru_cache
def costly(x: int) -> int:
    return x + 1


def test_partial_objects(recorder: Recorder) -> None:
    """They have the function's name; arguments are captured by the names that are left."""
    captured = operation(capture=["base"])(functools.partial(power, exponent=2))
    assert (9, 16) == (square(3), captured(4))
    assert_tree(recorder, "power", node("power", attributes={"ops.arg.base": 4}))
    assert (power, {"exponent": 2}) == (square.func, square.keywords)


async def test_partial_objects_of_coroutine_functions(recorder: Recorder) -> None:
    """They are coroutine functions, and the span covers the wait."""
    decorated = operation(functools.partial(later, 5))
    assert inspect.iscoroutinefunction(decorated)
    assert 5 == await decorated()
    assert_tree(recorder, "later")


def test_callable_objects(recorder: Recorder) -> None:
    """They are called as operations, and stay what they are in all else: type, attributes, equality."""
    assert 6 == scale(2)
    assert isinstance(scale, Scale)
    scale.factor = 4
    assert (8, True) == (scale(2), Scale(4) == scale)
    scale.factor = 3
    assert_tree(recorder, "scale", "scale")
    assert "Scale" == recorder_name(recorder, operation(Scale(1)))


def recorder_name(recorder: Recorder, decorated: Any) -> str:
    decorated(1)
    return recorder.spans.names[-1]


def test_cached_functions(recorder: Recorder) -> None:
    """`lru_cache` keeps its methods; a call that the cache answers is an operation, too."""
    costly.cache_clear()
    assert (2, 2) == (costly(1), costly(1))
    assert 1 == costly.cache_info().hits
    assert_tree(recorder, "costly", "costly")


def test_cached_methods(recorder: Recorder) -> None:
    """As methods they get their instance."""

    class Table:
        @operation(capture=["x"])
        @functools.lru_cache  # noqa: B019 - the instance lives as long as the test
        def row(self, x: int) -> tuple["Table", int]:
            return self, x

    table = Table()
    assert (table, 1) == table.row(1)
    assert_tree(recorder, node("test_cached_methods.<locals>.Table.row", attributes={"ops.arg.x": 1}))


def test_pickles(recorder: Recorder) -> None:
    """Functions and cached functions are pickled by name, objects with what makes them operations."""
    assert costly is pickle.loads(pickle.dumps(costly))
    again = pickle.loads(pickle.dumps(scale))
    assert 6 == again(2)
    assert 9 == pickle.loads(pickle.dumps(square))(3)
    assert 2 == pickle.loads(pickle.dumps(operation(len)))([1, 2])
    assert 6 == pickle.loads(pickle.dumps(operation(Scale(3).scaled)))(2)
    assert_tree(recorder, "scale", "power", "len", "Scale.scaled")


def test_copies(recorder: Recorder) -> None:
    """A copy is an operation as well; a deep one shares nothing with the object."""
    copied, deep = copy.copy(scale), copy.deepcopy(scale)
    deep.factor = 5
    assert (6, 10, 6) == (copied(2), deep(2), scale(2))
    assert_tree(recorder, "scale", "scale", "scale")


@pytest.mark.filterwarnings("ignore:functools.partial will be:FutureWarning")  # Python 3.13 says so without us, too
def test_in_the_body_of_a_class_they_are_bound_as_before(recorder: Recorder) -> None:
    """What takes no instance as an attribute of a class takes none as an operation."""

    class Model:
        partial = operation(functools.partial(power, 2, 3))
        bound = operation(Scale(3).scaled)
        builtin: ClassVar[Any] = operation(len)

    model = Model()
    assert (8, 6, 2) == (model.partial(), model.bound(2), model.builtin([1, 2]))
    assert_tree(recorder, "power", "Scale.scaled", "len")


def test_properties(recorder: Recorder) -> None:
    """A property's getter, and what `cached_property` computes, are operations, in either order of decorators."""

    class Model:
        @operation  # type: ignore[prop-decorator] # mypy has no types for it
        @property
        def outside(self) -> int:
            """Tell."""
            return 1

        @outside.setter
        def outside(self, value: int) -> None: ...

        @property
        @operation
        def inside(self) -> int:
            return 2

        @operation  # type: ignore[prop-decorator] # as above
        @functools.cached_property
        def once(self) -> int:
            return 3

        @functools.cached_property
        @operation
        def once_inside(self) -> int:
            return 4

    model = Model()
    model.outside = 5
    assert (1, 2, 3, 3, 4) == (model.outside, model.inside, model.once, model.once, model.once_inside)
    assert "Tell." == Model.outside.__doc__
    assert ["outside", "inside", "once", "once_inside"] == [name.rpartition(".")[2] for name in recorder.spans.names]


def test_partial_methods(recorder: Recorder) -> None:
    """They get their instance and what they hold."""

    class Model:
        def scaled(self, x: int, factor: int) -> int:
            return x * factor

        doubled = operation("doubled")(functools.partialmethod(scaled, factor=2))

    assert 6 == Model().doubled(3)
    assert_tree(recorder, "doubled")


def test_overloads(recorder: Recorder) -> None:
    """Decorating the implementation keeps the overloads."""

    @typing.overload
    def read(x: int) -> int: ...
    @typing.overload
    def read(x: str) -> str: ...
    @operation("read")
    def read(x: Any) -> Any:
        return x

    assert (1, "a") == (read(1), read("a"))
    assert_tree(recorder, "read", "read")
    if sys.version_info >= (3, 11):
        assert 2 == len(typing.get_overloads(read))


def test_generic_functions(recorder: Recorder) -> None:
    """`singledispatch` keeps its registry; each call is one operation."""

    @operation("show")
    @functools.singledispatch
    def show(x: object) -> str:
        return "object"

    @show.register
    def _(x: int) -> str:
        return "int"

    assert ("object", "int") == (show("a"), show(1))
    assert_tree(recorder, "show", "show")


def test_methods_that_other_tools_have_wrapped(recorder: Recorder) -> None:
    """A method behind a decorator of wrapt, as instrumentations use it, still knows its instance."""

    @wrapt.decorator
    def tell(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
        told.append((instance, args))
        return wrapped(*args, **kwargs)

    class Client:
        @operation
        @tell
        def send(self, text: str) -> str:
            return text

        @operation
        @tell
        async def wait(self, text: str) -> str:
            return text

        @operation
        @tell
        def items(self, text: str) -> typing.Iterator[str]:
            yield text

    told: list[Any] = []
    client = Client()
    unbound: Any = Client.send

    assert ("a", "b", "c") == (client.send("a"), unbound(client, text="b"), asyncio.run(client.wait("c")))
    assert ["d"] == list(client.items("d"))
    assert [(client, ("a",)), (client, ()), (client, ("c",)), (client, ("d",))] == told
    assert ["send", "send", "wait", "items"] == [name.rpartition(".")[2] for name in recorder.spans.names]


def test_builtin_functions_and_bound_methods(recorder: Recorder) -> None:
    """They are called as they are."""
    items = [3, 1]
    assert 2 == operation(len)(items)
    operation(items.sort)()
    assert [1, 3] == items
    assert_tree(recorder, "len", "list.sort")


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (3, "cannot be called; it needs a name or a callable"),
        (functools.singledispatchmethod(power), "cannot be called; decorate the function inside it"),
        (iter([]), "cannot be called"),
        ((x for x in ""), "decorates functions, not .*generator.*which one has given"),
    ],
)
def test_what_is_refused(what: Any, why: str) -> None:
    """What cannot be decorated is refused at decoration, with the reason."""
    with pytest.raises(TypeError, match=why):
        operation(what)


def test_a_coroutine_is_refused() -> None:
    """Decorating what a coroutine function has given is a mistake."""
    coroutine = later(1)
    with pytest.raises(TypeError, match="which one has given; decorate the function"):
        operation(coroutine)  # type: ignore[call-overload] # that is what is tested
    coroutine.close()


def test_wrong_arguments_are_the_functions_own_error(recorder: Recorder) -> None:
    """A call that does not fit raises the TypeError that the plain function raises."""
    with pytest.raises(TypeError, match=r"power\(\) missing 1 required"):
        operation(power)(1)  # type: ignore[call-arg] # that is what is tested
    assert_tree(recorder, node("power", failure=TypeError))
