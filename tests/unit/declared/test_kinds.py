"""Callables and classes of every kind as declared operations: they stay what they were, and are put back."""

from __future__ import annotations

import asyncio
import copy
import inspect
import math
import pickle
import sys
from typing import Any

import pytest

from otel_ops.testing import Recorder, assert_tree, node
from tests.unit.declared.conftest import Declare, Load, Write

KINDS = {
    "kinds": """
        import abc
        import dataclasses
        import enum
        import functools
        from typing import NamedTuple, Protocol, runtime_checkable

        def plain(x: int, y: int = 2) -> int:
            "Adds."
            return x + y

        async def coroutine(): return 1
        def generator(): yield 1
        async def async_generator(): yield 1

        @functools.lru_cache
        def cached(x): return [x]

        @functools.singledispatch
        def dispatched(x): return "object"
        @dispatched.register
        def _(x: int): return "int"

        class Callable:
            kept = 1
            def __call__(self): return "called"
        instance = Callable()
        partial = functools.partial(max, 1, 3)
        bound = instance.__call__

        class Meta(type):
            def __setattr__(cls, name, value):
                super().__setattr__(name, value)
                Registered.changed.append(name)

        class Registered(metaclass=Meta):
            changed = []
            subclasses = []
            def __init_subclass__(cls): Registered.subclasses.append(cls.__name__)
            def run(self): return "base"

        class Sub(Registered):
            def run(self): return "sub " + super().run()

        class Everything(abc.ABC):
            __slots__ = ("_value", "__dict__")
            def __init__(self, value=1): self._value = value
            def method(self): return self._value
            @classmethod
            def of_class(cls): return cls
            @staticmethod
            def static(x): return x
            @property
            def prop(self):
                "The value."
                return self._value
            @prop.setter
            def prop(self, value): self._value = value
            @functools.cached_property
            def once(self): return object()
            part = functools.partialmethod(method)
            @functools.lru_cache
            def kept(self): return object()
            @abc.abstractmethod
            def todo(self): return "abstract"

        class Concrete(Everything):
            __slots__ = ()
            def todo(self): return super().todo()

        @dataclasses.dataclass(frozen=True, slots=True)
        class Point:
            x: int = 0
            def moved(self, by): return dataclasses.replace(self, x=self.x + by)

        class Row(NamedTuple):
            x: int
            def doubled(self): return Row(2 * self.x)

        class Colour(enum.Enum):
            RED = 1
            BLUE = 2
            def next(self): return Colour(3 - self.value)

        @runtime_checkable
        class Runs(Protocol):
            def run(self): ...

        class Explicit:
            __slots__ = ("x",)
            def __init__(self): self.x = 1
            def __call__(self): return "call"
            def __enter__(self): return self
            def __exit__(self, *about): return None
    """,
}
NAMED = [
    *("kinds:**", "kinds:cached", "kinds:instance", "kinds:partial", "kinds:bound"),
    *(f"kinds:Everything.{name}" for name in ("prop", "once", "part", "kept")),
    *(f"kinds:Explicit.{name}" for name in ("__init__", "__call__", "__enter__", "__exit__")),
    *("kinds:Concrete.of_class", "kinds:Concrete.prop", "kinds:Sub.__init_subclass__"),
]


@pytest.fixture
def kinds(write: Write, declare: Declare, load: Load) -> Any:
    """Import the module, all of which is declared."""
    write(KINDS)
    declare(*NAMED)
    return load("kinds")


def snapshot(module: Any) -> dict[str, Any]:
    """Give every object that the module and its classes hold, by name."""
    held = {name: value for name, value in vars(module).items() if not name.startswith("__")}
    for owner in [value for value in held.values() if isinstance(value, type)]:
        held |= {f"{owner.__name__}.{name}": value for name, value in vars(owner).items()}
    return held


def test_the_very_same_objects_are_put_back(write: Write, declare: Declare, load: Load, recorder: Recorder) -> None:
    """Afterwards each module and class holds what it held, and nothing more."""
    write(KINDS)
    module = load("kinds")
    before = snapshot(module)

    declarations = declare(*NAMED)
    meanwhile = snapshot(module)
    declarations.take_back()
    after = snapshot(module)

    assert {} == recorder.diagnostics
    assert before.keys() == after.keys()
    assert [] == [name for name in before if before[name] is not after[name]]
    assert 30 < sum(meanwhile[name] is not before.get(name) for name in meanwhile)
    assert {"Concrete.of_class", "Concrete.prop"} <= meanwhile.keys() - before.keys()


