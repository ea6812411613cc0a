"""Levels of detail."""

from __future__ import annotations

import enum

from otel_ops import faults
from otel_ops.semconv import SCOPE_PREFIX


class Detail(enum.IntEnum):
    """How much is told: an operation is recorded where its level is at most the gate's."""

    MINIMAL = 1
    """The few steps that tell what the program is for."""
    STANDARD = 2
    """What a user wants to see of a run; an operation, and the gate, unless they say otherwise."""
    DETAILED = 3
    """Parts of those steps; the spans of other libraries count as such."""
    DEBUG = 4
    """Everything, for finding a fault."""

    @classmethod
    def parse(cls, level: Detail | str) -> Detail:
        """Read a level from its name in any case.

        Raises:
            ValueError: the text names no level; the message lists them.
        """
        if isinstance(level, cls):
            return level
        found = _MEMBERS.get(level) or _MEMBERS.get(level.strip().upper()) if isinstance(level, str) else None
        if found is None:
            msg = f"{faults.shown(level)} is no level of detail; use one of {', '.join(_MEMBERS)}"
            raise ValueError(msg)
        return found

    @property
    def scope_name(self) -> str:
        """Name of the instrumentation scope that carries this level."""
        return SCOPE_PREFIX + self.name.lower()


_MEMBERS = dict(Detail.__members__)

DETAIL_OF_SCOPE = {level.scope_name: level for level in Detail}
"""The level that an instrumentation scope carries, by the scope's name."""
