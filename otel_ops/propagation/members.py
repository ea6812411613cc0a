"""Members of W3C baggage: the values of a context as text that may leave, and back.

Session, user, file and series are text as they are, for other programs to read. Free metadata, which only otel_ops
reads, keeps its type: what is no text is JSON, and so is text that would be mistaken for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from urllib.parse import quote_plus, unquote_plus

from opentelemetry.context import Context

from otel_ops import faults
from otel_ops.attributes import Value, clean_attributes
from otel_ops.core.frame import current_frame
from otel_ops.core.tokens import escaped, unescaped
from otel_ops.semconv import BAGGAGE_DETAIL, META_PREFIX

MAX_BYTES = 8_192
"""Longest header, in bytes, as W3C baggage has it."""

MAX_MEMBERS = 180
"""Most members of a header."""

MAX_MEMBER = 4_096
"""Longest member, in bytes; OpenTelemetry's propagator takes no longer one."""

MAX_RECEIVED = 1_000
"""Longest text that is taken over from a caller, in characters."""


def members_to_send(context: Context, names: Iterable[str]) -> dict[str, str]:
    """Give the text of each listed value that the nearest `OperationContext` has."""
    frame = current_frame(context)
    around = None if frame is None else frame.around
    if around is None:
        return {}
    values = around.values
    if BAGGAGE_DETAIL in names and around.level is not None:
        values = {**values, BAGGAGE_DETAIL: around.level.name}
    return {name: text_of(name, values[name]) for name in names if name in values}


def values_received(members: Mapping[str, str]) -> dict[str, Value]:
    """Give the values of a caller's context: cleaned, and cut where they are too long."""
    long = sorted(name for name, text in members.items() if len(text) > MAX_RECEIVED)
    if long:
        told = f"{', '.join(long)} in a caller's baggage was cut to {MAX_RECEIVED} characters"
        faults.warn("baggage.shortened", told, len(long))
    return clean_attributes({name: value_of(name, text[:MAX_RECEIVED]) for name, text in members.items()})


def text_of(name: str, value: Value) -> str:
    """Write a value as the text of a member."""
    if isinstance(value, str) and not _is_mistaken(name, value):
        return value
    return json.dumps(escaped(value), separators=(",", ":"))


def value_of(name: str, text: str) -> Value:
    """Read the value that a member holds; other programs' members are what they say."""
    try:
        value = unescaped(json.loads(text))
    except (ValueError, TypeError, RecursionError):
        return text
    return value if name.startswith(META_PREFIX) or isinstance(value, str) else text


def _is_mistaken(name: str, text: str) -> bool:
    """Tell whether a text would be read as something else, or loses white space on its way."""
    return text != text.strip() or value_of(name, text) is not text


def pair(name: str, text: str) -> str:
    """Write a member as it stands in a header."""
    return f"{quote_plus(name)}={quote_plus(text)}"


def read_pair(member: str) -> tuple[str, str]:
    """Read name and text of a member of a header, without its properties."""
    name, _, text = member.partition(";")[0].partition("=")
    return unquote_plus(name).strip(), unquote_plus(text).strip()


def fitting(members: Mapping[str, str], others: Iterable[str]) -> dict[str, str]:
    """Give the members that fit into a header beside others, with one warning of those that do not."""
    there = list(others)
    room, places = MAX_BYTES - sum(len(other) + 1 for other in there), MAX_MEMBERS - len(there)
    fit: dict[str, str] = {}
    for name, text in members.items():
        size = len(pair(name, text))
        if size <= min(room, MAX_MEMBER) and len(fit) < places:
            fit[name] = text
            room -= size + 1
    left_out = [name for name in members if name not in fit]
    if left_out:
        limits = f"{MAX_BYTES} bytes, {MAX_MEMBER} a member, {MAX_MEMBERS} members"
        told = f"{', '.join(left_out)} did not fit into the baggage for another program ({limits}) and did not go"
        faults.warn("baggage.cut", told, len(left_out))
    return fit