def test_functions_of_every_kind_are_operations(kinds: Any, recorder: Recorder) -> None:
    """Coroutines, generators, cached, partial and callable objects run, and are told by their names."""

    async def run() -> list[int]:
        return [await kinds.coroutine(), *[item async for item in kinds.async_generator()]]

    given = [kinds.plain(1), *asyncio.run(run()), *kinds.generator(), kinds.instance(), kinds.partial(), kinds.bound()]

    assert [3, 1, 1, 1, "called", 3, "called"] == given
    assert ("int", "object") == (kinds.dispatched(1), kinds.dispatched("x"))
    assert kinds.cached(1) is kinds.cached(1)
    assert 1 == kinds.cached.cache_info().hits
    assert {"plain", "coroutine", "async_generator", "generator", "instance", "partial", "dispatched", "cached"} < set(
        recorder.spans.names
    )


def test_methods_of_every_kind_are_operations(kinds: Any, recorder: Recorder) -> None:
    """Methods, properties and what is cached work as they did, each call within an operation."""
    one = kinds.Concrete(5)

    assert (5, 5, 7, 5) == (one.method(), one.prop, one.static(7), one.part())
    assert (one.once, one.kept()) == (one.once, one.kept())
    assert kinds.Concrete is one.of_class() is kinds.Concrete.of_class()
    assert "abstract" == one.todo()
    one.prop = 6
    assert 6 == one.method()

    expected = ["method", "prop", "static", "part", "once", "kept", "of_class", "todo"]
    assert {name if name != "part" else "method" for name in expected} <= {
        name.rpartition(".")[2] for name in recorder.spans.names
    }


def test_an_inherited_method_is_one_operation(kinds: Any, recorder: Recorder) -> None:
    """Where both the class and its base are declared, a call is told once."""
    kinds.Concrete.of_class()

    assert ["Everything.of_class"] == recorder.spans.names


def test_super_and_overriding(kinds: Any, recorder: Recorder) -> None:
    """A method that calls that of its base shows both."""
    assert "sub base" == kinds.Sub().run()
    assert_tree(recorder, node("Sub.run", node("Registered.run")), exact=True)


def test_special_methods_that_are_named_are_operations(kinds: Any, recorder: Recorder) -> None:
    """Slots of the class follow."""
    with kinds.Explicit() as one:
        one()

    expected = ["Explicit.__init__", "Explicit.__enter__", "Explicit.__call__", "Explicit.__exit__"]
    assert expected == recorder.spans.names


def test_classes_stay_the_classes_that_they_are(kinds: Any) -> None:
    """Abstract ones stay abstract, members stay members, hooks of subclasses and metaclasses are called."""

    class Later(kinds.Registered):  # type: ignore[misc]
        pass

    with pytest.raises(TypeError, match="abstract"):
        kinds.Everything()
    assert isinstance(kinds.Concrete(), kinds.Everything)
    assert isinstance(kinds.Sub(), kinds.Runs)
    assert not isinstance(kinds.Point(), kinds.Runs)
    assert kinds.Colour.BLUE is kinds.Colour.RED.next()
    assert ["RED", "BLUE"] == [colour.name for colour in kinds.Colour]
    assert (kinds.Point(3), kinds.Row(4)) == (kinds.Point(1).moved(2), kinds.Row(2).doubled())
    assert "Later" in kinds.Registered.subclasses
    assert "run" in kinds.Registered.changed
    assert "The value." == inspect.getdoc(kinds.Everything.prop)
    assert {kinds.Everything, kinds.Concrete} == {kinds.Concrete.mro()[1], kinds.Concrete}


def test_functions_look_as_they_did(kinds: Any) -> None:
    """Signature, documentation, module and source are those of the function."""
    assert "(x: int, y: int = 2) -> int" == str(inspect.signature(kinds.plain))
    assert ("Adds.", "kinds", "plain") == (kinds.plain.__doc__, kinds.plain.__module__, kinds.plain.__qualname__)
    assert "return x + y" in inspect.getsource(kinds.plain)
    assert inspect.iscoroutinefunction(kinds.coroutine)
    assert inspect.isasyncgenfunction(kinds.async_generator)


