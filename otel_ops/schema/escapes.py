r"""Characters that a text has no form for, as ``\uXXXX``, in a way that gives back whatever there was.

JSON lacks lone surrogates; XML lacks most control characters, U+FFFE and U+FFFF, too. A backslash that would look like
the beginning of such an escape is escaped itself, as ``\u005c``; all others stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

NOT_IN_JSON = "\ud800-\udfff"
NOT_IN_XML = "\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff"
LOOKS_ESCAPED = r"\\(?=u[0-9a-f]{4})"

_lacking_in_json = re.compile(f"[{NOT_IN_JSON}]|{LOOKS_ESCAPED}")
_escape = re.compile(r"\\u([0-9a-f]{4})")


def escape_of(character: str) -> str:
    """Give what stands for a character."""
    return f"\\u{ord(character):04x}"


def escaped_for_json(text: str) -> str:
    """Escape what JSON lacks."""
    return _lacking_in_json.sub(lambda found: escape_of(found[0]), text)


def unescaped(text: str) -> str:
    """Give the text back that was escaped, for JSON or XML."""
    return _escape.sub(lambda found: chr(int(found[1], 16)), text)


def with_texts(change: Callable[[str], str], plain: Any) -> Any:
    """Change every text in plain data, keys included."""
    if isinstance(plain, str):
        return change(plain)
    if isinstance(plain, dict):
        return {change(key): with_texts(change, value) for key, value in plain.items()}
    if isinstance(plain, list | tuple):
        return [with_texts(change, item) for item in plain]
    return plain
