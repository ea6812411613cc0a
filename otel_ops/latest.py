"""A memory for the latest keys, however many there come."""

from __future__ import annotations

from typing import Generic, TypeVar

_Key = TypeVar("_Key")


class Latest(Generic[_Key]):
    """Remembers a text for each of the latest keys.

    Args:
        number: How many at most; half as many at least.
    """

    def __init__(self, number: int) -> None:
        self._half = number // 2
        self._newer: dict[_Key, str] = {}
        self._older: dict[_Key, str] = {}

    def __len__(self) -> int:
        """Count what is remembered."""
        return len(self._newer) + len(self._older)

    def add(self, key: _Key, text: str) -> None:
        """Remember a key; what is longest ago may be forgotten."""
        self._newer[key] = text
        if len(self._newer) > self._half:
            self._older, self._newer = self._newer, {}

    def get(self, key: _Key) -> str:
        """Give the text of a key; empty where it is not known."""
        return self._newer.get(key) or self._older.get(key, "")
