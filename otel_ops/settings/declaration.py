"""Settings: what may be set, what it means, and where it is read from.

Each source wins over those below it, key by key:

1. arguments of `configure`;
2. environment variables ``OTEL_OPS_<KEY>``, read as TOML values (``false``, ``["tree", "json"]``), else as text; where
   a list is wanted, ``tree,json`` serves. An empty variable counts as unset;
3. ``otel_ops.toml``;
4. ``[tool.otel_ops]`` of ``pyproject.toml``;
5. the defaults.

The files are looked for in the current directory and then in its parents; only the nearest directory that holds
settings is read. ``OTEL_OPS_SETTINGS_FILE`` names one file to read instead. In a file, keys outside of sections count
as ``[default]``. ``OTEL_OPS_ENV`` names a section, such as ``[production]``, whose keys win over ``[default]``; of
other sections only the names of their keys are checked.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

from otel_ops.declared import DeclaredOperation
from otel_ops.detail import Detail, DetailRule
from otel_ops.exceptions import SettingsError
from otel_ops.settings.operations import read_operation
from otel_ops.settings.sources import FILE_VARIABLE, PREFIX, SECTION_VARIABLE, Given, find_files
from otel_ops.settings.values import (
    Finding,
    Reader,
    WrongValueError,
    list_of,
    name_or_object,
    optional,
    read_level,
    read_path,
    read_positive_count,
    read_positive_seconds,
    read_rule,
    read_seconds,
    read_switch,
    read_table,
    read_text,
    read_trace_file,
)

DEFAULT_TRACE_FILE = ".otel_ops/{date}-{pid}.jsonl"
"""Where OTLP JSON lines go when neither a trace file nor an OTLP endpoint is set."""

FORMATS = ("tree", "table", "json")
"""The names of output formats."""

ERROR_HANDLERS = ("log",)
"""The names of error handlers."""

_SERVICE_VARIABLE = "OTEL_SERVICE_NAME"


@dataclass(frozen=True, slots=True)
class Output:
    """Where formatted logs go.

    Attributes:
        format: A name (``tree``, ``table``, ``json``), or a ready ``OutputFormatter`` or ``SpanExporter``.
        to: ``stderr``, ``stdout`` or the path of a file; of no meaning for a ``SpanExporter``.
        detail: The level of this output; None means all that is recorded.
    """

    format: object
    to: str = "stderr"
    detail: Detail | None = None


_OUTPUT_READERS: dict[str, Reader] = {
    "format": name_or_object("format", FORMATS, "an OutputFormatter or SpanExporter", "format_operation_log", "export"),
    "to": lambda value: read_path(value, "must be stderr, stdout or a path"),
    "detail": optional(read_level),
}


def _read_output(value: object) -> Output:
    if isinstance(value, Output):
        value = {name: getattr(value, name) for name in _OUTPUT_READERS}
    elif not isinstance(value, Mapping):
        value = {"format": value}
    return Output(**read_table(value, _OUTPUT_READERS, required="format"))


_read_error_handler = name_or_object("error handler", ERROR_HANDLERS, "an ErrorHandler", "handle_operation_error")


def _about(read: Reader, meaning: str) -> dict[str, Any]:
    return {"read": read, "meaning": meaning}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings in force, made by `load_settings`; `describe_settings` tells what each of them means."""

    service_name: str | None = field(
        default=None,
        metadata=_about(
            optional(read_text),
            "Resource attribute service.name; OTEL_SERVICE_NAME wins where it is set.",
        ),
    )
    detail: Detail = field(
        default=Detail.STANDARD,
        metadata=_about(read_level, "Level up to which operations are recorded."),
    )
    detail_rules: tuple[DetailRule, ...] = field(
        default=(),
        metadata=_about(
            list_of(read_rule),
            "Levels for some operations: tables of level and the globs operation, module and context (a table by "
            "name); the last rule that matches wins over detail.",
        ),
    )
    operations: tuple[DeclaredOperation, ...] = field(
        default=(),
        metadata=_about(
            list_of(read_operation),
            "Callables that are operations although nobody has decorated them: targets or tables; where several mean "
            "one callable, the last of them counts.",
        ),
    )
    outputs: tuple[Output, ...] = field(
        default=(),
        metadata=_about(
            list_of(_read_output),
            "Formatted logs: names (tree, table, json) or tables of format, to (stderr, stdout or a path) and detail; "
            "in arguments also OutputFormatter and SpanExporter objects.",
        ),
    )
    trace_file: str | Literal[False] | None = field(
        default=None,
        metadata=_about(
            read_trace_file,
            "File for OTLP JSON lines, {date}, {pid} and {service} being filled in; false for none. Unset, it is "
            f"{DEFAULT_TRACE_FILE} where no OTLP endpoint is set.",
        ),
    )
    error_handlers: tuple[object, ...] = field(
        default=(),
        metadata=_about(
            list_of(_read_error_handler),
            "What is called for failures: names (log); in arguments also ErrorHandler objects.",
        ),
    )
    announce: bool = field(
        default=True,
        metadata=_about(read_switch, "Whether one line on stderr says where the trace file is."),
    )
    flush_seconds: float = field(
        default=0.2,
        metadata=_about(read_positive_seconds, "How long ended spans wait for the worker at most."),
    )
    exit_seconds: float = field(
        default=5.0,
        metadata=_about(read_seconds, "How long the end of the program may be held up at most."),
    )
    max_held_spans: int = field(
        default=100_000,
        metadata=_about(read_positive_count, "How many spans wait for their operation's end at most."),
    )
    max_held_seconds: float = field(
        default=3600.0,
        metadata=_about(read_positive_seconds, "How long spans wait for their operation's end at most."),
    )
    foreign_detail: Detail = field(
        default=Detail.DETAILED,
        metadata=_about(read_level, "Level that the spans of other libraries count as."),
    )
    fast_spans: bool = field(
        default=True,
        metadata=_about(
            read_switch,
            "Whether operations may use a faster kind of the SDK's spans, where a trial at the start has shown that it "
            "equals the SDK's own.",
        ),
    )


