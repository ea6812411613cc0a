"""Reads the settings from all sources.

Each source wins over those below it, key by key:

1. arguments of `configure`;
2. environment variables ``OTEL_OPS_<KEY>``, read as TOML values (``false``, ``["tree", "json"]``), else as text; where
   a list is wanted, ``tree,json`` serves. An empty variable counts as unset;
3. options of the instrumentor in OpenTelemetry's declarative file;
4. a dynaconf object that the program hands in;
5. ``otel_ops.local.toml``, then ``.secrets.toml``, beside
6. ``otel_ops.toml``;
7. ``[tool.otel_ops]`` of ``pyproject.toml``;
8. the defaults.

The files are looked for in the current directory and then in its parents; only the nearest directory that holds
settings is read. ``OTEL_OPS_SETTINGS_FILE`` names one file to read instead. In a file, keys outside of sections count
as ``[default]``; the keys of the active sections win over these, and those of ``[global]`` over all. The active section
is named by ``OTEL_OPS_ENV``, else by ``ENV_FOR_DYNACONF``, else it is ``development``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from otel_ops.exceptions import SettingsError
from otel_ops.redaction import without
from otel_ops.settings.declaration import READERS, Settings, check_outputs
from otel_ops.settings.evaluation import Entry, secret_keys
from otel_ops.settings.files import FILE_VARIABLE, SECRETS_VARIABLE, find_files
from otel_ops.settings.sources import PREFIX, SECTION_VARIABLE, Given, Options
from otel_ops.settings.values import WrongValueError

_SERVICE_VARIABLE = "OTEL_SERVICE_NAME"
_DYNACONF_SECTION_VARIABLE = "ENV_FOR_DYNACONF"
_DEFAULT_ACTIVE = "development"


class LoadedSettings(NamedTuple):
    """Settings, and how they came about.

    Attributes:
        settings: What is set; a key with a value that cannot be used has its default.
        origins: Where the value of each key that was given comes from; the other keys have their default.
        refused: The keys with a value that cannot be used.
        problems: What cannot be used, a line for each such thing, with key, value, source and remedy.
        section: The sections of files that are active, as they were named; empty where nobody named one.
        active: Their names, one by one.
        sections: The names of the sections of each file that was read.
        entries: What each source gave, the last one winning.
        folder: Where the search for files began.
    """

    settings: Settings
    origins: Mapping[str, str]
    refused: frozenset[str]
    problems: tuple[str, ...]
    section: str
    active: tuple[str, ...]
    sections: Mapping[Path, tuple[str, ...]]
    entries: tuple[Entry, ...]
    folder: Path

    @property
    def secret(self) -> set[str]:
        """The keys whose values must not be shown."""
        return secret_keys(self.entries)

    def without_secrets(self, text: str) -> str:
        """Give a text that tells of settings without what must not be shown of them."""
        hidden = self.secret
        return without(text, [entry.value for entry in self.entries if entry.key in hidden]) if hidden else text


def load_settings(
    arguments: Mapping[str, object],
    *,
    options: Options | None = None,
    dynaconf: object = None,
    folder: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Read the settings from all sources, anew at each call.

    Args:
        arguments: Settings given by the program; they win over all other sources and may hold ready objects.
        options: Settings that somebody else has read for us.
        dynaconf: A Dynaconf object of the program's, with a table ``otel_ops`` or keys ``OTEL_OPS_<KEY>``.
        folder: Where the search for files begins; None means the current directory.
        environ: The environment; None means that of the process.

    Raises:
        SettingsError: something cannot be used; the message has one line for each such thing, with key, value, source
            and remedy.
    """
    return usable(read_settings(arguments, options=options, dynaconf=dynaconf, folder=folder, environ=environ))


def usable(loaded: LoadedSettings) -> Settings:
    """Give the settings.

    Raises:
        SettingsError: something cannot be used.
    """
    if loaded.problems:
        raise SettingsError("\n".join(loaded.problems))
    return loaded.settings


def read_settings(
    arguments: Mapping[str, object],
    *,
    options: Options | None = None,
    dynaconf: object = None,
    folder: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> LoadedSettings:
    """Read the settings as `load_settings` does, and tell where they come from and what is wrong with them."""
    variables = _variables_of(os.environ if environ is None else environ)
    service_name = variables.pop(_SERVICE_VARIABLE, None)
    for_dynaconf = variables.pop(_DYNACONF_SECTION_VARIABLE, "")
    section = variables.pop(SECTION_VARIABLE, for_dynaconf)
    active = _names_in(section or _DEFAULT_ACTIVE)
    given = Given(READERS)
    named, secrets = variables.pop(FILE_VARIABLE, None), variables.pop(SECRETS_VARIABLE, None)
    place = folder or Path()
    _take_files(given, place, named, secrets, active)
    if dynaconf is not None:
        _take_dynaconf(given, dynaconf)
    if options is not None:
        given.take_options(options)
    given.take_variables(variables)
    given.take_arguments(arguments)
    settings = _settings_of(given)
    if service_name is not None:
        origin = f"environment variable {_SERVICE_VARIABLE}"
        given.entries.append(Entry("service_name", service_name, origin, "service_name", is_ready=True))
        settings = replace(settings, service_name=service_name)
    origins = {key: entry.origin for key, entry in given.winners.items()}
    refused, problems, entries = frozenset(given.refused), tuple(given.problems), tuple(given.entries)
    return LoadedSettings(settings, origins, refused, problems, section, active, given.sections, entries, place)


def _names_in(section: str) -> tuple[str, ...]:
    return tuple(name.strip().lower() for name in section.split(",") if name.strip())


def _take_files(given: Given, folder: Path, named: str | None, secrets: str | None, active: Sequence[str]) -> None:
    try:
        for file in find_files(folder, named, secrets):
            given.take_file(file, active)
    except SettingsError as error:
        given.problems.append(str(error))


def _take_dynaconf(given: Given, settings: object) -> None:
    try:
        given.take_dynaconf(settings)
    except SettingsError as error:
        given.problems.append(str(error))


def _variables_of(environ: Mapping[str, str]) -> dict[str, str]:
    """Copy the variables that matter here; other threads may change the environment meanwhile."""
    others = (_SERVICE_VARIABLE, _DYNACONF_SECTION_VARIABLE)
    names = [name for name in list(environ) if name.startswith(PREFIX) or name in others]
    return {name: text for name in names if (text := environ.get(name, "").strip())}


def _settings_of(given: Given) -> Settings:
    """Check what was given, all of it, and make the settings of what can be used."""
    values: dict[str, Any] = {}
    winners = given.winners
    for key, value in given.values().items():
        try:
            values[key] = READERS[key](value)
        except WrongValueError as error:
            given.refuse(winners[key], error)
    settings = Settings(**values)
    try:
        if not given.refused:
            check_outputs(settings)
    except WrongValueError as error:
        given.refuse(winners["outputs"], error)
        settings = replace(settings, outputs=())
    return settings
