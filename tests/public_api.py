"""Prints the public names of otel_ops with their signatures; the test compares them with public_api.txt."""

from __future__ import annotations

import enum
import importlib
import inspect
from collections.abc import Iterator

MODULES = (
    "otel_ops",
    "otel_ops.analysis",
    "otel_ops.doctor",
    "otel_ops.errors",
    "otel_ops.exporters",
    "otel_ops.formatters",
    "otel_ops.processors",
    "otel_ops.testing",
)
_NO_ADDRESS = "<object>"


def public_api() -> str:
    """Give one line for each public name, class members below their class."""
    return "".join(f"{line}\n" for module in MODULES for line in _lines_of(module))


def _lines_of(module_name: str) -> Iterator[str]:
    module = importlib.import_module(module_name)
    for name in sorted(module.__all__):
        item = getattr(module, name)
        if name.startswith("__"):
            continue
        yield f"{module_name}.{name}{_signature(item)}"
        if inspect.isclass(item):
            yield from (f"    {line}" for line in _members(item))


def _members(owner: type) -> Iterator[str]:
    for name, member in sorted(vars(owner).items()):
        if not name.startswith("_"):
            inner = member.__func__ if isinstance(member, staticmethod | classmethod) else member
            yield f"{name}{_signature(inner)}"


def _signature(item: object) -> str:
    if not callable(item) or (inspect.isclass(item) and issubclass(item, enum.Enum)):
        return ""
    try:
        signature = inspect.signature(item)
    except (TypeError, ValueError):
        return ""
    return str(signature.replace(parameters=[_without_address(one) for one in signature.parameters.values()]))


def _without_address(parameter: inspect.Parameter) -> inspect.Parameter:
    unstable = " at 0x" in repr(parameter.default)
    return parameter.replace(default=_NO_ADDRESS) if unstable else parameter


if __name__ == "__main__":
    print(public_api(), end="")
