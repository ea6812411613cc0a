"""The propagator around the program's own, which does the rest, and is left as it is where nothing is exchanged."""

from __future__ import annotations

from typing import Any

from opentelemetry import propagate
from opentelemetry.context import Context, get_current
from opentelemetry.propagators.textmap import Getter, Setter, TextMapPropagator, default_getter, default_setter

from otel_ops import faults
from otel_ops.propagation.exchange import Exchange, InForce
from otel_ops.propagation.hosts import host_called
from otel_ops.propagation.incoming import incoming
from otel_ops.propagation.outgoing import header_of, outgoing, withhold


class ContextPropagator(TextMapPropagator):
    """Does as another propagator does, and lets what is listed of a context cross with the baggage."""

    def __init__(self, inner: TextMapPropagator) -> None:
        self.inner = inner

    @property
    def fields(self) -> set[str]:
        """The fields that the other one sets."""
        return self.inner.fields

    def inject(self, carrier: Any, context: Context | None = None, setter: Setter[Any] = default_setter) -> None:
        """Write what crosses into a carrier, also in the place of what was written there for another host."""
        current = get_current() if context is None else context
        leaving, before = current, header_of(carrier)
        with faults.guarded("propagation.inject"):
            leaving = outgoing(current)
        self.inner.inject(carrier, leaving, setter)
        if before is not None and before == header_of(carrier):
            with faults.guarded("propagation.inject"):
                withhold(carrier, [host_called(current)], current)

    def extract(self, carrier: Any, context: Context | None = None, getter: Getter[Any] = default_getter) -> Context:
        """Read what has crossed from a carrier."""
        arrived = self.inner.extract(carrier, context, getter)
        with faults.guarded("propagation.extract"):
            return incoming(arrived)
        return arrived


def put_in_force(exchange: Exchange) -> None:
    """Wrap the global propagator where there is something to exchange; else put back what was wrapped."""
    InForce.exchange = exchange
    current = propagate.get_global_textmap()
    if not isinstance(current, ContextPropagator):
        if exchange.is_any:
            propagate.set_global_textmap(ContextPropagator(current))
    elif not exchange.is_any:
        propagate.set_global_textmap(current.inner)
