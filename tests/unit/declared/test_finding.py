"""What targets find in a module, and what they say of what is not there."""

from __future__ import annotations

import pytest

from otel_ops.declared import parse_target
from otel_ops.declared.finding import MissingTargetError, sites_in
from tests.unit.declared.conftest import Load, Write

MODULES = {
    "found": """
        import functools
        from math import sqrt
        from found import _hidden
        from found._hidden import exported, Exported, _kept
        from found.other import elsewhere, Elsewhere

        LIMIT = 3
        shout = str.upper

        def load_a(): ...
        def load_b(): ...
        async def wait(): ...
        def _private(): ...
        loads = load_a

        @functools.lru_cache
        def cached(): ...

        class Base:
            def __init__(self): ...
            def run(self): ...
            def walk(self): ...
            def _step(self): ...
            @property
            def size(self): return 1
            @staticmethod
            def make(): ...
            borrowed = load_a
            class Inner:
                def run(self): ...
                class Innermost:
                    def rest(self): ...

        class Derived(Base):
            def more(self): ...

        class Empty: ...
        class _Private:
            def run(self): ...

        def __getattr__(name):
            raise AttributeError(name)
    """,
    "found._hidden": """
        def exported(): ...
        def unexported(): ...
        def _kept(): ...
        class Exported:
            def run(self): ...
    """,
    "found.other": """
        def elsewhere(): ...
        class Elsewhere:
            def run(self): ...
    """,
}


@pytest.fixture
def names(write: Write, load: Load) -> object:
    """Give the names of what a target finds."""
    write(MODULES)

    def names(target: str) -> list[str]:
        parsed = parse_target(target)
        sites = sites_in(load(parsed.module_name or parsed.root), parsed)
        return [f"{getattr(site.owner, '__qualname__', '')}.{site.name}".strip(".") for site in sites]

    return names


FUNCTIONS = ["exported", "load_a", "load_b", "wait", "loads", "cached"]
METHODS = ["Exported.run", "Base.run", "Base.walk", "Base.make", "Derived.more"]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("found:load_a", ["load_a"]),
        ("found:_private", ["_private"]),
        ("found:sqrt", ["sqrt"]),
        ("found:elsewhere", ["elsewhere"]),
        ("found:load_*", ["load_a", "load_b"]),
        ("found:_*", ["_kept", "_private", "_Private.run"]),
        ("found:*", FUNCTIONS + METHODS),
        ("found", [*FUNCTIONS, *METHODS[:4], "Base.Inner.run", "Base.Inner.Innermost.rest", "Derived.more"]),
        ("found:Base", ["Base.run", "Base.walk", "Base.make"]),
        ("found:Base.*", ["Base.run", "Base.walk", "Base.make"]),
        ("found:Base.r*", ["Base.run"]),
        ("found:Base._step", ["Base._step"]),
        ("found:Base.__init__", ["Base.__init__"]),
        ("found:Base.size", ["Base.size"]),
        ("found:Base.Inner", ["Base.Inner.run"]),
        ("found:Base.Inner.run", ["Base.Inner.run"]),
        ("found:Base.**", ["Base.run", "Base.walk", "Base.make", "Base.Inner.run", "Base.Inner.Innermost.rest"]),
        ("found:Derived.walk", ["Derived.walk"]),
        ("found:*.run", ["Exported.run", "Base.run", "Derived.run"]),
        ("found:[BD]*.__init__", ["Base.__init__", "Derived.__init__"]),
        ("found:Elsewhere", ["Elsewhere.run"]),
        ("found.**:nothing_*", []),
    ],
)
def test_what_a_target_finds(names: object, target: str, expected: list[str]) -> None:
    """Globs take public functions and methods where they are defined; names take what they name."""
    assert sorted(expected) == sorted(names(target))  # type: ignore[operator]


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("found:laod_a", "found:laod_a is not there before it is asked for; name the module that defines it"),
        ("found._hidden:exportd", "found._hidden:exportd is not there; did you mean found._hidden:exported?"),
        ("found._hidden:zzz", "found._hidden:zzz is not there; name something that is"),
        ("found:Base.rnu", "found:Base.rnu is not there; did you mean found:Base.run?"),
        ("found:load_a.run", "found:load_a is no class; nothing in it can be named"),
        ("found:Empty", "found:Empty has no public method of its own that fits"),
        ("found:Base.zz*", "found:Base has no public method of its own that fits"),
        ("found:other", "found:other is a module; write found.other:** for what is in it"),
    ],
)
def test_what_is_not_there_is_told_with_the_nearest_name(names: object, target: str, told: str) -> None:
    """Each message says what to write instead."""
    with pytest.raises(MissingTargetError) as raised:
        names(target)  # type: ignore[operator]

    assert told in str(raised.value)
