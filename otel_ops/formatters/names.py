"""Formatters by the names that settings and the command use: ours, and those of installed packages."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import EntryPoint
from typing import Any, Literal, get_args, get_origin, get_type_hints

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
        parameters = inspect.signature(maker).parameters
    except (TypeError, ValueError):  # it is written in C and does not tell
        return dict(options)
    hints = _hints(maker)
    takes_any = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
    readers = {
        each.name: _reader(hints.get(each.name, Any), each.annotation)
        for each in parameters.values()
        if each.kind in (each.KEYWORD_ONLY, each.POSITIONAL_OR_KEYWORD)
    }
    others = (lambda _: lambda value: value) if takes_any else _refusal(name, readers)
    read = read_all((f".options.{key}", readers.get(key, others(key)), value) for key, value in options.items())
    return dict(zip(options, read, strict=True))


def _hints(maker: _Maker) -> dict[str, Any]:
    """Give the types of the parameters; none where they cannot be told now."""
    made_by: Any = inspect.getattr_static(maker, "__init__") if isinstance(maker, type) else maker
    try:
        return get_type_hints(made_by)
    except Exception:  # noqa: BLE001 - names that only type checkers know
        return {}


def _reader(hint: Any, annotation: object) -> Reader:
    if hint is Detail:
        return read_level

    def read(value: object) -> object:
        try:
            return msgspec.convert(value, hint)
        except msgspec.ValidationError as error:
            raise wrong(value, f"must be {_told(hint, annotation)}") from error
        except Exception:  # noqa: BLE001 - a type that only the formatter knows
            return value

    return read


def _told(hint: Any, annotation: object) -> str:
    """Say what a parameter takes: one of some texts, or a type."""
    choices = [choice for part in (hint, *get_args(hint)) if get_origin(part) is Literal for choice in get_args(part)]
    if choices:
        return f"one of {', '.join(map(str, choices))}"
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _refusal(name: str, known: Iterable[str]) -> Callable[[str], Reader]:
    """Give what makes the reader of an option that there is not."""
    names = ", ".join(sorted(known))

    def reader(key: str) -> Reader:
        def refuse(value: object) -> None:
            told, nearest, _ = unknown("option", key, known).partition("?")
            told = f"{told}? " if nearest else "no such option; "
            raise wrong(value, f"{told}{name} takes {names or 'none'}")

        return refuse

    return reader


def json_lines() -> OutputFormatter:
    """Make a formatter of JSON, each document on one line."""
    return make_formatter("json", {})
