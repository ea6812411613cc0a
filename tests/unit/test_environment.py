"""The context as environment variables: what a program that is started is told."""

from __future__ import annotations

import random
from typing import Any

import pytest
from opentelemetry import trace

from otel_ops import OperationContext, context_variables, operation
from otel_ops.core import tokens
from otel_ops.testing import Spans


def test_there_is_nothing_to_tell_outside_of_everything(spans: Spans) -> None:
    """No variable is given where nothing is current."""
    assert {} == context_variables()


def test_the_variables_tell_the_current_operation(spans: Spans) -> None:
    """``TRACEPARENT`` and the token name the operation; the token has the values of the context."""
    with OperationContext("run", user="ada", detail="DETAILED"), operation("a"):
        variables = context_variables()
    (a, _) = spans
    own = a.context
    origin = tokens.decode(variables.pop(tokens.VARIABLE))

    assert own is not None
    assert {"TRACEPARENT": f"00-{own.trace_id:032x}-{own.span_id:016x}-{own.trace_flags:02x}"} == variables
    assert (own.trace_id, own.span_id, "ada") == (*origin.span_context[:2], origin.values["user.id"])
    assert "DETAILED" == origin.level.name  # type: ignore[union-attr] # it has one


def test_a_span_of_others_is_told_as_opentelemetry_tells_it(spans: Spans) -> None:
    """Outside of operations there is no token."""
    with trace.get_tracer("other").start_as_current_span("other"):
        assert ["TRACEPARENT"] == list(context_variables())


@pytest.mark.usefixtures("quiet")
def test_a_long_context_is_cut(spans: Spans) -> None:
    """A token that is too long for an environment goes without values."""
    plain: dict[str, Any] = {f"n{number}": f"{number}" * 4_000 for number in range(10)}
    with OperationContext("run", **plain), operation("a"):
        assert tokens.decode(context_variables()[tokens.VARIABLE]).values
    noise: dict[str, Any] = {f"n{number}": random.Random(number).randbytes(2_000).hex() for number in range(10)}
    with OperationContext("run", **noise), operation("a"):
        assert {} == tokens.decode(context_variables()[tokens.VARIABLE]).values
