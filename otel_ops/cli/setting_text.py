"""Values of settings as JSON has them, and in words; what looks like a credential is hidden in both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from otel_ops.declared import DeclaredOperation
from otel_ops.detail import Detail, DetailRule
from otel_ops.settings import Output
from otel_ops.settings.redaction import redacted


def plain(value: object, name: str = "") -> Any:
    """Give a value as JSON can hold it; an output, rule or operation is an object of what is set in it."""
    if isinstance(value, Detail):
        return value.name
    if isinstance(value, DetailRule):
        told = {name: part for name, part in value._asdict().items() if part != DetailRule._field_defaults.get(name)}
        return _table({**told, "context": dict(value.context) or None})
    if isinstance(value, Output):
        return _table({"format": value.format, "to": value.to, "detail": value.detail})
    if isinstance(value, DeclaredOperation):
        return _table(value.given) if len(value.given) > 1 else value.target.text
    if isinstance(value, Mapping):
        return _table(value)
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return redacted(value, name) if isinstance(value, str) else value


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
