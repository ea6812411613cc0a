"""What comes in: what a caller has sent becomes the context of what runs for it, as far as it is listed."""

from __future__ import annotations

from collections.abc import Iterable

from opentelemetry import baggage
from opentelemetry.context import Context, set_value

from otel_ops import faults
from otel_ops.context import context_of_caller
from otel_ops.core.frame import FRAME_KEY
from otel_ops.detail import GATE, Detail
from otel_ops.propagation.exchange import InForce, with_taken_over
from otel_ops.propagation.members import values_received
from otel_ops.semconv import BAGGAGE_DETAIL


def incoming(context: Context) -> Context:
    """Put the caller's context into what was read; an operation that is around already decides for itself."""
    exchange = InForce.exchange
    if not exchange.is_any or FRAME_KEY in context:
        return context
    context, level = _level_asked(context, exchange.accepted)
    taken = _listed(context, exchange.members)
    if taken:
        context = with_taken_over(taken, context)
    elif level is None:
        return context
    return set_value(FRAME_KEY, context_of_caller(level, values_received(taken)), context)


def _listed(context: Context, names: Iterable[str]) -> dict[str, str]:
    found = {name: baggage.get_baggage(name, context) for name in names if name != BAGGAGE_DETAIL}
    return {name: text for name, text in found.items() if isinstance(text, str) and text}


def _level_asked(context: Context, accepted: Detail | None) -> tuple[Context, Detail | None]:
    """Let a caller raise the level of what runs for it; nobody can lower it, lest work be hidden."""
    asked = baggage.get_baggage(BAGGAGE_DETAIL, context)
    if asked is None or accepted is None:
        return context, None
    try:
        level = min(Detail.parse(asked), accepted)  # type: ignore[arg-type] # refuses what is no text
    except ValueError as error:
        faults.warn("baggage.refused", f"a caller's baggage member {BAGGAGE_DETAIL} was not heeded: {error}")
        return baggage.remove_baggage(BAGGAGE_DETAIL, context), None
    return context, level if level > GATE.level else None
