"""Names of files made from any text: they stay in their folder, are not too long, and no two texts share one."""

from __future__ import annotations

import re

MAX_VALUE = 80
"""Most bytes of one value in a name."""

MAX_NAME = 200
"""Most bytes of a name: file systems take 255, and names of old and temporary files are somewhat longer."""

MARK = "~"
"""Stands before what a name was given; no value has it."""

_UNSAFE = re.compile(r"^[. ]+|[. ]+$|[^\w.,=+@ ()-]")
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_SUFFIX = re.compile(r"(\.\w{1,16})+$", re.ASCII)
_DIGITS = 8


def safe_name(text: str) -> str:
    """Make a text part of a file's name.

    What leads to another folder, or stands in no name on some system, becomes ``_``; where something was changed or is
    too long, the beginning of a hash stands behind it, so that other texts have other names.
    """
    name = _UNSAFE.sub(lambda found: "_" * len(found[0]), text)
    if _DEVICE.match(name):
        name = f"_{name}"
    return name if name == text and len(name.encode()) <= MAX_VALUE else _cut(name, MAX_VALUE, text)


def bounded_name(name: str) -> str:
    """Cut a name that is too long; its suffix stays."""
    if len(name.encode()) <= MAX_NAME:
        return name
    found = _SUFFIX.search(name, len(name) - MAX_VALUE)
    suffix = found[0] if found else ""
    return _cut(name.removesuffix(suffix), MAX_NAME - len(suffix), name) + suffix


def _cut(name: str, length: int, text: str) -> str:
    """Cut a name to so many bytes, with the hash of a text at its end."""
    from hashlib import sha256  # noqa: PLC0415 - which loads OpenSSL, and few names are cut

    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    beginning = name.encode("utf-8", "replace")[: length - len(MARK) - _DIGITS].decode("utf-8", "ignore")
    return f"{beginning}{MARK}{digest}"
