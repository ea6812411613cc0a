"""Sources of settings: TOML files, environment variables and arguments, as one set of values that know their origin.

dynaconf gives the values of files and variables its tokens (``@format``, ``@merge``, ``@int`` …) and variables their
types. Its own loaders stay off: they would read ``.env`` and ``.local`` files too, run hooks, and take over what the
watched program itself keeps in dynaconf.
"""

from __future__ import annotations

import os
import re
import reprlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dynaconf.base import Settings as DynaconfSettings  # type: ignore[import-untyped]
from dynaconf.utils.parse_conf import boolean_fix  # type: ignore[import-untyped]
from dynaconf.vendor import tomllib  # type: ignore[import-untyped]

from otel_ops.exceptions import SettingsError
from otel_ops.settings.redaction import redacted
from otel_ops.settings.values import Finding, WrongValueError, unknown, wrong

PREFIX = "OTEL_OPS_"
FILE_VARIABLE = "OTEL_OPS_SETTINGS_FILE"
SECTION_VARIABLE = "OTEL_OPS_ENV"

_FILE = "otel_ops.toml"
_PYPROJECT = "pyproject.toml"
_DEFAULT_SECTION = "default"
_MAY_HOLD_SETTINGS = re.compile(rb"otel_ops|\btool\W+otel-ops")

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 80


class Given:
    """What the sources gave. What is taken later wins, where no token of dynaconf merges.

    Attributes:
        origins: Where the value of each key that was given comes from.
        problems: What is wrong so far, a line each; what looks like a credential is hidden in it.
        refused: The keys with a value that cannot be used.
        sections: The names of the sections of each file that was taken.
    """

    def __init__(self, defaults: Mapping[str, object]) -> None:
        self.origins: dict[str, str] = {}
        self.sections: dict[Path, tuple[str, ...]] = {}
        self.problems: list[str] = []
        self.refused: set[str] = set()
        self._defaults = defaults
        self._arguments: dict[str, object] = {}
        self._store = DynaconfSettings(
            dynaconf_skip_loaders=True,
            dynaconf_skip_validators=True,
            dynaboxify=False,
            auto_cast_for_dynaconf=True,
            dotted_lookup_for_dynaconf=True,
            nested_separator_for_dynaconf="__",
        )

    def take_file(self, path: Path, table: Mapping[str, Any], section: str) -> None:
        """Take the keys outside of sections, then those of ``[default]``, then those of one more section."""
        parts = {name: part for name, part in table.items() if name not in self._defaults and isinstance(part, dict)}
        self.sections[path] = tuple(parts)
        self._take_table({key: value for key, value in table.items() if key not in parts}, str(path))
        for name in sorted(parts, key=lambda name: name.lower() != _DEFAULT_SECTION):
            take = self._take_table if name.lower() in (_DEFAULT_SECTION, section.lower()) else self._known
            take(parts[name], f"{path} [{name}]")

    def _take_table(self, table: Mapping[str, object], origin: str) -> None:
        for key, value in self._known(table, origin).items():
            self._take(key, key, value, origin)

    def take_variables(self, variables: Mapping[str, str]) -> None:
        """Take environment variables."""
        keys = {PREFIX + key.upper(): key for key in self._defaults}
        for variable, text in variables.items():
            key = keys.get(variable.partition("__")[0])
            if key is None:
                known = (*keys, FILE_VARIABLE, SECTION_VARIABLE)
                self._report(Finding(text, unknown("setting", variable, known), variable), "environment variable")
            else:
                origin = f"environment variable {variable}"
                self._take(key, variable.removeprefix(PREFIX), boolean_fix(text), origin, typed=True)

    def _take(self, key: str, path: str, value: object, origin: str, *, typed: bool = False) -> None:
        self.origins[key] = origin
        try:
            self._store.set(path, value, tomlfy=typed)
        except Exception as error:  # noqa: BLE001 - a token may raise anything
            self.refuse(key, wrong(value, f"dynaconf cannot read it: {error}"))

    def take_arguments(self, arguments: Mapping[str, object]) -> None:
        """Take arguments, as they are."""
        self._arguments = self._known(arguments, "argument")
        self.origins.update(dict.fromkeys(self._arguments, "argument"))

    def _known(self, table: Mapping[str, object], origin: str) -> dict[str, object]:
        """Choose the keys that are settings, and report the others."""
        for key, value in table.items():
            if key not in self._defaults:
                self._report(Finding(value, unknown("setting", key, self._defaults), key), origin)
        return {key: value for key, value in table.items() if key in self._defaults}

    def value_of(self, key: str) -> object:
        """Give the value of a key; tokens such as ``@format`` are evaluated here.

        Raises:
            WrongValueError: a token cannot be evaluated.
        """
        if key in self._arguments:
            return self._arguments[key]
        try:
            return self._store.get(key, default=self._defaults[key])
        except Exception as error:
            raise wrong(self._store.store[key.upper()], f"dynaconf cannot evaluate it: {error}") from error

    def refuse(self, key: str, error: WrongValueError) -> None:
        """Add what is wrong with the value of a key that was given."""
        self.refused.add(key)
        for finding in error.findings:
            self._report(finding._replace(place=key + finding.place), self.origins[key])

    def _report(self, finding: Finding, origin: str) -> None:
        value = redacted(_shown(finding.value), finding.place)
        problem = f"{finding.place} = {value} ({origin}): {redacted(finding.what)}"
        self.problems.append(" ".join(problem.splitlines()))