_READERS: dict[str, Reader] = {key.name: key.metadata["read"] for key in fields(Settings)}
_DEFAULTS: dict[str, object] = {key.name: key.default for key in fields(Settings)}


class SettingDescription(NamedTuple):
    """What is known of one setting; `type` is its Python annotation, `variable` its environment variable."""

    name: str
    type: str
    default: object
    meaning: str
    variable: str


def describe_settings() -> list[SettingDescription]:
    """Describe every setting, in the order of declaration."""
    return [
        SettingDescription(key.name, str(key.type), key.default, key.metadata["meaning"], PREFIX + key.name.upper())
        for key in fields(Settings)
    ]


def setting_variables() -> list[str]:
    """Give the names of all environment variables of ours."""
    return [*(setting.variable for setting in describe_settings()), FILE_VARIABLE, SECTION_VARIABLE]


class LoadedSettings(NamedTuple):
    """Settings, and how they came about.

    Attributes:
        settings: What is set; a key with a value that cannot be used has its default.
        origins: Where the value of each key that was given comes from; the other keys have their default.
        refused: The keys with a value that cannot be used.
        problems: What cannot be used, a line for each such thing, with key, value, source and remedy.
        section: The section that ``OTEL_OPS_ENV`` names; empty where it names none.
        sections: The names of the sections of each file that was read.
    """

    settings: Settings
    origins: Mapping[str, str]
    refused: frozenset[str]
    problems: tuple[str, ...]
    section: str
    sections: Mapping[Path, tuple[str, ...]]


def load_settings(
    arguments: Mapping[str, object], *, folder: Path | None = None, environ: Mapping[str, str] | None = None
) -> Settings:
    """Read the settings from all sources, anew at each call.

    Args:
        arguments: Settings given by the program; they win over all other sources and may hold ready objects.
        folder: Where the search for files begins; None means the current directory.
        environ: The environment; None means that of the process.

    Raises:
        SettingsError: something cannot be used; the message has one line for each such thing, with key, value, source
            and remedy.
    """
    loaded = read_settings(arguments, folder=folder, environ=environ)
    if loaded.problems:
        raise SettingsError("\n".join(loaded.problems))
    return loaded.settings


def read_settings(
    arguments: Mapping[str, object], *, folder: Path | None = None, environ: Mapping[str, str] | None = None
) -> LoadedSettings:
    """Read the settings as `load_settings` does, and tell where they come from and what is wrong with them."""
    variables = _variables_of(os.environ if environ is None else environ)
    service_name = variables.pop(_SERVICE_VARIABLE, None)
    section = variables.pop(SECTION_VARIABLE, "")
    given = Given(_DEFAULTS)
    _take_files(given, variables.pop(FILE_VARIABLE, None), section, folder or Path())
    given.take_variables(variables)
    given.take_arguments(arguments)
    settings = _settings_of(given)
    if service_name is not None:
        settings = replace(settings, service_name=service_name)
        given.origins["service_name"] = f"environment variable {_SERVICE_VARIABLE}"
    return LoadedSettings(
        settings, given.origins, frozenset(given.refused), tuple(given.problems), section, given.sections
    )


def _take_files(given: Given, named: str | None, section: str, folder: Path) -> None:
    try:
        for path, table in find_files(folder, named):
            given.take_file(path, table, section)
    except SettingsError as error:
        given.problems.append(str(error))


def _variables_of(environ: Mapping[str, str]) -> dict[str, str]:
    """Copy the variables that matter here; other threads may change the environment meanwhile."""
    names = [name for name in list(environ) if name.startswith(PREFIX) or name == _SERVICE_VARIABLE]
    return {name: text for name in names if (text := environ.get(name, "").strip())}


def _settings_of(given: Given) -> Settings:
    """Check what was given, all of it, and make the settings of what can be used."""
    values: dict[str, Any] = {}
    for key in given.origins:
        try:
            values[key] = _READERS[key](given.value_of(key))
        except WrongValueError as error:
            given.refuse(key, error)
    settings = Settings(**values)
    try:
        if not given.refused:
            _check_outputs(settings)
    except WrongValueError as error:
        given.refuse("outputs", error)
        settings = replace(settings, outputs=())
    return settings


def _check_outputs(settings: Settings) -> None:
    """Refuse outputs that ask for more than the detail gate lets through for any operation."""
    most = max([settings.detail, *(rule.level for rule in settings.detail_rules)])
    findings = [
        Finding(output.detail.name, _too_much(index, output.detail, most), f"[{index}].detail")
        for index, output in enumerate(settings.outputs)
        if output.detail is not None and output.detail > most
    ]
    if findings:
        raise WrongValueError(*findings)


def _too_much(index: int, asked: Detail, most: Detail) -> str:
    return (
        f"more than detail = {most.name} lets through; raise detail to {asked.name}, "
        f"or lower outputs[{index}].detail to {most.name}"
    )
