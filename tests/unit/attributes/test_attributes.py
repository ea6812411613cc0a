"""Values and keys of any kind: what becomes of them in real spans, and that none is lost silently."""

import dataclasses
import enum
import json
import math
import threading
from asyncio import CancelledError
from collections import UserDict, deque
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_ops import OperationContext, diagnostics, operation
from otel_ops.attributes import MAX_ATTRIBUTES, clean_attributes, clean_result, clean_value
from otel_ops.attributes.key_types import KEY_TYPES, MAX_KEYS
from otel_ops.attributes.values import CUT, MAX_ITEMS, MAX_KEY, MAX_TEXT, MAX_TOTAL_TEXT
from otel_ops.testing import Spans


class Color(enum.Enum):
    RED = 1


class Text(str):
    """A text whose methods do not work."""

    __slots__ = ()

    def __len__(self) -> int:
        raise LookupError

    __str__ = encode = isascii = __len__  # type: ignore[assignment]


class Plain:
    pass


@dataclasses.dataclass
class Model:
    rate: object
    points: object = ()
    secret: str = dataclasses.field(default="", repr=False)


@dataclasses.dataclass
class Curt:
    rate: float

    def __repr__(self) -> str:
        return "curt"


class Series:
    """Its text is not to be made: that would take long."""

    __repr__ = lambda self: pytest.fail("made the text of what is left out")  # noqa: E731


class Table:
    """As tables of data are: true and false are ambiguous, and so is equality."""

    shape = (3, 2)
    ndim = 2

    def __bool__(self) -> bool:
        raise ValueError("ambiguous")

    __eq__ = __bool__  # type: ignore[assignment]
    __hash__ = None  # type: ignore[assignment]


def kind_of(value: object) -> str:
    return type(value).__name__


def count_up() -> Iterator[int]:
    yield 1


@pytest.mark.parametrize(
    ("expected", "value"),
    [
        ("a\\ud800b", "a\ud800b"),
        ("ü", "ü"),
        (["broken"], [Text("broken")]),
        (7, np.int64(7)),
        (2.5, np.float64(2.5)),
        (True, np.bool_(True)),
        ("2026-01-02T00:00:00", np.datetime64("2026-01-02T00:00:00")),
        ([1, 2, 3], np.array([1, 2, 3])),
        ([[1.0], [2.0]], np.array([[1.0], [2.0]])),
        ("<ndarray float64 (1000, 2)>", np.zeros((1000, 2))),
        ("<Table (3, 2)>", Table()),
        (str(2**70), 2**70),
        ("<int of 400001 bits>", 2**400_000),
        (math.inf, math.inf),
        ("Color.RED", Color.RED),
        ("Model(rate=2.5, points=())", Model(2.5, secret="x")),
        (f"Model(rate=Model(rate=1, points=()), points=[{'1, ' * 20}...])", Model(Model(1), [1] * 20 + [Series()])),
        ("curt", Curt(2.5)),
        ("2026-01-02", date(2026, 1, 2)),
        ("2026-01-02T00:00:00+00:00", datetime(2026, 1, 2, tzinfo=timezone.utc)),
        ("0:00:02", timedelta(seconds=2)),
        ("a/b", Path("a/b")),
        ("1.50", Decimal("1.50")),
        (0.5, Fraction(1, 2)),
        (str(10**400), Fraction(10**400)),
        ("(1+2j)", 1 + 2j),
        (b"x", bytearray(b"x")),
        (b"abcd", memoryview(b"abcd").cast("B", (2, 2))),
        ([1, 2], deque([1, 2])),
        ([1], {1: 2}.keys()),
        ([2], {1: 2}.values()),
        (list(range(MAX_ITEMS)), range(10**30)),
        ({"1": [2], "None": {"b": None}}, UserDict({1: (2,), None: {"b": None}})),
        (f"<{__name__}.Plain object>", Plain()),
        ("<generator object count_up>", count_up()),
        ("<function count_up>", count_up),
    ],
    ids=kind_of,
)
def test_each_kind_of_value_becomes_one_that_can_be_exported(expected: object, value: object, spans: Spans) -> None:
    """In the span is the value as OTLP has it, and without addresses in it."""
    with operation("values") as block:
        block.set(value=value)
    told = spans.attributes("values")["value"]
    assert expected == json.loads(json.dumps(told)) if isinstance(expected, (list, dict)) else expected == told
    assert type(expected) is (list if isinstance(told, tuple) else type(told))


