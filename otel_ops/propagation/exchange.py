"""What is exchanged with other programs, as the settings say."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from opentelemetry.context import Context, create_key, set_value

from otel_ops.detail import Detail

_TAKEN = create_key("otel_ops.propagation.taken")


class Exchange(NamedTuple):
    """What is exchanged with other programs.

    Attributes:
        members: The members of baggage that are sent, and taken over from callers.
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


class InForce:
    """What is exchanged now, by every propagator of ours that is still in use somewhere."""

    exchange = Exchange()


def taken_over(context: Context) -> Mapping[str, str]:
    """Give what was taken over from the caller: text by name of the member."""
    return context.get(_TAKEN, {})  # type: ignore[return-value] # the key is ours


def with_taken_over(taken: Mapping[str, str], context: Context) -> Context:
    """Note what was taken over from the caller: it is no baggage of the program's own."""
    return set_value(_TAKEN, taken, context)
