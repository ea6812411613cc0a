"""Short texts of values for messages and attributes: long parts are left out before their text is made."""

from __future__ import annotations

import reprlib
from typing import Any


class ShortRepr(reprlib.Repr):
    """Makes texts as ``repr`` does, but of no more than some items and characters of each part.

    Args:
        items: Most items of each sequence or mapping.
        characters: Most characters of each text, number or object.
    """

    def __init__(self, items: int, characters: int) -> None:
        super().__init__()
        self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = self.maxdeque = self.maxarray = items
        self.maxdict = items
        self.maxstring = self.maxlong = self.maxother = characters

    def repr_bytes(self, value: bytes, _: int) -> str:
        """Make the text of the first bytes."""
        return repr(value[: self.maxother])

    def repr_instance(self, value: Any, level: int) -> str:
        """Make the text of any other object."""
        return self._fields(value, level) if is_plain_dataclass(type(value)) else super().repr_instance(value, level)

    def _fields(self, value: Any, level: int) -> str:
        if level <= 0:
            return f"{type(value).__qualname__}(...)"
        names = (name for name, field in value.__dataclass_fields__.items() if field.repr and hasattr(value, name))
        fields = (f"{name}={self.repr1(getattr(value, name), level - 1)}" for name in names)
        return f"{type(value).__qualname__}({', '.join(fields)})"


def is_plain_dataclass(kind: type) -> bool:
    """Tell whether a class is a dataclass whose text is the one that `dataclasses` made."""
    return hasattr(kind, "__dataclass_fields__") and hasattr(kind.__repr__, "__wrapped__")