def test_nan_stays_nan(spans: Spans) -> None:
    """It is a number of floating point, which OTLP can carry."""
    with operation("values") as block:
        block.set(value=math.nan)
    assert math.isnan(spans.attributes("values")["value"])


@pytest.mark.parametrize("value", [count_up(), map(str, [1]), iter([1]), zip([1], [2], strict=True)])
def test_iterators_are_not_consumed(value: Iterator[object]) -> None:
    """The program gets all of its items."""
    clean_attributes({"value": value, "list": [value]})
    assert 1 == len(list(value))


METHODS = ["str", "repr", "iter", "len", "bool", "eq", "hash", "getattr", "getattribute", "getitem", "int", "float"]


def raising(*args: object) -> Any:
    raise UnspeakableError


class UnspeakableError(Exception):
    """Its own text cannot be had."""

    __str__ = __repr__ = lambda self: raising()


@pytest.mark.parametrize("base", [object, str, int, float, list, dict, set, bytearray, Exception, Mapping])
def test_objects_that_raise_whatever_is_asked_of_them_do_no_harm(base: type, spans: Spans) -> None:
    """As value, in a list, as key, and where a reserved name is refused; the program goes on."""
    methods = {f"__{name}__": raising for name in METHODS if name != "hash"} | {"items": raising, "keys": raising}
    odd = type("Odd", (base,), {**methods, "__class__": property(raising), "__abstractmethods__": frozenset()})()
    with OperationContext(odd=odd), operation("odd") as block:
        block.set(value=odd, more=[odd, {"a": odd}], after=1, **{"ops.kind": odd})
        block.event("event", value=odd)
    assert 1 == spans.attributes("odd")["after"]
    assert 1 == diagnostics()["attribute.refused"]


def test_an_object_that_cannot_be_read_is_told(spans: Spans, caplog: pytest.LogCaptureFixture) -> None:
    """In its place stands its type; the warning names that and the error."""

    class Odd:
        __str__ = __repr__ = raising

    with operation("odd") as block:
        block.set(value=Odd(), keyed={Odd(): 1})
    told = spans.attributes("odd")
    assert ("<unreadable Odd>", {"<unreadable Odd>": 1}) == (told["value"], told["keyed"])
    assert "a value of type Odd raised UnspeakableError" in caplog.text
    assert 2 == diagnostics()["attribute.unreadable"]


@pytest.mark.parametrize("kind", [SystemExit, GeneratorExit, CancelledError, BaseException])
def test_no_exit_that_a_value_asks_for_comes_through(kind: type[BaseException], spans: Spans) -> None:
    """Captured, set, as a key or as a result: the function runs, and the program goes on."""

    def leave(_: object) -> Any:
        raise kind(11)

    odd = type("Odd", (), {"__str__": leave, "__repr__": leave})()

    @operation("work", capture=["value"], record_result=True)
    def work(value: object) -> object:
        return value

    assert odd is work(odd)
    with operation("block", attributes={"static": odd}) as block:
        block.set(value=odd, keyed={odd: 1}, **{"ops.kind": odd})
    told = spans.attributes("work")
    assert ("<unreadable Odd>", "<unreadable Odd>") == (told["ops.arg.value"], told["ops.result"])
    told = spans.attributes("block")
    assert ["<unreadable Odd>", "<unreadable Odd>", {"<unreadable Odd>": 1}] == [
        told[key] for key in ("static", "value", "keyed")
    ]


def test_the_users_ctrl_c_comes_through(spans: Spans) -> None:
    """Also in the midst of reading a value."""

    class Slow:
        def __str__(self) -> str:
            raise KeyboardInterrupt

    with operation("work") as work, pytest.raises(KeyboardInterrupt):
        work.set(value=Slow())
    assert ["work"] == spans.names


