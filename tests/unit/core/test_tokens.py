"""Tokens: whatever a context holds, its token can be read, and gives the same values."""

import base64
import json
import math
import os
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.trace import INVALID_SPAN_CONTEXT

from otel_ops import OperationContext, diagnostics, operation
from otel_ops.attributes import Value, clean_value
from otel_ops.attributes.key_types import KEY_TYPES
from otel_ops.core.tokens import MAX_LENGTH, Origin, decode, encode
from otel_ops.testing import Spans

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["$bytes", "$", "$$bytes"]), inner),
).map(clean_value)


@given(values)
def test_every_value_survives(value: Value) -> None:
    """Bytes, floats and nested values, too; so does text that looks like the way in which bytes are written."""
    attributes = {"ops.meta.value": value}
    KEY_TYPES.reset()
    origin = Origin(INVALID_SPAN_CONTEXT, None, attributes, 1)
    assert repr(attributes) == repr(decode(encode(origin)).values)


@pytest.mark.parametrize("value", [math.inf, -math.inf, -0.0, 1e300, 5e-324])
def test_every_number_survives(value: float) -> None:
    """With its sign, and where it has no end."""
    origin = Origin(INVALID_SPAN_CONTEXT, None, {"ops.meta.value": value}, 1)
    assert repr(value) == repr(decode(encode(origin)).values["ops.meta.value"])


def test_bytes_reach_spans_behind_a_token(spans: Spans) -> None:
    """They stay bytes."""
    with OperationContext("run", raw=b"\x00\xff", nested={"$bytes": [b"x"]}) as run:
        token = run.to_token()
    with OperationContext.from_token(token), operation("work"):
        pass
    told = spans.attributes("work")
    assert (b"\x00\xff", {"$bytes": (b"x",)}) == (told["ops.meta.raw"], told["ops.meta.nested"])


def written_before(values: dict[str, object]) -> str:
    """Write a token as the first version did."""
    packed = zlib.compress(json.dumps({"v": values, "n": "run", "p": 7}).encode(), 9)
    raw = zlib.crc32(packed).to_bytes(4, "big") + packed
    return "ops1." + base64.urlsafe_b64encode(raw).decode().rstrip("=")


def test_tokens_of_the_first_version_are_read() -> None:
    """Their values are as they stand, whatever their keys begin with."""
    values: dict[str, Any] = {
        "user.id": "ada",
        "ops.meta.a": {"$bytes": "AA==", "$x": 1},
        "ops.meta.b": [1, 2.5, None, "00ff"],
    }
    assert Origin(decode(written_before({})).span_context, "run", values, 7) == decode(written_before(values))


def test_of_too_much_the_largest_metadata_is_left_out(spans: Spans, caplog: pytest.LogCaptureFixture) -> None:
    """The token can be read and has all that fits; one warning names what has not."""
    noise = {f"noise{number}": os.urandom(6_000).hex() for number in range(12)}
    with OperationContext("run", user="ada", file="a.csv", series="x", batch=7, **noise) as run:  # type: ignore[arg-type]
        token = run.to_token()
    with OperationContext.from_token(token) as there, operation("work"):
        pass
    kept = {key: value for key, value in run.values.items() if key in there.values}
    assert kept == there.values
    assert {"user.id", "file.path", "ops.series", "session.id", "ops.meta.batch"} < kept.keys()
    assert 0.8 * MAX_LENGTH < len(token) <= MAX_LENGTH
    assert spans.named("run").context.trace_id == spans.named("work").context.trace_id
    (record,) = caplog.records
    assert "left out: ops.meta.noise" in record.getMessage()
    assert 1 == diagnostics()["token.cut"]


def test_who_and_which_file_is_never_left_out(caplog: pytest.LogCaptureFixture) -> None:
    """Where even these are too long, they are cut."""
    named = {key: os.urandom(8_000).hex() + key for key in ("session", "user", "file", "series")}
    everywhere = "".join(chr(int.from_bytes(os.urandom(2), "big") % 50_000 + 0x10000) for _ in range(16_000))
    with OperationContext(everywhere, noise="x", **named) as run:  # type: ignore[arg-type] # by name
        there = OperationContext.from_token(run.to_token())
    assert run.values.keys() - {"ops.meta.noise"} == there.values.keys()
    for key, value in there.values.items():
        assert str(run.values[key]).startswith(str(value)[:-1])
    assert {"token.cut": 2} == diagnostics()


def test_what_packs_small_may_still_be_too_much() -> None:
    """A token does not unpack to more than is read."""
    with OperationContext(**{f"key{number}": "x" * 16_000 for number in range(200)}) as run:  # type: ignore[arg-type]
        there = OperationContext.from_token(run.to_token())
    assert 60 < len(there.values) < 70
