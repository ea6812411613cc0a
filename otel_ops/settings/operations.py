"""Readers of the operations that settings declare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from otel_ops.declared import DeclaredOperation, Target, parse_target
from otel_ops.settings.values import (
    Finding,
    Reader,
    WrongValueError,
    list_of,
    optional,
    read_level,
    read_switch,
    read_table,
    read_text,
    wrong,
)


def read_operation(value: object) -> DeclaredOperation:
    """Read a declared operation from a table, or from its target alone."""
    if isinstance(value, DeclaredOperation):
        value = {name: getattr(value, name) for name in _READERS}
    elif not isinstance(value, Mapping):
        value = {"target": value}
    operation = DeclaredOperation(**read_table(value, _READERS, required="target"))
    if operation.name is not None and not operation.target.is_one:
        msg = f"one name for all that {operation.target.text!r} may mean; leave name out, or name one function or class"
        raise WrongValueError(Finding(operation.name, msg, ".name"))
    return operation


def _read_target(value: object) -> Target:
    if isinstance(value, Target):
        return value
    text = read_text(value, 'must be text such as "package.module:function" or "package.**"')
    try:
        return parse_target(text)
    except ValueError as error:
        raise wrong(text, str(error)) from None


def _read_attributes(value: object) -> dict[str, Any]:
    if isinstance(value, Mapping) and all(isinstance(name, str) and name for name in value):
        return dict(value)
    raise wrong(value, "must be a table of names and values, such as {stage = 2}")


_READERS: dict[str, Reader] = {
    "target": _read_target,
    "name": optional(read_text),
    "detail": read_level,
    "capture": list_of(read_text),
    "record_result": read_switch,
    "attributes": _read_attributes,
}
