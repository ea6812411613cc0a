"""YAML of the collector's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_ops.collector import yaml_text
from otel_ops.exceptions import CollectorError

_SCALARS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])),
    st.integers(),
    st.booleans(),
    st.none(),
    st.sampled_from(["${env:A:-b}", "0s", "yes", "1:30", "[x]", "#", "a: b", "$$x", "'", '"']),
)
BEYOND = "any.yaml: more than 100 levels deep, 1,000,000 values long, or part of itself; split it"
_KEYS = st.text(st.characters(codec="ascii", categories=["L", "N"], include_characters="/_-"), min_size=1)


def _inside(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3)


_MAPS = st.dictionaries(_KEYS, st.recursive(_SCALARS, _inside, max_leaves=8), max_size=4)


@given(_MAPS)
def test_what_is_written_is_read_again(content: dict[str, object]) -> None:
    """Reading what was written gives the same."""
    assert content == yaml_text.load(yaml_text.dump(content), "any.yaml")


def test_texts_are_read_as_the_collector_reads_them() -> None:
    """Words and times of YAML 1.1 are texts, as they are for the collector; nothing at all is an empty map."""
    assert {"a": "yes", "b": "1:30"} == yaml_text.load("a: yes\nb: 1:30\n", "any.yaml")
    assert {} == yaml_text.load("# nothing\n", "any.yaml")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\nb: [\n", "any.yaml:3:"),
        ("- a\n", "any.yaml: no map of sections"),
        ("7\n", "any.yaml: no map of sections"),
        ("a: \x00\n", "any.yaml: no YAML"),
        ("a: *b\n", "any.yaml:1: found undefined alias"),
        ("a: &a\n  b: *a\n", BEYOND),
        (f"a: {'[' * 101}{']' * 101}\n", BEYOND),
        (f"a: {'[' * 3000}{']' * 3000}\n", BEYOND),
        ("".join(f"a{n}: &a{n} [{f'*a{n - 1},' * 9 if n else ''}]\n" for n in range(9)), BEYOND),
    ],
)
def test_what_is_no_configuration_is_refused_with_its_line(text: str, told: str) -> None:
    """The message has file and line."""
    with pytest.raises(CollectorError) as raised:
        yaml_text.load(text, "any.yaml")
    assert str(raised.value).startswith(told)


def test_a_key_that_is_there_twice_is_told_without_what_it_holds() -> None:
    """It may be a secret."""
    with pytest.raises(CollectorError) as raised:
        yaml_text.load("a: 1\napi_key: s3cret\napi_key: s3cret\n", "any.yaml")
    assert 'any.yaml:3: found duplicate key "api_key"; the collector would refuse it, too' == str(raised.value)


def test_aliases_and_keys_are_written_out() -> None:
    """What an alias names is a copy, as of a file that says it twice; keys are texts, as for the collector."""
    content = yaml_text.load("a: &a {b: [1]}\nc: *a\n7: {<<: *a, d: 2}\n", "any.yaml")
    assert {"a": {"b": [1]}, "c": {"b": [1]}, "7": {"b": [1], "d": 2}} == content
    assert content["a"] is not content["c"]


def test_a_key_has_a_line() -> None:
    """The line is that of the last key that is there; keys below an alias have the lines of what it names."""
    lines = yaml_text.lines_of("# comment\na: &a\n  b: {c: 1}\n  d: [1]\ne: *a\n")
    expected = {("a",): 2, ("a", "b", "c"): 3, ("a", "b", "x"): 3, ("e",): 5, ("e", "d"): 4, ("x", "b"): None}
    assert expected == {path: yaml_text.line_of(lines, path) for path in expected}


def test_lines_of_many_aliases_are_found_once_each() -> None:
    """What is named again and again is not looked through again and again."""
    text = "".join(
        f"a{n}: &a{n} {{{', '.join(f'b{i}: *a{n - 1}' for i in range(9)) if n else ''}}}\n" for n in range(9)
    )
    assert 2 == yaml_text.line_of(yaml_text.lines_of(text), ("a8", *["b0"] * 8))
