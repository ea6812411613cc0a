"""The context through environment variables: a program that another one has started goes on with its trace.

Source: OpenTelemetry specification, "Environment Variables as Context Propagation Carriers". The global propagator
writes and reads ``TRACEPARENT``, ``TRACESTATE`` and ``BAGGAGE``; what may cross in baggage, the settings say, as
everywhere. Beside them, a token in a variable of our own tells a program that uses otel_ops the values of the context.
"""

from __future__ import annotations

import os

from opentelemetry import propagate, trace
from opentelemetry.context import attach, get_current
from opentelemetry.propagators._envcarrier import EnvironmentGetter, EnvironmentSetter

from otel_ops import faults
from otel_ops.context import OperationContext
from otel_ops.core import tokens
from otel_ops.core.frame import FRAME_KEY, PROCESS, current_frame
from otel_ops.exceptions import InvalidTokenError

MAX_LENGTH = 8_192
"""Longest token in the environment, in characters: some systems bound all variables together to 32,767."""


def context_variables() -> dict[str, str]:
    """Give the environment variables by which a program that is started now goes on with the trace from here.

    ```python
    subprocess.run([sys.executable, "evaluate.py"], env={**os.environ, **context_variables()})
    ```

    ``TRACEPARENT`` is for all that heed OpenTelemetry's specification; ``BAGGAGE`` holds what the settings allow. A
    program that uses otel_ops is told the values of the `OperationContext`, too.

    Returns:
        Values by name; empty outside of all operations, contexts and spans.
    """
    variables: dict[str, str] = {}
    with faults.guarded("environment.inject"):
        propagate.inject(variables, setter=EnvironmentSetter())
        variables.update(_own_variable())
    return variables


def _own_variable() -> dict[str, str]:
    frame, span_context = current_frame(), trace.get_current_span().get_span_context()
    if frame is None:
        return {}
    around = OperationContext.current()
    level, values = (None, {}) if around is None else (around.level, dict(around.values))
    origin = tokens.Origin(span_context, None, values, PROCESS.id, level)
    token = tokens.encode(origin)
    if len(token) > MAX_LENGTH:
        names = faults.shortened(", ".join(values))
        told = f"the context's values are too long for the environment of another program, and were left out: {names}"
        faults.warn("environment.cut", told)
        token = tokens.encode(origin._replace(values={}))
    return {tokens.VARIABLE: token}


class _Beginning:
    """Whether this process has gone on from what its environment tells."""

    is_over = False


def go_on_from_environment() -> None:
    """Make what the environment tells current here, once in a process, unless something is current already."""
    if _Beginning.is_over or FRAME_KEY in get_current() or trace.get_current_span().get_span_context().is_valid:
        return
    _Beginning.is_over = True
    with faults.guarded("environment.extract"):
        attach(propagate.extract(os.environ, getter=EnvironmentGetter()))
        token = os.environ.get(tokens.VARIABLE)
        if token:
            _enter(token)


def _enter(token: str) -> None:
    """Enter the context of a token, unless a program in between, which knows nothing of it, has begun a span."""
    try:
        origin = tokens.decode(token)
    except InvalidTokenError as error:
        faults.warn("environment.unreadable", f"{tokens.VARIABLE} (environment): {error}")
        return
    told = trace.get_current_span().get_span_context()
    if not told.is_valid or told.span_id == origin.span_context.span_id:
        OperationContext.from_token(token).__enter__()
