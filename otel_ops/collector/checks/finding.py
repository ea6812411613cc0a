"""Something that a check has found."""

from __future__ import annotations

from typing import Final, NamedTuple

ERROR: Final = "error"
"""The collector refuses it, or it loses or shows what it must not."""

WARNING: Final = "warning"
"""It works, for now or for most of the time."""


class Finding(NamedTuple):
    """Something that is wrong, where it stands, and what to do.

    Attributes:
        rule: Short name of what was checked, as ``graph``.
        severity: `ERROR` or `WARNING`.
        place: File and line.
        key: The key, its parts joined by dots.
        message: What is wrong, and the remedy.
    """

    rule: str
    severity: str
    place: str
    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.severity}: {self.key}: {self.message}"
