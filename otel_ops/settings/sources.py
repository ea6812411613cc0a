"""Sources of settings: files, variables, options, dynaconf objects and arguments, as entries that know their origin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from otel_ops import faults
from otel_ops.exceptions import SettingsError
from otel_ops.redaction import HIDDEN, redacted, without
from otel_ops.settings.evaluation import MERGE, Entry, evaluated, resolved, secret_keys
from otel_ops.settings.files import FILE_VARIABLE, SECRETS_VARIABLE, SettingsFile
from otel_ops.settings.values import Finding, WrongValueError, unknown

PREFIX = "OTEL_OPS_"
SECTION_VARIABLE = "OTEL_OPS_ENV"
RUN_PROCESS = "_OTEL_OPS_RUN_PROCESS"
"""The variable that tells the program of ``otel-ops run`` from its children: it holds its process id."""
RUN_PROGRAM = "_OTEL_OPS_RUN_PROGRAM"
"""The variable that tells the workers of that program its name."""
OWN_VARIABLES = (FILE_VARIABLE, SECRETS_VARIABLE, SECTION_VARIABLE)
"""The variables that are no settings."""

_DEFAULT_SECTION = "default"
_GLOBAL_SECTION = "global"
_TABLE = "OTEL_OPS"


class Options(NamedTuple):
    """Settings that somebody else has read for us, and from where, such as OpenTelemetry's declarative file."""

    values: Mapping[str, object]
    origin: str


class Given:
    """What the sources gave. What is taken later wins, where nothing is merged.

    Attributes:
        entries: What they gave for each setting, in the order in which it was taken.
        problems: What is wrong so far, a line each; what looks like a credential is hidden in it.
        refused: The keys with a value that cannot be used.
        sections: The names of the sections of each file that was taken.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.entries: list[Entry] = []
        self.sections: dict[Path, tuple[str, ...]] = {}
        self.problems: list[str] = []
        self.refused: set[str] = set()
        self._names = tuple(names)

    def take_file(self, file: SettingsFile, active: Sequence[str]) -> None:
        """Take the keys outside of sections, then those of ``[default]``, of the active sections, of ``[global]``.

        Of other sections only the names of their keys are checked.
        """
        parts = {name: part for name, part in file.table.items() if self._is_section(name, part)}
        self.sections[file.path] = tuple(parts)
        flat = {key: value for key, value in file.table.items() if key not in parts}
        merges = _takes_merge(flat)
        about = {"is_secret": file.is_secret}
        self._take_table(flat, str(file.path), file.is_shared, merges=merges, **about)
        order = {name: rank for rank, name in enumerate((_DEFAULT_SECTION, *active, _GLOBAL_SECTION))}
        for name in sorted(parts, key=lambda name: order.get(name.lower(), -1)):
            part = dict(parts[name])
            merged = _takes_merge(part, merges)
            origin, is_in_force = f"{file.path} [{name}]", name.lower() in order
            self._take_table(part, origin, file.is_shared, merges=merged, is_in_force=is_in_force, **about)

    def _is_section(self, name: str, part: object) -> bool:
        return name.lower() not in self._names and isinstance(part, dict)

    def take_options(self, options: Options) -> None:
        """Take options; one without a value counts as not given."""
        self._take_table({key: value for key, value in options.values.items() if value is not None}, options.origin)

    def take_dynaconf(self, settings: Any) -> None:
        """Take what a program keeps in dynaconf: a table ``otel_ops``, and keys that begin with ``OTEL_OPS_``.

        Raises:
            SettingsError: it is no such object, or a value in it cannot be evaluated.
        """
        try:
            self._take_table(dict(_own_settings(settings)), "dynaconf object")
        except Exception as error:
            told = f"dynaconf = {faults.shown(settings)} (argument): {redacted(faults.described(error))}"
            msg = f"{told}; hand in a Dynaconf object whose table otel_ops, where there is one, can be read"
            raise SettingsError(msg) from error

    def take_variables(self, variables: Mapping[str, str]) -> None:
        """Take environment variables."""
        keys = {PREFIX + key.upper(): key for key in self._names}
        for variable, text in variables.items():
            key = keys.get(variable.partition("__")[0])
            if key is None:
                told = unknown("setting", variable, (*keys, *OWN_VARIABLES))
                self._report(Finding(text, told, variable), "environment variable")
            else:
                path = key + variable[len(PREFIX) + len(key) :]
                self.entries.append(Entry(key, text, f"environment variable {variable}", path, is_text=True))

    def take_arguments(self, arguments: Mapping[str, object]) -> None:
        """Take arguments, as they are."""
        known = self._known(arguments.items(), "argument")
        self.entries += [Entry(key, value, "argument", key, is_ready=True) for key, value in known]

    def _take_table(self, table: Mapping[str, object], origin: str, is_shared: bool = False, **about: bool) -> None:
        known = self._known(((key.lower(), value) for key, value in table.items()), origin, is_shared)
        self.entries += [Entry(key, value, origin, key, **about) for key, value in known]

    def _known(
        self, given: Iterable[tuple[str, object]], origin: str, is_shared: bool = False
    ) -> Iterator[tuple[str, object]]:
        """Choose the keys that are settings, and report the others."""
        for key, value in given:
            if key in self._names:
                yield key, value
            elif not is_shared:
                self._report(Finding(value, unknown("setting", key, self._names), key), origin)

    @property
    def winners(self) -> dict[str, Entry]:
        """The entry of each key that wins, though it may be merged with others."""
        return {entry.key: entry for entry in self.entries if entry.is_in_force}

    def values(self) -> dict[str, object]:
        """Give the value of each key; what cannot be evaluated is refused."""
        return evaluated(self.entries, self.refuse)

    def refuse(self, entry: Entry, error: WrongValueError) -> None:
        """Add what is wrong with the value of a key that was given."""
        self.refused.add(entry.key)
        is_secret = entry.is_secret or entry.key in secret_keys(self.entries)
        for finding in error.findings:
            self._report(finding._replace(place=entry.key + finding.place), entry.origin, is_secret)

    def _report(self, finding: Finding, origin: str, is_secret: bool = False) -> None:
        value = HIDDEN if is_secret else finding.shown
        what = without(finding.what, finding.value) if is_secret else redacted(finding.what)
        self.problems.append(" ".join(f"{finding.place} = {value} ({origin}): {what}".splitlines()))


def _takes_merge(table: dict[str, Any], default: bool = False) -> bool:
    """Take dynaconf's mark out of a table, and tell whether all in it is to be merged."""
    marks = [key for key in table if key.lower() == MERGE]
    return bool([table.pop(key) for key in marks][-1]) if marks else default


def _own_settings(settings: Any) -> Iterator[tuple[str, object]]:
    for key in list(settings.keys()):
        if key.upper().startswith(PREFIX) and key.upper() not in OWN_VARIABLES:
            yield key[len(PREFIX) :].lower(), resolved(settings.get(key), settings)
    for key, value in (settings.get(_TABLE) or {}).items():
        yield key, resolved(value, settings)
