"""The ids of traces and spans, drawn from a source that is nobody else's."""

from __future__ import annotations

from random import Random

from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

from otel_ops.forks import renew_in_children

_SPAN_BITS, _TRACE_BITS = 64, 128


class PrivateIdGenerator(RandomIdGenerator):
    """Draws ids from a source of its own, which the system has seeded.

    OpenTelemetry's draws from the one that ``random.seed`` sets: a program that seeds it would get other numbers than
    without us, and the same ids in each run.
    """

    def __init__(self) -> None:
        self.renew()
        renew_in_children(self)

    def renew(self) -> None:
        """Begin elsewhere: a child and its parent must not draw the same."""
        self._draw = Random().getrandbits

    def generate_span_id(self) -> int:
        """Draw the id of a span, which is never 0."""
        return self._draw(_SPAN_BITS) or self.generate_span_id()

    def generate_trace_id(self) -> int:
        """Draw the id of a trace, which is never 0."""
        return self._draw(_TRACE_BITS) or self.generate_trace_id()
