"""Values of settings as JSON has them, and in words; what looks like a credential is hidden in both."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from otel_ops.declared import DeclaredOperation, Target
from otel_ops.detail import Detail, DetailRule
from otel_ops.redaction import redacted_setting
from otel_ops.settings.error_handlers import ErrorHandling
from otel_ops.settings.metrics import MetricsPlace
from otel_ops.settings.outputs import Output


def plain(value: object, name: str = "") -> Any:
    """Give a value as JSON can hold it; an output, rule or declared operation is an object of what is set in it."""
    if type(value) in _PLAIN:
        return _PLAIN[type(value)](value)
    if isinstance(value, Mapping):
        return _table(value)
    if isinstance(value, (list, tuple)):
        return [plain(item, name) for item in value]
    return value if value is None or isinstance(value, (bool, int, float)) else redacted_setting(str(value), name)


def _told(values: Mapping[str, Any], usual: Mapping[str, Any], *always: str) -> dict[str, Any]:
    """Give what is always told, and what else is not as usual."""
    told = {key: value for key, value in values.items() if key in always or value != usual.get(key)}
    return _table({key: dict(value) if key == "context" else value for key, value in told.items()})


def _values(table: Any) -> dict[str, Any]:
    return {each.name: getattr(table, each.name) for each in fields(table)}


_PLAIN: dict[type, Callable[[Any], Any]] = {
    Detail: lambda level: level.name,
    DetailRule: lambda rule: _told(rule._asdict(), DetailRule._field_defaults),
    Output: lambda output: _told(_values(output), _values(Output(output.format)), "format", "to"),
    ErrorHandling: lambda one: _told(_values(one), _values(ErrorHandling(one.handler)), "handler"),
    DeclaredOperation: lambda one: _told(_values(one), _values(DeclaredOperation(one.target)), "target"),
    MetricsPlace: lambda place: _table(_values(place)) if place.options else place.to,
    Target: lambda target: target.text,
}


def _table(values: Mapping[str, object]) -> dict[str, Any]:
    return {key: plain(value, key) for key, value in values.items() if value is not None}


def worded(value: Any) -> str:
    """Put a plain value into words: text as it is, nothing as unset, the rest as TOML has it."""
    if value is None:
        return "unset"
    return value if isinstance(value, str) else in_toml(value)


def in_toml(value: Any) -> str:
    """Write a plain value as TOML has it; texts are JSON's there."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {in_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(in_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