@pytest.mark.parametrize("method", ["__hash__", "__getattribute__", "__eq__", "__instancecheck__", "__subclasscheck__"])
def test_a_class_that_raises_whatever_is_asked_of_it_does_no_harm(method: str, spans: Spans) -> None:
    """Its values, and those around them, are told."""
    methods: dict[str, Any] = {method: raising} | ({"__hash__": type.__hash__} if method == "__eq__" else {})
    meta = type("Meta", (type,), methods)
    odd = type.__call__(meta, "Odd", (), {})
    value = object.__new__(odd)

    @operation("work", capture=["value"], attributes={"static": value})
    def work(value: object) -> None: ...

    with OperationContext("run", user=value):
        work(value)
    told = spans.attributes("work")
    assert all("Odd" in str(told[key]) for key in ("static", "user.id", "ops.arg.value"))


def wide(depth: int) -> object:
    return {str(key): wide(depth - 1) for key in range(5)} if depth else [0.5] * 5


def endless() -> object:
    items: list[object] = []
    items.extend([items] * 50)
    return items


@pytest.mark.parametrize(
    "value",
    [
        "x" * 50_000_000,
        b"x" * 50_000_000,
        bytearray(50_000_000),
        ["x" * 10_000] * 1_000,
        {"x" * 10_000 + str(key): "y" for key in range(10)} | {"z": ["x" * 65_000] * 9},
        list(range(100_000)),
        endless(),
        wide(8),
        "\ud800" * 100_000,
    ],
    ids=["text", "bytes", "bytearray", "texts", "keys", "items", "endless", "wide", "surrogates"],
)
def test_what_is_kept_of_a_value_is_bounded(value: object, caplog: pytest.LogCaptureFixture) -> None:
    """By items and by characters of all that is in it; the warning names the attribute."""
    cleaned = clean_value(value, "series")
    assert MAX_TOTAL_TEXT + MAX_KEY >= text_in(cleaned)
    assert MAX_ITEMS >= items_in(cleaned)
    assert 1 == diagnostics()["attribute.cut"]
    assert "attribute 'series' of type" in caplog.text
    assert cleaned == clean_value(cleaned, "series")


def items_in(value: object) -> int:
    parts = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return len(parts) + sum(map(items_in, parts))


def text_in(value: object) -> int:
    if isinstance(value, dict):
        return sum(len(key) + text_in(item) for key, item in value.items())
    if isinstance(value, list):
        return sum(map(text_in, value))
    return len(value) if isinstance(value, (str, bytes)) else 0


