"""Formatters by the names that settings and the command use: ours, and those of installed packages."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from importlib.metadata import EntryPoint
from typing import Any, get_type_hints

import msgspec

from otel_ops.detail import Detail
from otel_ops.exceptions import SettingsError
from otel_ops.faults import described
from otel_ops.formatters.base import OutputFormatter
from otel_ops.settings.formats import find_formats, unknown_format
from otel_ops.settings.values import Finding, Reader, WrongValueError, read_all, read_level, unknown, wrong

_Maker = Callable[..., object]


def formatter_named(name: str, **options: Any) -> OutputFormatter:
    """Make the formatter of this name: ``tree``, ``table``, ``json``, ``jsonl``, ``xml``, or one that is installed.

    Args:
        name: The name; those of installed packages are in the entry-point group ``otel_ops_formatter``.
        **options: What it is made with; its own signature says what there is.

    Raises:
        SettingsError: There is none, it takes no such option, or its package is broken.
    """
    try:
        return make_formatter(name, options)
    except WrongValueError as error:
        told = [f"{finding.place.lstrip('.')} = {finding.value!r}: {finding.what}" for finding in error.findings]
        raise SettingsError("\n".join(told)) from error


def make_formatter(name: str, options: Mapping[str, Any]) -> OutputFormatter:
    """Make a formatter, with options that are checked against its signature.

    Raises:
        WrongValueError: with findings about ``.format`` or ``.options``.
    """
    point = _found(name)
    maker = _loaded(point)
    checked = _checked(maker, options, name)
    try:
        formatter = maker(**checked)
    except Exception as error:
        raise _unusable(point, f"cannot be made with these options: {described(error)}") from error
    if not isinstance(formatter, OutputFormatter):
        raise _unusable(point, f"is a {type(formatter).__name__}, no OutputFormatter")
    return formatter


def _found(name: str) -> EntryPoint:
    found = find_formats(name)
    if len({point.value for point in found}) > 1:
        packages = " and ".join(sorted({_package(point) for point in found}))
        raise _about_format(name, f"{packages} both have a format of this name; uninstall one")
    if not found:
        raise _about_format(name, unknown_format(name))
    return found[0]


def _loaded(point: EntryPoint) -> _Maker:
    try:
        maker: object = point.load()
    except Exception as error:
        raise _unusable(point, f"cannot be imported: {described(error)}") from error
    if not callable(maker):
        raise _unusable(point, f"is a {type(maker).__name__}, no class or function that gives an OutputFormatter")
    return maker


def _unusable(point: EntryPoint, what: str) -> WrongValueError:
    package = _package(point)
    return _about_format(point.name, f"{point.value} of {package} {what}; mend or uninstall {package}")


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist else "otel-ops"


def _about_format(name: str, what: str) -> WrongValueError:
    return WrongValueError(Finding(name, what, ".format"))


def _checked(maker: _Maker, options: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Read the options as the maker's parameters say."""
    try:
        parameters = inspect.signature(maker).parameters.values()
    except (TypeError, ValueError):  # it is written in C and does not tell
        return dict(options)
    known = {each.name for each in parameters if each.kind in (each.KEYWORD_ONLY, each.POSITIONAL_OR_KEYWORD)}
    takes_any = any(each.kind is each.VAR_KEYWORD for each in parameters)
    hints = _hints(maker)
    readers = {
        key: _reader(hints.get(key, Any)) if key in known or takes_any else _refusal(key, name, known)
        for key in options
    }
    read = read_all((f".options.{key}", readers[key], value) for key, value in options.items())
    return dict(zip(options, read, strict=True))


def _hints(maker: _Maker) -> dict[str, Any]:
    """Give the types of the parameters; none where they cannot be told now."""
    made_by: Any = inspect.getattr_static(maker, "__init__") if isinstance(maker, type) else maker
    try:
        return get_type_hints(made_by)
    except Exception:  # noqa: BLE001 - names that only type checkers know
        return {}


def _reader(hint: Any) -> Reader:
    if hint is Detail:
        return read_level

    def read(value: object) -> object:
        try:
            return msgspec.convert(value, hint)
        except msgspec.ValidationError as error:
            raise wrong(value, f"must be {inspect.formatannotation(hint)}") from error
        except Exception:  # noqa: BLE001 - a type that only the formatter knows
            return value

    return read


def _refusal(key: str, name: str, known: set[str]) -> Reader:
    def refuse(value: object) -> None:
        what = f"{unknown('option', key, sorted(known))}; {name} takes {', '.join(sorted(known))}"
        raise wrong(value, what if known else f"no such option; {name} takes none")

    return refuse


def json_lines() -> OutputFormatter:
    """Make a formatter of JSON, each document on one line."""
    return make_formatter("json", {})
