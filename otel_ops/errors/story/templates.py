"""Texts with placeholders in braces, such as a mail's subject or a link."""

from __future__ import annotations

import string
from collections.abc import Callable, Collection, Mapping


class Template:
    """A text with placeholders.

    Args:
        key: The option that it is the value of, for messages.
        text: The text; a brace that is meant is written twice.
        names: What may stand in braces.

    Raises:
        TypeError: It is no text.
        ValueError: Another placeholder stands in it, or a brace is left open.
    """

    def __init__(self, key: str, text: str, names: Collection[str]) -> None:
        if not isinstance(text, str):
            msg = f"{key} = {text!r}: must be a text, with any of {_in_braces(names)}"
            raise TypeError(msg)
        self._parts = _parts(key, text, names)

    def fill(self, values: Mapping[str, str], encode: Callable[[str], str] = str) -> str:
        """Put values in the places of their names.

        Args:
            values: The values by name.
            encode: What each of them goes through.
        """
        return "".join(literal + (encode(values[name]) if name else "") for literal, name in self._parts)


def _parts(key: str, text: str, names: Collection[str]) -> list[tuple[str, str | None]]:
    try:
        parts = [(each[0], each[1] and _plain(each), each[1]) for each in string.Formatter().parse(text)]
    except ValueError as error:
        msg = f"{key} = {text!r}: {error}; write {{{{ and }}}} for braces that are meant"
        raise ValueError(msg) from error
    for _, told, name in parts:
        if name is not None and told not in names:
            msg = f"{key} = {text!r}: there is no {{{told or ''}}}; use any of {_in_braces(names)}"
            raise ValueError(msg)
    return [(literal, name) for literal, _, name in parts]


def _plain(part: tuple[str, str | None, str | None, str | None]) -> str:
    """Give the name with what stands behind it: no placeholder has a format or a conversion."""
    _, name, form, conversion = part
    return f"{name}{'!' + conversion if conversion else ''}{':' + form if form else ''}"


def _in_braces(names: Collection[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)
