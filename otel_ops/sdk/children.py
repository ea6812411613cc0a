"""What a process that is spawned is set up with: the settings in force in its parent, as far as they can be sent."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from otel_ops import faults
from otel_ops.detail import GATE, Detail, DetailRule
from otel_ops.sdk.setup import AT_WORKER_END, SETUP
from otel_ops.settings import LoadedSettings

_OBJECTS = ("outputs", "error_handlers")
"""The settings that may hold ready objects."""

_REREAD: dict[str, Any] = {"watch": False, "reload_signal": None}
"""The settings that have others read again, and what they are where that cannot be done."""


class Inheritance(NamedTuple):
    """What is in force in one process, to be put in force in another.

    Attributes:
        loaded: The settings, without those that may hold ready objects.
        objects: Each of these objects, pickled by itself, since it may be one that the other process cannot have.
        read: What reads the settings again, pickled; empty where they are not read again.
        level: The level of detail, as it is now.
        rules: The rules of detail, but those for one context.
    """

    loaded: LoadedSettings
    objects: Mapping[str, tuple[bytes, ...]]
    read: bytes
    level: Detail
    rules: tuple[DetailRule, ...]


def inheritance() -> Inheritance | None:
    """Give what is in force in this process, to be sent to a child; None where `configure` was not called.

    What cannot be pickled is left out, with one warning.
    """
    now = SETUP.in_force
    if now is None:
        return None
    with _Packing() as packing:
        settings = now.settings
        objects = {key: tuple(packing.each(key, getattr(settings, key))) for key in _OBJECTS}
        read = packing.one(", ".join(_REREAD), now.read) if settings.watch or settings.reload_signal else b""
    left_out: dict[str, Any] = {**dict.fromkeys(_OBJECTS, ()), **({} if read else _REREAD)}
    plain = replace(settings, **left_out)
    loaded = now.loaded._replace(settings=plain, origins={}, refused=frozenset(), problems=(), entries=())
    rules = tuple(entry.rule for entry in GATE.rules().entries if entry.context is None)
    return Inheritance(loaded, objects, read, GATE.level, rules)


class _Packing:
    """Pickles what can be pickled, and tells of the rest at its end."""

    def __init__(self) -> None:
        self._left_out: list[str] = []

    def __enter__(self) -> _Packing:
        return self

    def __exit__(self, *_: object) -> None:
        if self._left_out:
            told = "; ".join(self._left_out)
            remedy = "give names instead of objects, or call configure() in the child"
            faults.warn("child.settings", f"spawned processes go without what cannot be pickled: {told}; {remedy}")

    def each(self, key: str, values: Iterable[object]) -> Iterator[bytes]:
        """Pickle values one by one."""
        for index, value in enumerate(values):
            packed = self.one(f"{key}[{index}]", value)
            if packed:
                yield packed

    def one(self, key: str, value: object) -> bytes:
        """Pickle a value; give nothing where that cannot be done."""
        try:
            return pickle.dumps(value)
        except Exception as error:  # noqa: BLE001 - an object of somebody else's may raise anything
            self._left_out.append(f"{key} ({faults.described(error)})")
            return b""


def set_up_as_parent(given: Inheritance) -> None:
    """Put in force here what is in force in the parent of this process, unless its own code has called `configure`."""
    with faults.guarded("child.setup"), _inside(given.loaded.folder):
        objects: dict[str, Any] = {key: tuple(_unpacked(key, packed)) for key, packed in given.objects.items()}
        settings = replace(given.loaded.settings, **objects)
        loaded = given.loaded._replace(settings=settings)
        SETUP.be_given(loaded, _reading(given.read, loaded))
        AT_WORKER_END.begin()
        if SETUP.is_given:
            GATE.put(given.level, given.rules)


def _unpacked(key: str, packed: Iterable[bytes]) -> Iterator[object]:
    for each in packed:
        try:
            yield pickle.loads(each)
        except Exception as error:  # noqa: BLE001 - an object of somebody else's may raise anything
            told = f"an object of the parent's setting {key} cannot be had in this process: {faults.described(error)}"
            faults.warn("child.settings", f"{told}; define its class in a module that both import", about=key)


def _reading(packed: bytes, loaded: LoadedSettings) -> Callable[[], LoadedSettings]:
    read: Callable[[], LoadedSettings] = pickle.loads(packed) if packed else lambda: loaded
    return read


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """Be where the parent was when it was set up: relative paths begin there, not where this process was started."""
    here = Path.cwd()
    with suppress(OSError):  # without it, relative paths begin here
        os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(here)
