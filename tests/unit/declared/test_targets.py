"""The grammar of targets, and which modules and names they mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_ops.declared import parse_target
from otel_ops.declared.targets import fits

NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
SEGMENTS = NAMES | st.sampled_from(["*", "load_*", "?ead", "[a-c]x", "_*"])


@pytest.mark.parametrize(
    ("text", "module", "path"),
    [
        ("package.module:function", ("package", "module"), ("function",)),
        (" module : Class.* ", ("module",), ("Class", "*")),
        ("module:Outer.Inner.__call__", ("module",), ("Outer", "Inner", "__call__")),
        ("package.**", ("package", "**"), ("**",)),
        ("module", ("module",), ("**",)),
        ("package.**:Parser.parse_[a-f]*", ("package", "**"), ("Parser", "parse_[a-f]*")),
        ("grüße:lädt", ("grüße",), ("lädt",)),
    ],
)
def test_a_target_has_a_module_and_a_path(text: str, module: tuple[str, ...], path: tuple[str, ...]) -> None:
    """What stands before the colon is the module, what comes after it the path; without one, all is meant."""
    assert (module, path) == parse_target(text)[1:]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "'' where a name"),
        ("module:", "'' where a name"),
        (":function", "'' where a name"),
        ("a..b", "'' where a name"),
        ("a:b:c", "'b:c' where a name"),
        ("package.mod ule:x", "'mod ule'"),
        ("module:function()", "'function()'"),
        ("module:make.<locals>.inner", "'<locals>'"),
        ("module:3d", "'3d'"),
        ("module:a[", "'a['"),
        ("module:x**", "'x**'"),
        ("*:main", "must begin with the name of a package"),
        ("**", "must begin with the name of a package"),
        ("module:**.run", "it stands at its end"),
        ("tool.py:main", "the name of a file"),
        ("src/tool:main", "the name of a file"),
        ("otel_ops.faults:count", "name callables of the program"),
        ("opentelemetry.**", "name callables of the program"),
        ("threading:Thread.start", "name callables of the program"),
        ("builtins:open", "name callables of the program"),
    ],
)
def test_what_is_no_target_is_refused_with_what_would_be(text: str, told: str) -> None:
    """The message shows the part that is wrong, and how to write a target."""
    with pytest.raises(ValueError) as raised:
        parse_target(text)

    assert told in str(raised.value)


@pytest.mark.parametrize(
    ("target", "modules", "others"),
    [
        ("app.core:run", ["app.core"], ["app", "app.core.more", "apps.core"]),
        ("app.**", ["app", "app.core", "app.io.files"], ["apps", "app._private", "app._private.x", "app.__main__"]),
        ("app.*:run", ["app.core"], ["app", "app.io.files", "app._private"]),
        ("app.**.models", ["app.models", "app.x.y.models"], ["app", "app.models.x"]),
        ("app._private.**", ["app._private", "app._private.x"], ["app", "app._private._more"]),
        ("app._*", ["app._private"], ["app.core", "app.__main__"]),
        ("app.__main__:main", ["app.__main__"], ["app"]),
    ],
)
def test_which_modules_a_target_is_about(target: str, modules: list[str], others: list[str]) -> None:
    """A star stands for one segment, two for any number; private ones need to be named."""
    selects = parse_target(target).selects

    assert modules == [name for name in [*modules, *others] if selects(name)]


@pytest.mark.parametrize(
    ("segment", "names", "others"),
    [
        ("*", ["load", "x"], ["_load", "__init__"]),
        ("_*", ["_load", "__mangled"], ["load", "__init__"]),
        ("__init__", ["__init__"], ["__call__", "init"]),
        ("load_?", ["load_a"], ["load_", "load_ab", "Load_a"]),
        ("[!a]x", ["bx"], ["ax"]),
    ],
)
def test_which_names_a_segment_means(segment: str, names: list[str], others: list[str]) -> None:
    """Globs mean public names, unless they begin with an underscore; special names are named or not meant."""
    assert names == [name for name in [*names, *others] if fits(segment, name)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("module:function", True),
        ("module:Class.*", True),
        ("module:Class.method", True),
        ("module:*", False),
        ("module:Class.get_*", False),
        ("package.*:function", False),
        ("package", False),
    ],
)
def test_which_targets_can_have_a_name(text: str, expected: bool) -> None:
    """One callable can be called by a name, and so can the methods of one class."""
    assert expected == parse_target(text).is_one


@given(module=st.lists(SEGMENTS, max_size=3), root=NAMES, path=st.lists(SEGMENTS, min_size=1, max_size=3))
def test_what_is_written_by_the_grammar_can_be_read(module: list[str], root: str, path: list[str]) -> None:
    """Names and globs come out as they went in, and a target without globs selects its own module."""
    target = parse_target(f"{'.'.join([root, *module])}:{'.'.join(path)}")

    assert ((root, *module), tuple(path)) == target[1:]
    assert target.module_name is None or target.selects(target.module_name)


@given(st.text(max_size=30))
def test_any_text_is_a_target_or_refused(text: str) -> None:
    """Nothing but a ValueError that says something comes of a text."""
    try:
        target = parse_target(text)
    except ValueError:
        return
    assert text.strip() == target.text