def find_files(folder: Path, named: str | None) -> list[tuple[Path, dict[str, Any]]]:
    """Read the named file, or else those of the nearest folder that has settings; the last one wins.

    Raises:
        SettingsError: the named file has no settings, or a file cannot be read.
    """
    if named is not None:
        return [(folder / named, _read_named(folder / named))]
    for place in _upwards(folder):
        tables = [(place / name, _read_file(place / name)) for name in (_PYPROJECT, _FILE)]
        if found := [(path, table) for path, table in tables if table is not None]:
            return found
    return []


def _upwards(folder: Path) -> list[Path]:
    try:
        start = folder.resolve()
    except OSError:  # the current directory was removed
        return []
    return [start, *start.parents]


def _read_named(path: Path) -> dict[str, Any]:
    table = _read_file(path)
    if table is None:
        msg = f"{FILE_VARIABLE} = {str(path)!r}: no file with settings is there; mend the path or unset the variable"
        raise SettingsError(msg)
    return table


def _read_file(path: Path) -> dict[str, Any] | None:
    """Read the settings in a TOML file; None where it holds none."""
    content = _content_of(path)
    if content is None or (path.name == _PYPROJECT and not _MAY_HOLD_SETTINGS.search(content)):
        return None
    try:
        table: dict[str, Any] = tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        msg = f"{path} is no valid TOML: {error}"
        raise SettingsError(msg) from error
    return _tool_table(table, path) if path.name == _PYPROJECT else table


def _content_of(path: Path) -> bytes | None:
    if not os.path.isfile(path):  # noqa: PTH113 - `Path.is_file` raises where a parent may not be searched
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        if path.name == _PYPROJECT:
            return None
        msg = f"{path} cannot be read: {error.strerror}"
        raise SettingsError(msg) from error


def _tool_table(pyproject: dict[str, Any], path: Path) -> dict[str, Any] | None:
    tools = pyproject.get("tool")
    if not isinstance(tools, dict):
        return None
    if "otel-ops" in tools:
        msg = f"tool.otel-ops ({path}): settings are read from tool.otel_ops; write it with an underscore"
        raise SettingsError(msg)
    table = tools.get("otel_ops")
    if table is None or isinstance(table, dict):
        return table
    msg = f"tool.otel_ops = {_shown(table)} ({path}): must be a table"
    raise SettingsError(msg)


def _shown(value: object) -> str:
    """Show any value in little room."""
    try:
        return _SHORT.repr(value)
    except ValueError:  # Python refuses to print enormous integers
        return "a number too long to show"
