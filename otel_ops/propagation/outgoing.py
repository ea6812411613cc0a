"""What leaves: listed values of the nearest context, for listed hosts, beside the program's own baggage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping

from opentelemetry import baggage, propagate
from opentelemetry.context import Context, get_current

from otel_ops import faults
from otel_ops.propagation.exchange import Exchange, InForce, taken_over
from otel_ops.propagation.hosts import are_listed, host_called
from otel_ops.propagation.members import fitting, members_to_send, pair, read_pair

HEADER = "baggage"
"""Name of the header, or of the entry of metadata."""

_OWN_PREFIX = "ops."


def outgoing(context: Context) -> Context:
    """Put what is listed into the baggage, and take out of it what came in and must not go on."""
    exchange = InForce.exchange
    if not exchange.is_any:
        return context
    host = host_called(context)
    listed = are_listed([host], exchange.hosts)
    context = _without_ours(context, "" if listed else host or "a host that is not known")
    if listed:
        for name, text in _to_send(context, baggage.get_all(context), exchange).items():
            context = baggage.set_baggage(name, text, context)
    return context


def _to_send(context: Context, theirs: Mapping[str, object], exchange: Exchange) -> dict[str, str]:
    """Give what is sent beside the program's own baggage, which is not written over."""
    members = members_to_send(context, exchange.members)
    ours = {name: text for name, text in members.items() if name not in theirs}
    return fitting(ours, (pair(str(name), str(value)) for name, value in theirs.items())) if ours else {}


def _without_ours(context: Context, unlisted: str = "") -> Context:
    """Leave the program's own baggage; tell of what a caller has sent and an unlisted host does not get."""
    taken = taken_over(context)
    ours = [name for name, value in baggage.get_all(context).items() if _is_ours(name, value, taken)]
    for name in ours:
        context = baggage.remove_baggage(name, context)
    withheld = [name for name in ours if name in taken] if unlisted else []
    if withheld:
        told = f"{', '.join(withheld)}, which a caller has sent, did not go on to {faults.shortened(unlisted)}"
        remedy = "list the host in baggage_hosts, or leave the name out of baggage for OpenTelemetry to pass it on"
        faults.warn("baggage.withheld", f"{told}: {remedy}", len(withheld))
    return context


def _is_ours(name: str, value: object, taken: Mapping[str, str]) -> bool:
    return name.startswith(_OWN_PREFIX) or (name in taken and taken[name] == value)


def header_to(hosts: Iterable[str], header: str, context: Context | None = None) -> str:
    """Give the header ``baggage`` that hosts may get, where no propagator is asked: at a redirect, for a channel.

    Args:
        hosts: The hosts; all of them must be listed.
        header: What stands in it, written for another host or for none; others' members remain.
        context: The Context that it is sent from.
    """
    exchange = InForce.exchange
    if not exchange.is_any or HEADER not in propagate.get_global_textmap().fields:
        return header
    context = get_current() if context is None else context
    theirs = baggage.get_all(_without_ours(context))
    ours = members_to_send(context, exchange.members)
    kept = [member for member in header.split(",") if member.strip() and not _was_sent(member, ours, theirs)]
    sent = _to_send(context, dict(map(read_pair, kept)), exchange) if are_listed(hosts, exchange.hosts) else {}
    return ",".join([*kept, *(pair(name, text) for name, text in sent.items())])


def _was_sent(member: str, ours: Mapping[str, str], theirs: Mapping[str, object]) -> bool:
    """Tell whether it is we who have put a member into a header."""
    name, text = read_pair(member)
    return name.startswith(_OWN_PREFIX) or (name not in theirs and ours.get(name) == text)


def header_of(carrier: object) -> str | None:
    """Give the baggage that stands in a carrier already."""
    header = carrier.get(HEADER) if isinstance(carrier, MutableMapping) else None
    return header if isinstance(header, str) else None


def withhold(headers: MutableMapping[str, str], hosts: Iterable[str], context: Context | None = None) -> None:
    """Take out of headers what was written for other hosts, as where they were copied, unless these are listed, too."""
    header = header_of(headers)
    if header is None or are_listed(hosts, InForce.exchange.hosts):
        return
    left = header_to(hosts, header, context)
    if left:
        headers[HEADER] = left
    else:
        del headers[HEADER]
