"""Variables of the environment in a configuration: ``${env:NAME}``, and ``${env:NAME:-default}``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from otel_ops.collector.merging import leaves
from otel_ops.collector.yaml_text import KeyPath

_REFERENCE = re.compile(r"\$\$|\$\{(?:env:)?(?P<name>[A-Za-z_]\w*)(?::-(?P<default>[^}]*))?\}")


class Reference(NamedTuple):
    """A variable that a configuration names."""

    name: str
    default: str | None
    path: KeyPath


def references(content: Any) -> Iterator[Reference]:
    """Give all variables of a configuration, each as often as it stands there."""
    for path, value in leaves(content):
        for found in _REFERENCE.finditer(value) if isinstance(value, str) else ():
            if found["name"]:
                yield Reference(found["name"], found["default"], path)


def expanded(value: object, environ: Mapping[str, str]) -> str:
    """Give a value as the collector sees it; what is not set, and has no default, is empty."""
    return _REFERENCE.sub(lambda found: _value(found, environ), str(value))


def without_references(value: str) -> str:
    """Give what of a value stands in the file itself: its text around variables, and their defaults."""
    return _REFERENCE.sub(lambda found: found["default"] or "", value)


def _value(found: re.Match[str], environ: Mapping[str, str]) -> str:
    if not found["name"]:
        return "$"
    return environ.get(found["name"]) or found["default"] or ""