@pytest.mark.parametrize("name", ["plain", "cached", "instance", "partial", "Everything", "Colour.RED", "Point.moved"])
def test_what_could_be_pickled_and_copied_can_be(kinds: Any, name: str) -> None:
    """Functions and classes are pickled by name, objects by what they hold."""
    value = kinds
    for part in name.split("."):
        value = getattr(value, part)

    again = pickle.loads(pickle.dumps(value))

    assert again is value or (name in {"instance", "partial"} and callable(again) and again() == value())
    assert callable(copy.deepcopy(value)) or name == "Colour.RED"


def test_functions_of_extension_modules(declare: Declare, recorder: Recorder) -> None:
    """A C function in a module is replaced by what behaves like it, and put back."""
    before = math.sqrt

    declarations = declare({"target": "math:sqrt", "record_result": True}, "math:f[ml]*", "_json:scanstring")
    assert (3.0, 2.0) == (math.sqrt(9), math.fmod(5, 3))
    assert pickle.loads(pickle.dumps(math.sqrt)) is math.sqrt
    assert ("abc", 5) == sys.modules["_json"].scanstring('"abc"', 1)
    declarations.take_back()

    assert before is math.sqrt
    assert ["sqrt", "fmod", "scanstring"] == recorder.spans.names
    assert 3.0 == recorder.spans.attributes("sqrt")["ops.result"]


def test_compiled_functions(declare: Declare, recorder: Recorder) -> None:
    """What mypyc, Cython and numpy have compiled is an operation where Python code calls it."""
    black, linalg = pytest.importorskip("black"), pytest.importorskip("numpy.linalg")
    murmurhash = pytest.importorskip("sklearn.utils.murmurhash")
    functions = black.format_str, linalg.norm, murmurhash.murmurhash3_bytes_s32
    declarations = declare(
        "black:format_*", {"target": "numpy.linalg:norm", "capture": ["x"]}, "sklearn.utils.murmurhash"
    )

    assert "x = 1\n" == black.format_str("x=1", mode=black.Mode())
    assert 5.0 == linalg.norm([3, 4])
    assert isinstance(murmurhash.murmurhash3_bytes_s32(b"a", 0), int)
    declarations.take_back()

    assert functions == (black.format_str, linalg.norm, murmurhash.murmurhash3_bytes_s32)
    assert ["format_str", "norm", "murmurhash3_bytes_s32"] == recorder.spans.names


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("datetime:datetime.now", "cannot set 'now' attribute of immutable type"),
        ("fractions:Decimal.sqrt", "cannot set 'sqrt' attribute of immutable type"),
        ("math:pi", "it needs a name or a callable"),
        ("kinds:Everything._value", "cannot be called"),
        ("kinds:Colour.RED", "cannot be called"),
        ({"target": "kinds:plain", "capture": ["z"]}, "has no parameter 'z'"),
    ],
)
@pytest.mark.usefixtures("quiet")
def test_what_cannot_be_patched_is_one_warning(
    target: Any, told: str, write: Write, load: Load, declare: Declare, caplog: pytest.LogCaptureFixture
) -> None:
    """The message has the target and the reason; the program goes on."""
    write(KINDS)
    load("kinds")

    declare(target)

    (message,) = caplog.messages
    assert told in message
    assert "operations: target " in message
    assert "target.refused" in message


def test_operations_by_hand_are_not_made_twice(write: Write, declare: Declare, load: Load, recorder: Recorder) -> None:
    """What the program has decorated keeps its name and level."""
    write(
        {
            "decorated": """
                from otel_ops import operation

                @operation("by hand")
                def run(): ...

                @operation
                class Model:
                    def fit(self): ...
            """
        }
    )
    declare("decorated:**", "decorated:run")
    decorated = load("decorated")

    decorated.run()
    decorated.Model().fit()

    assert ["by hand", "Model.fit"] == recorder.spans.names


def test_what_has_two_names_stays_one_object(write: Write, load: Load, declare: Declare, recorder: Recorder) -> None:
    """Programs ask which function it is, as those do that look for comments in XML: ``element.tag is Comment``."""
    write({"named": "def first(): ...\nsecond = first\nclass Of:\n    def one(self): ...\n    other = one\n"})
    named: Any = load("named")
    before = named.first, vars(named.Of)["one"]
    declarations = declare("named")

    assert named.first is named.second is not before[0]
    assert named.Of.one is named.Of.other is not before[1]
    named.second()
    assert ["first"] == recorder.spans.names

    declarations.take_back()
    assert before == (named.first, named.Of.one) == (named.second, named.Of.other)
