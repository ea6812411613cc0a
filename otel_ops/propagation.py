"""What crosses to other programs beside the trace: the level of a context, as a member of W3C baggage.

Nothing leaves unless the settings name it, and the host that it goes to; nothing is heeded unless they say up to which
level. OpenTelemetry's own propagators do the rest, and are left as they are while the settings ask for nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from opentelemetry import baggage, propagate, trace
from opentelemetry.context import Context, get_current, set_value
from opentelemetry.propagators.textmap import Getter, Setter, TextMapPropagator, default_getter, default_setter

from otel_ops import faults
from otel_ops.context import context_of_caller
from otel_ops.core.frame import FRAME_KEY, current_frame
from otel_ops.detail import GATE, Detail
from otel_ops.semconv import BAGGAGE_DETAIL

_HOSTS = ("server.address", "net.peer.name")


class Exchange(NamedTuple):
    """What is exchanged with other programs.

    Attributes:
        members: The members of baggage that are sent.
        hosts: Globs for the hosts that they are sent to.
        accepted: The level up to which callers may raise that of their operations here.
    """

    members: Collection[str] = ()
    hosts: Collection[str] = ()
    accepted: Detail | None = None

    @property
    def is_any(self) -> bool:
        """Whether there is anything to be done."""
        return bool(self.members) or self.accepted is not None


class _InForce:
    """What is exchanged now, by every propagator of ours that is still in use somewhere."""

    exchange = Exchange()


class LevelPropagator(TextMapPropagator):
    """Does as another propagator does, and lets the level of a context cross with the baggage."""

    def __init__(self, inner: TextMapPropagator) -> None:
        self.inner = inner

    @property
    def fields(self) -> set[str]:
        """The fields that the other one sets."""
        return self.inner.fields

    def inject(self, carrier: Any, context: Context | None = None, setter: Setter[Any] = default_setter) -> None:
        """Write what crosses into a carrier."""
        outgoing = get_current() if context is None else context
        with faults.guarded("propagation.inject"):
            outgoing = _outgoing(outgoing, _InForce.exchange)
        self.inner.inject(carrier, outgoing, setter)

    def extract(self, carrier: Any, context: Context | None = None, getter: Getter[Any] = default_getter) -> Context:
        """Read what has crossed from a carrier."""
        incoming = self.inner.extract(carrier, context, getter)
        with faults.guarded("propagation.extract"):
            return _incoming(incoming, _InForce.exchange)
        return incoming


def _outgoing(context: Context, exchange: Exchange) -> Context:
    """Put the level of the nearest context into the baggage, or take out what came with it, where it must not cross."""
    if not exchange.is_any:
        return context
    frame = current_frame(context)
    level = None if frame is None or frame.around is None else frame.around.level
    if level is not None and BAGGAGE_DETAIL in exchange.members and _is_listed(_host_of(context), exchange.hosts):
        return baggage.set_baggage(BAGGAGE_DETAIL, level.name, context)
    return baggage.remove_baggage(BAGGAGE_DETAIL, context)


def _host_of(context: Context) -> str:
    """Name the host that is called; empty where the current span does not tell."""
    span = trace.get_current_span(context)
    attributes: Mapping[str, object] = getattr(span, "attributes", None) or {}
    is_client = getattr(span, "kind", None) in (trace.SpanKind.CLIENT, trace.SpanKind.PRODUCER)
    return next((str(attributes[key]) for key in _HOSTS if key in attributes), "") if is_client else ""


def _is_listed(host: str, globs: Iterable[str]) -> bool:
    return any(fnmatchcase(host.lower(), glob.lower()) for glob in globs)


def _incoming(context: Context, exchange: Exchange) -> Context:
    """Let a caller raise the level of what runs under this Context; nobody can lower it, lest work be hidden."""
    asked = baggage.get_baggage(BAGGAGE_DETAIL, context)
    if asked is None or exchange.accepted is None or FRAME_KEY in context:
        return context
    try:
        level = min(Detail.parse(asked), exchange.accepted)  # type: ignore[arg-type] # refuses what is no text
    except ValueError as error:
        faults.warn("baggage.refused", f"a caller's baggage member {BAGGAGE_DETAIL} was not heeded: {error}")
        return baggage.remove_baggage(BAGGAGE_DETAIL, context)
    return context if level <= GATE.level else set_value(FRAME_KEY, context_of_caller(level), context)


def exchange_levels(exchange: Exchange) -> None:
    """Wrap the global propagator where there is something to exchange; else put back what was wrapped."""
    _InForce.exchange = exchange
    current = propagate.get_global_textmap()
    if not isinstance(current, LevelPropagator):
        if exchange.is_any:
            propagate.set_global_textmap(LevelPropagator(current))
    elif not exchange.is_any:
        propagate.set_global_textmap(current.inner)
