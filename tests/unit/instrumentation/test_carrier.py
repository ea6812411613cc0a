"""The base of carriers: patches that can be taken back, whatever others have done meanwhile."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from otel_ops import diagnostics
from otel_ops_instrumentation.carrier import Carrier, Patch, Replacement

NAME = "a_library_of_tests"


class Library(ModuleType):
    """What is patched."""

    def __init__(self) -> None:
        super().__init__(NAME)

    @staticmethod
    def spoken(words: str) -> str:
        """Say it."""
        return words


def _twice(original: Callable[..., str], words: str) -> str:
    return original(words) * 2


class Twice(Carrier):
    """Has a function say everything twice."""

    modules = (NAME,)

    def _patches(self, module: Any) -> tuple[Patch, ...]:
        return (Patch(module, "spoken", _twice),)


class Broken(Carrier):
    """Cannot find what it patches."""

    modules = (NAME,)

    def _patches(self, module: Any) -> tuple[Patch, ...]:
        return (Patch(module, "gone", _twice),)


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    """Import a library."""
    library = Library()
    library.spoken = Library.spoken  # type: ignore[method-assign] # as a module has it
    monkeypatch.setitem(sys.modules, NAME, library)
    return library


@pytest.fixture
def twice() -> Iterator[Carrier]:
    """Make a carrier, and take it out at the end."""
    carrier = Twice()
    yield carrier
    carrier.uninstrument()


def test_what_is_imported_is_patched_and_left_as_it_was(library: Library, twice: Carrier) -> None:
    """Instrumenting again changes nothing; taken out, the function itself is there."""
    before = library.spoken
    for _ in range(2):
        twice.instrument()
        assert ("hi" * 2, "Say it.") == (library.spoken("hi"), library.spoken.__doc__)
    for _ in range(2):
        twice.uninstrument()
        assert before is library.spoken


def test_what_auto_instrumentation_asks_is_left_to_our_instrumentor(library: Library, twice: Carrier) -> None:
    """It asks each instrumentor by itself, without our settings."""
    twice.instrument(skip_dep_check=True)

    assert "hi" == library.spoken("hi")


def test_what_others_put_around_stays(library: Library, twice: Carrier) -> None:
    """Taken out from under it, ours does nothing; put in again, it is there once."""
    twice.instrument()
    ours = library.spoken
    library.spoken = lambda words: f"<{ours(words)}>"  # type: ignore[method-assign]
    assert "<hihi>" == library.spoken("hi")

    twice.uninstrument()
    assert "<hi>" == library.spoken("hi")
    twice.instrument()
    assert "<hihi>" == library.spoken("hi")


def test_a_library_that_is_imported_later(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, twice: Carrier) -> None:
    """It is patched once its module has run, unless the carrier is out by then."""
    (tmp_path / f"{NAME}.py").write_text("def spoken(words):\n    return words\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, NAME, raising=False)
    twice.instrument()

    assert "hihi" == __import__(NAME).spoken("hi")
    monkeypatch.delitem(sys.modules, NAME)


def test_a_library_that_has_changed(library: Library, quiet: None) -> None:
    """What cannot be patched is left as it is, and told of."""
    Broken().instrument()

    assert ("hi", 1) == (library.spoken("hi"), diagnostics()["carrier.failed"])
    Broken().uninstrument()


def test_an_inherited_method_is_inherited_again(library: Library) -> None:
    """A patch of a class does not outlive it there."""

    class Derived(Library):
        pass

    patch = Patch(Derived, "spoken", lambda original, _, words: _twice(original, words))
    patch.put_in()
    assert "spoken" in vars(Derived)
    patch.take_out()

    assert "spoken" not in vars(Derived)


def test_a_class_is_replaced(library: Library) -> None:
    """What is made of it takes its place."""
    module = ModuleType("module")
    module.Thing = Library  # type: ignore[attr-defined]
    patch = Replacement(module, "Thing", lambda original: type("Thing", (original,), {}))
    patch.put_in()
    assert issubclass(module.Thing, Library)
    assert Library is not module.Thing
    patch.take_out()

    assert Library is module.Thing