def test_a_cut_text_says_how_long_it_was() -> None:
    """Its beginning is kept."""
    text = str(clean_value("a" * 20_000))
    assert (MAX_TEXT, f"aaa{CUT} (20000 characters)") == (len(text), text[-23:])


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.characters(categories=["Cs"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
)


@given(anything)
def test_cleaning_again_changes_nothing(value: object) -> None:
    """What is clean can be exported, and is the same when a token brings it to another process."""
    cleaned = clean_value(value)
    json.dumps(cleaned, default=bytes.hex, ensure_ascii=False).encode("utf-8")
    assert repr(cleaned) == repr(clean_value(cleaned))


@pytest.mark.parametrize(
    ("kept", "key"),
    [
        ("a\\udfff", "a\udfff"),
        ("k" * (MAX_KEY - 1) + CUT, "k" * 10_000),
        ("7", 7),
        ("None", None),
    ],
    ids=kind_of,
)
def test_keys_of_any_kind(kept: str, key: Any, spans: Spans) -> None:
    """They become text that can be exported, and not too long."""
    with operation("keys", attributes={key: 1}):
        pass
    assert 1 == spans.attributes("keys")[kept]
    assert {"plain": 1} == clean_attributes({Text("plain"): 1})


@pytest.mark.parametrize("key", ["", ".", "a.", "a..b", "ops.kind"])
def test_keys_that_nobody_may_use_are_refused(key: str, spans: Spans, caplog: pytest.LogCaptureFixture) -> None:
    """Empty ones, and those of ours; one warning names key and value, however big that is."""
    with operation("keys") as block:
        block.set(**{key: "x" * 10**6, "rows": 1})
        block.set(**{key: 2})
    assert {"ops.kind": "operation", "rows": 1} == spans.attributes("keys")
    (record,) = caplog.records
    assert f"attribute {key!r}='xxx" in record.getMessage()
    assert 2 == diagnostics()["attribute.refused"]


@pytest.mark.parametrize("attributes", [{"1": "a", 1: "b"}, {1: "b", "1": "a"}, {"a\\ud800": "a", "a\ud800": "b"}])
def test_of_keys_that_become_the_same_the_text_stays(attributes: Any, caplog: pytest.LogCaptureFixture) -> None:
    """The other is left out with a warning, in either order; so it is in a mapping, where the first stays."""
    assert ["a"] == list(clean_attributes(attributes).values())
    assert "='b' was left out: the name is already there" in caplog.text
    assert 1 == len(clean_value(attributes))  # type: ignore[arg-type] # a mapping
    assert 2 == diagnostics()["attribute.refused"]


def test_metadata_without_end_is_bounded(spans: Spans) -> None:
    """Of ten thousand values the first thousand are kept; odd names do no harm."""
    metadata = {"": 1, "a\ud800": 2, **{f"key{number}": number for number in range(10_000)}}
    with OperationContext(user="ada", **metadata) as context:  # type: ignore[arg-type] # metadata only
        pass
    assert MAX_ATTRIBUTES == len(context.values) - len({"session.id"})
    assert 10_000 + 3 - MAX_ATTRIBUTES == diagnostics()["attribute.refused"]


@pytest.mark.parametrize(
    ("first", "later", "kept"),
    [
        ("a", 7, "7"),
        ("a", True, "true"),
        ("a", 2.5, "2.5"),
        ("a", b"b\xff", "b\\xff"),
        ("a", ["b", 1, b"x"], '["b", 1, "x"]'),
        ("a", {"b": "ü"}, '{"b": "ü"}'),
        (1, "7", 7),
        (1, 2.0, 2),
        (1, 2.5, 2.5),
        (1, math.inf, math.inf),
        (1, True, 1),
        (0.5, 1, 1.0),
        (0.5, 2**53 + 1, 2**53 + 1),
        (0.5, "2.5", 2.5),
        ([1], [2.5], (2.5,)),
        ([1], [], ()),
        ([], ["a"], ("a",)),
        (None, "a", "a"),
        ("a", None, None),
    ],
)
def test_a_key_keeps_its_first_type(first: object, later: object, kept: object, spans: Spans) -> None:
    """A value of another is converted where nothing is lost; numbers mix; nothing has no type."""
    with operation("one") as one, operation("two") as two:
        one.set(rows=first)
        two.set(rows=later)
    told = spans.attributes("two")
    assert (kept, type(kept)) == (told["rows"], type(told["rows"]))
    assert {} == diagnostics()


@pytest.mark.parametrize(
    ("first", "later", "text"),
    [
        (1, "many", "many"),
        (1, "007", "007"),
        (1, 2**70, str(2**70)),
        (True, 1, "1"),
        (1, [1], "[1]"),
        ([1], 1, "1"),
        ([1], ["a"], '["a"]'),
        ({"a": 1}, "a", "a"),
        (b"x", "a", "a"),
    ],
)
def test_what_does_not_fit_goes_to_a_key_of_its_own(
    first: object, later: object, text: str, spans: Spans, caplog: pytest.LogCaptureFixture
) -> None:
    """As text; one warning a key names the key, both types and the value; each is counted."""
    with operation("one") as one, operation("two") as two:
        one.set(rows=first, cells=first)
        two.set(rows=later, after=1)
        two.set(rows=later)
        two.set(cells=later)
    told = spans.attributes("two")
    assert (text, text, 1, False) == (told["rows_text"], told["cells_text"], told["after"], "rows" in told)
    assert ["'rows'", "'cells'"] == [record.getMessage().split()[1] for record in caplog.records]
    assert 3 == diagnostics()["attribute.type"]


def test_a_key_of_its_own_may_be_taken(spans: Spans) -> None:
    """Then the value goes to one behind it, or is left out where that one is set, too."""
    with operation("one") as one:
        one.set(rows=1, rows_text=2)
        one.set(rows="many")
        one.set(cells=1, cells_text="a")
        one.set(cells="b", cells_text="c")
    told = spans.attributes("one")
    assert (1, 2, "many", "c") == (told["rows"], told["rows_text"], told["rows_text_text"], told["cells_text"])
    assert 1 == diagnostics()["attribute.refused"]


def test_declared_types_hold_from_the_start(spans: Spans) -> None:
    """The values that a context has by name are text, as the semantic conventions want it."""
    with OperationContext(user=7, series=10, file=Path("a.csv"), session=3.5), operation("work"):
        pass
    told = spans.attributes("work")
    assert ("7", "10", "a.csv", "3.5") == tuple(
        told[key] for key in ("user.id", "ops.series", "file.path", "session.id")
    )


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([{"a.b": 1, "a": 2}], {"a.b": 1, "a.value": 2}),
        ([{"a": 2, "a.b": 1, "a.b.c": "x"}], {"a": 2, "a_b": 1, "a_b_c": "x"}),
        ([{"a.b.c": 1}, {"a": 2}, {"a.b": 3}], {"a.b.c": 1, "a.value": 2, "a.b.value": 3}),
        ([{"a.b": 1, "a.value.c": 1}, {"a": 2}], {"a.b": 1, "a.value.c": 1, "a.value.value": 2}),
        ([{"a": {"x": 1}, "a.b": 1}], {"a": {"x": 1}, "a.b": 1}),
        ([{"a.b": 1, "a": {"x": 1}}], {"a.b": 1, "a": {"x": 1}}),
        ([{"a": 1, "ab.c": 1, "a_b": 2}], {"a": 1, "ab.c": 1, "a_b": 2}),
        ([{"file": "a.csv", "code": 3}], {"file": "a.csv", "code": 3}),
        ([{"user.id.hash": 1}], {"user.id_hash": 1}),
    ],
)
def test_no_key_is_the_beginning_of_another(given: list[Any], told: dict[str, object], spans: Spans) -> None:
    """Whichever comes later goes, as it is, to a key beside the other, in one call or many; mappings may stay."""
    with operation("work") as work:
        for attributes in given:
            work.set(**attributes)
    asked = told.keys() | {key for attributes in given for key in attributes}
    assert told == {key: value for key, value in spans.attributes("work").items() if key in asked}


