"""Packages that tests write, and operations that they declare in them."""

from __future__ import annotations

import importlib
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from otel_ops.declared.declarations import Declarations
from otel_ops.settings.operations import read_operation

Write = Callable[..., None]
Declare = Callable[..., Declarations]
Load = Callable[[str], ModuleType]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write modules, given by dotted name, that can be imported until the test ends."""
    roots: set[str] = set()
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    def write(modules: dict[str, str]) -> None:
        roots.update(name.partition(".")[0] for name in modules)
        for name, text in modules.items():
            is_package = any(other.startswith(f"{name}.") for other in modules)
            path = tmp_path.joinpath(*name.split("."), *(["__init__"] if is_package else []))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.with_name(f"{path.name}.py").write_text(textwrap.dedent(text), encoding="utf-8")
        importlib.invalidate_caches()

    yield write
    for name in [name for name in sys.modules if name.partition(".")[0] in roots]:
        del sys.modules[name]


@pytest.fixture
def load() -> Load:
    """Import a module by its name."""
    return importlib.import_module


@pytest.fixture
def declare() -> Iterator[Declare]:
    """Declare operations, as settings give them, until the test ends."""
    declared: list[Declarations] = []

    def declare(*operations: Any) -> Declarations:
        declared.append(Declarations([read_operation(operation) for operation in operations]))
        declared[-1].put_in()
        return declared[-1]

    yield declare
    for one in reversed(declared):
        one.take_back()
