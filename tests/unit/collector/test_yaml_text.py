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
        ("a: 1\nb: 2\na: 3\n", "any.yaml:3: found duplicate key"),
        ("- a\n", "any.yaml: a list where the collector needs a map"),
        ("a: \x00\n", "any.yaml: no YAML"),
    ],
)
def test_what_is_no_configuration_is_refused_with_its_line(text: str, told: str) -> None:
    """The message has file and line."""
    with pytest.raises(CollectorError) as raised:
        yaml_text.load(text, "any.yaml")
    assert str(raised.value).startswith(told)


def test_a_key_has_a_line() -> None:
    """The line is that of the last key that is there."""
    text = "# comment\na:\n  b: {c: 1}\n  d: [1]\n"
    assert (2, 3, 3) == tuple(yaml_text.line_of(text, path) for path in [("a",), ("a", "b", "c"), ("a", "b", "x")])
    assert yaml_text.line_of(text, ("x", "b")) is None