def test_a_key_that_had_to_go_elsewhere_is_told_once(spans: Spans, caplog: pytest.LogCaptureFixture) -> None:
    """The warning names both keys and the new one; metadata stays metadata; each is counted."""
    metadata: dict[str, Any] = {"part": 1, "part.size": 2}
    with OperationContext("run", **metadata):
        for _ in range(3):
            with operation("work") as work:
                work.set(**{"a.b": 1, "a": 2})
    told = [record.getMessage() for record in caplog.records]
    assert ["'ops.meta.part.size' goes to 'ops.meta.part_size'", "'a' goes to 'a.value'"] == [
        text[len("attribute ") : text.index(",")] for text in told
    ]
    assert "beside 'a.b'" in told[1]
    assert 4 == diagnostics()["attribute.prefix"]


def test_results_keep_the_types_that_they_had() -> None:
    """Of all kinds, whatever others returned before: two functions share the key, and cannot choose another."""
    results: list[object] = [1, True, "a", [1.5, 2.5], {"b": 1}]
    cleaned = [clean_result(result) for result in results]
    assert [{"ops.result": result} for result in results] == cleaned
    assert [type(result) for result in results] == [type(result["ops.result"]) for result in cleaned]
    assert {"ops.arg.x": 1} == clean_attributes({"ops.arg.x": 1})
    assert {"ops.arg.x": "a"} == clean_attributes({"ops.arg.x": "a"})
    assert {} == diagnostics()
    assert {} == clean_attributes({"ops.result": 1})


def test_types_are_remembered_for_a_bounded_number_of_keys() -> None:
    """A program that makes up its keys fills no memory, and loses nothing."""
    for number in range(MAX_KEYS + 100):
        assert {f"key{number}": 1} == clean_attributes({f"key{number}": 1})
    assert MAX_KEYS == len(KEY_TYPES.first)
    assert {"another": "a"} == clean_attributes({"another": "a"})


def test_ten_threads_agree_on_the_type_of_each_key() -> None:
    """Whoever comes first decides, for all."""
    start = threading.Barrier(10)
    seen: list[tuple[str, type]] = []

    def work(value: object) -> None:
        start.wait()
        for number in range(200):
            seen.extend((key, type(item)) for key, item in clean_attributes({f"key{number}": value}).items())

    threads = [threading.Thread(target=work, args=([number] if number % 2 else b"x",)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 2_000 == len(seen)
    assert 400 == len(set(seen)) == len({key for key, _ in seen})
