"""Members of baggage: whatever a value holds, it comes out as it went in."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import baggage
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context

from otel_ops.attributes import clean_value
from otel_ops.propagation.members import fitting, pair, read_pair, text_of, value_of

NAMES = ["session.id", "user.id", "file.path", "ops.series"]
TEXTS = st.text(max_size=200) | st.sampled_from(
    ["7", "true", "null", '"', '"a"', "{}", " a ", "a,b;c=d", "%20", "+", ""]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.binary(max_size=50) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS | st.just("$bytes"), inner, max_size=4),
    max_leaves=8,
)


def crossed(name: str, text: str) -> Any:
    """Send a member by OpenTelemetry's own propagator."""
    headers: dict[str, str] = {}
    W3CBaggagePropagator().inject(headers, baggage.set_baggage(name, text, Context()))
    assert headers["baggage"].isascii()
    assert pair(name, text) == headers["baggage"]
    assert (name, text) == read_pair(headers["baggage"])
    return baggage.get_baggage(name, W3CBaggagePropagator().extract(headers, Context()))


@given(name=st.sampled_from(NAMES), value=TEXTS)
def test_named_values_are_text(name: str, value: str) -> None:
    """Any text comes out as it went in, and plain text stands in the header as other programs expect it."""
    text = text_of(name, clean_value(value))
    assert clean_value(value) == value_of(name, crossed(name, text))
    if value == value.strip() and not value.startswith('"'):
        assert clean_value(value) == text


@given(VALUES)
def test_metadata_keeps_its_type(value: object) -> None:
    """Numbers, truth, lists, tables, bytes, and text that looks like them."""
    cleaned = clean_value(value)
    assert repr(cleaned) == repr(value_of("ops.meta.x", crossed("ops.meta.x", text_of("ops.meta.x", cleaned))))


@pytest.mark.parametrize(("value", "text"), [(7, "7"), (True, "true"), (b"a", '{"$bytes":"YQ=="}')])
def test_named_values_that_are_no_text(value: Any, text: str) -> None:
    """They arrive as text."""
    assert (text, text) == (text_of("session.id", value), value_of("session.id", text))


@given(
    st.dictionaries(st.sampled_from([f"ops.meta.k{number}" for number in range(300)]), st.text(max_size=6_000)),
    st.lists(st.integers(0, 5_000), max_size=200),
)
def test_what_fits(members: dict[str, str], sizes: list[int]) -> None:
    """Beside others, never more than a header holds; and what could go in alone is only left out for want of room."""
    others = ["k=" + "x" * size for size in sizes]
    fit = fitting(members, others)
    header = [*others, *(pair(name, text) for name, text in fit.items())]
    assert not fit or (len(",".join(header)) <= 8_192 and len(header) <= 180)
    assert all(len(pair(name, text)) <= 4_096 for name, text in fit.items())
    left = [pair(name, members[name]) for name in members if name not in fit]
    assert all(len(member) > 4_096 or len(",".join([*header, member])) > 8_192 or len(header) >= 180 for member in left)
