"""Values of settings as JSON has them, and in words; what looks like a credential is hidden in both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from otel_ops.detail import Detail, DetailRule
from otel_ops.settings import Output
from otel_ops.settings.redaction import redacted

_ALWAYS_TOLD = ("format", "to")


def plain(value: object, name: str = "") -> Any:
    """Give a value as JSON can hold it; an output or rule is an object of what is set in it."""
    if isinstance(value, Detail):
        return value.name
    if isinstance(value, DetailRule):
        told = {name: part for name, part in value._asdict().items() if part != DetailRule._field_defaults.get(name)}
        return _table({**told, "context": dict(value.context) or None})
    if isinstance(value, Output):
        return _output(value)
    if isinstance(value, Mapping):
        return _table(value)
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return redacted(value, name) if isinstance(value, str) else value


def _output(output: Output) -> dict[str, Any]:
    """Give format and place, and what else is not as usual."""
    values = {each.name: getattr(output, each.name) for each in fields(Output)}
    usual = Output(output.format)
    told = {key: value for key, value in values.items() if key in _ALWAYS_TOLD or value != getattr(usual, key)}
    return _table({**told, "context": dict(output.context) or None})


def _table(values: Mapping[str, object]) -> dict[str, Any]:
    return {key: plain(value, key) for key, value in values.items() if value is not None}


def worded(value: Any) -> str:
    """Put a plain value into words: text as it is, nothing as unset, the rest as TOML has it."""
    if value is None:
        return "unset"
    return value if isinstance(value, str) else _toml(value)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
