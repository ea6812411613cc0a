"""Files with settings: which there are, and what is in them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from otel_ops.exceptions import SettingsError
from otel_ops.settings.toml import read_toml_file
from otel_ops.settings.values import shown

FILE_VARIABLE = "OTEL_OPS_SETTINGS_FILE"
SECRETS_VARIABLE = "OTEL_OPS_SECRETS_FILE"

_FILE = "otel_ops.toml"
_SECRETS = ".secrets.toml"
_PYPROJECT = "pyproject.toml"
_MAY_HOLD_SETTINGS = re.compile(rb"otel_ops|\btool\W+otel-ops")


class SettingsFile(NamedTuple):
    """A file that was read.

    Attributes:
        path: Where it is.
        table: What is in it.
        is_secret: Whether its values are not to be shown.
        is_shared: Whether it may hold what is meant for others.
    """

    path: Path
    table: dict[str, Any]
    is_secret: bool = False
    is_shared: bool = False


def find_files(folder: Path, named: str | None = None, secrets: str | None = None) -> Iterator[SettingsFile]:
    """Read the named file, or else those of the nearest folder that has settings; the last one wins.

    Beside a file of its own, ``.secrets.toml`` and then the file's ``.local.toml`` are read, as dynaconf does.

    Raises:
        SettingsError: a named file has no settings, a file cannot be read, or one is written like a pyproject.toml.
    """
    main = None
    for path, table in _named(folder / named) if named else _nearest(folder):
        _check_sections(path, table)
        yield SettingsFile(path, table)
        main = None if path.name == _PYPROJECT else path
    if main is not None and not secrets:
        yield from _beside(main.with_name(_SECRETS), is_secret=True, is_shared=True)
    if secrets:
        yield SettingsFile(folder / secrets, _read_named(folder / secrets, SECRETS_VARIABLE), True, True)
    if main is not None:
        yield from _beside(main.with_suffix(f".local{main.suffix}"))


def places_of_settings(folder: Path, found: list[Path]) -> list[Path]:
    """Give the paths at which a change matters, once these files were found; of nearer ones those in the folder."""
    own = [path for path in found if path.name != _PYPROJECT]
    main = own[0] if own else folder / _FILE
    beside = [main, main.with_name(_SECRETS), main.with_suffix(f".local{main.suffix}")]
    return list(dict.fromkeys([*found, *beside, folder / _FILE, folder / _PYPROJECT]))


def _check_sections(path: Path, table: dict[str, Any]) -> None:
    """Refuse what would be a section for an environment of this name, which nobody means."""
    tools = table.get("tool")
    for name, place in (("otel_ops", table), ("tool.otel_ops", tools)):
        if isinstance(place, dict) and "otel_ops" in place:
            msg = f"[{name}] ({path}): in this file, keys stand at the top, below no heading; remove the line [{name}]"
            raise SettingsError(msg)


def _named(path: Path) -> list[tuple[Path, dict[str, Any]]]:
    return [(path, _read_named(path, FILE_VARIABLE))]


def _nearest(folder: Path) -> list[tuple[Path, dict[str, Any]]]:
    for place in _upwards(folder):
        tables = [(place / name, _read_file(place / name)) for name in (_PYPROJECT, _FILE)]
        if found := [(path, table) for path, table in tables if table is not None]:
            return found
    return []


def _beside(path: Path, *, is_secret: bool = False, is_shared: bool = False) -> Iterator[SettingsFile]:
    table = _read_file(path)
    if table is not None:
        yield SettingsFile(path, table, is_secret, is_shared)


def _upwards(folder: Path) -> list[Path]:
    try:
        start = folder.resolve()
    except OSError:  # the current directory was removed
        return []
    return [start, *start.parents]


def _read_named(path: Path, variable: str) -> dict[str, Any]:
    table = _read_file(path)
    if table is None:
        msg = f"{variable} = {str(path)!r}: no file with settings is there; mend the path or unset the variable"
        raise SettingsError(msg)
    return table


def _read_file(path: Path) -> dict[str, Any] | None:
    """Read the settings in a TOML file; None where it holds none."""
    content = _content_of(path)
    if content is None or (path.name == _PYPROJECT and not _MAY_HOLD_SETTINGS.search(content)):
        return None
    table = read_toml_file(content, path)
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
    msg = f"tool.otel_ops = {shown(table)} ({path}): must be a table"
    raise SettingsError(msg)
