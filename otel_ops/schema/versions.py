"""The versions of the form, and the steps from each one to the next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from otel_ops.exceptions import UnreadableInputError
from otel_ops.schema import version_0

Plain: TypeAlias = dict[str, Any]
"""A document, or a part of it: text, numbers, lists and dicts by the names that the fields have there."""

SCHEMA = "otel_ops.operation_log"
"""What a document says it is."""

VERSION = 1
"""Version of the documents that are written."""

UPGRADES: dict[int, Callable[[Plain], Plain]] = {0: version_0.upgraded}
"""For each older version the step that makes a document of the next one from it."""


def upgraded(document: Plain, *, lenient: bool) -> Plain:
    """Give a document as the current version has it.

    Args:
        document: One of any version.
        lenient: Take one of a newer version for one of the current version.

    Raises:
        UnreadableInputError: It is no operation log, or one of a version that is not known here.
    """
    version = document.get("version")
    if document.get("schema") != SCHEMA or type(version) is not int or version < 0:
        found = f"schema={document.get('schema')!r}, version={version!r}"
        msg = f"{found}: can be read are versions 0 to {VERSION} of {SCHEMA!r}"
        raise UnreadableInputError(msg)
    if version > VERSION and not lenient:
        msg = (
            f"version={version} of {SCHEMA!r} is newer than what can be read, which is 0 to {VERSION}; "
            "upgrade otel-ops, or read what is understood (lenient=True, --lenient)"
        )
        raise UnreadableInputError(msg)
    for step in range(version, VERSION):
        document = UPGRADES[step](document)
    return document
