"""What crosses to other programs beside the trace: listed values of a context, to listed hosts, as W3C baggage."""

from otel_ops.propagation.exchange import Exchange
from otel_ops.propagation.propagator import ContextPropagator, put_in_force

__all__ = ["ContextPropagator", "Exchange", "put_in_force"]
