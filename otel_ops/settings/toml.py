"""Reads TOML, and says in which line and column something is wrong with it."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from typing import Any

from otel_ops.exceptions import SettingsError


def read_toml(text: str) -> dict[str, Any]:
    """Read a TOML document.

    Raises:
        ValueError: it is none.
        RecursionError: it is nested too deeply.
    """
    table: dict[str, Any] = _library().loads(text)
    return table


def read_toml_value(text: str) -> object:
    """Read one value; text that is no TOML stands for itself.

    Raises:
        ValueError: it is TOML, but no value can be made of it.
        RecursionError: it is nested too deeply.
    """
    library = _library()
    try:
        return library.loads(f"key={text}")["key"]
    except library.TOMLDecodeError:
        return text


def read_toml_file(content: bytes, name: object) -> dict[str, Any]:
    """Read the content of a TOML file.

    Raises:
        SettingsError: it is no TOML; the message has the file's name, and line and column.
    """
    try:
        return read_toml(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        msg = f"{name} is no valid TOML: {_told(error, content)}"
        raise SettingsError(msg) from error


def _library() -> Any:
    return import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")


def _told(error: Exception, content: bytes) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return f"{error} ({_place(error.object[: error.start])})"
    end = content.decode("utf-8-sig", "replace").rstrip().encode()
    return re.sub(r"\(at end of document\)", f"({_place(end)}, the end)", str(error))


def _place(before: bytes) -> str:
    """Say where the text goes on behind this."""
    lines = before.decode("utf-8-sig", "replace").split("\n")
    return f"at line {len(lines)}, column {len(lines[-1]) + 1}"
