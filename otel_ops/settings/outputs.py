"""Outputs in settings: what is written where, which logs, how much of them, and how files are kept."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from otel_ops.detail import Detail
from otel_ops.outputs import Destination, FileRules, LogFilter, PathTemplate
from otel_ops.outputs.choice import is_path
from otel_ops.outputs.file_rules import MAX_KEPT, MODES, Mode
from otel_ops.outputs.logger import LOGGER_PREFIX
from otel_ops.semconv import Outcome
from otel_ops.settings.extensions import FORMATS
from otel_ops.settings.values import (
    Finding,
    Reader,
    WrongValueError,
    list_of,
    optional,
    options_of,
    read_globs,
    read_level,
    read_path,
    read_positive_count,
    read_positive_seconds,
    read_table,
    read_text,
    table_of,
    unknown,
    wrong,
)

_OUTCOMES = tuple(value for name, value in vars(Outcome).items() if name.isupper())
_METHODS = ("format_operation_log", "export")


@dataclass(frozen=True, slots=True)
class Output:
    """Where formatted logs go; all but the format is of no meaning for a ``SpanExporter``.

    Attributes:
        format: A name (``tree``, ``table``, ``json``, ``jsonl``, ``xml``, or what a package adds), or a ready
            ``OutputFormatter`` or ``SpanExporter``.
        to: ``stderr``, ``stdout``, ``logger:`` with a name, or a path with placeholders; in arguments also an open
            stream, a function or a ``logging.Logger``.
        detail: The level of this output; None means all that is recorded.
        operation: Glob for the names of the operations that are shown.
        outcome: How these ended: one or several; ``error`` stands for every failure, ``timed_out`` included.
        context: Globs for values of their context by name.
        options: What the formatter is made with.
        mode: ``append`` or ``replace``; by default files of whole documents are replaced, others are appended to.
        max_bytes: A file that would be larger is put aside; None for no limit.
        max_seconds: So is one last written in an earlier period of this length; 86400 is a day. None for no limit.
        keep: How many old files are kept.
    """

    format: object
    to: Destination = "stderr"
    detail: Detail | None = None
    operation: str = "*"
    outcome: tuple[str, ...] = ()
    context: tuple[tuple[str, str], ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    mode: Mode | None = None
    max_bytes: int | None = None
    max_seconds: float | None = None
    keep: int = 10

    @property
    def only(self) -> LogFilter:
        """Which logs are shown."""
        return LogFilter(self.operation, self.outcome, self.context)

    @property
    def files(self) -> FileRules:
        """How files are written."""
        return FileRules(self.mode, self.max_bytes, self.max_seconds, self.keep)


def read_output(value: object) -> Output:
    """Read an output: a name, a table, or in arguments a ready object."""
    if isinstance(value, Output):
        value = table_of(value)
    elif not isinstance(value, Mapping):
        value = {"format": value}
    output = Output(**read_table(value, _READERS, required="format"))
    _check(output)
    return output


def _check(output: Output) -> None:
    """Refuse keys that do not go together."""
    if output.options and not isinstance(output.format, str):
        raise WrongValueError(Finding(output.options, "give them to the object in format itself", ".options"))
    to_files = {"mode": output.mode, "max_bytes": output.max_bytes, "max_seconds": output.max_seconds}
    if not is_path(output.to):
        what = "is for files; set to to a path, or leave this out"
        findings = [Finding(value, what, f".{key}") for key, value in to_files.items() if value is not None]
        if findings:
            raise WrongValueError(*findings)


def _read_format(value: object) -> object:
    if isinstance(value, str):
        if FORMATS.find(value):
            return value
        raise wrong(value, FORMATS.unknown(value))
    if any(callable(getattr(value, method, None)) for method in _METHODS):
        if not isinstance(value, type):
            return value
        raise wrong(value, f"is a class; give an object of it, as in {value.__name__}()")
    names = ", ".join(FORMATS.built_in)
    raise wrong(value, f"must be one of {names}, or in arguments an OutputFormatter or SpanExporter object")


def _read_place(value: Any) -> Destination:
    if callable(value) or callable(getattr(value, "write", None)) or isinstance(value, logging.Logger):
        return value  # type: ignore[no-any-return] # it is what it was found to be
    path = read_path(value, "must be stderr, stdout, logger: with a name, or a path; in arguments also an open stream")
    if path == LOGGER_PREFIX:
        raise wrong(value, "needs the name of a logger, such as logger:operations")
    if is_path(path):
        _check_path(path)
    return path


def _check_path(path: str) -> None:
    try:
        PathTemplate(path)
    except ValueError as error:
        raise wrong(path, str(error)) from None
    except FileNotFoundError:
        return  # the current directory was removed: whoever makes the output tells


def _read_outcome(value: object) -> str:
    if value in _OUTCOMES:
        return str(value)
    raise wrong(value, unknown("outcome", value, _OUTCOMES))


def _read_mode(value: object) -> object:
    if value in MODES:
        return value
    raise wrong(value, unknown("mode", value, MODES))


def _read_kept(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_KEPT:
        return value
    raise wrong(value, f"must be a whole number from 0 to {MAX_KEPT:,}")


_READERS: dict[str, Reader] = {
    "format": _read_format,
    "to": _read_place,
    "detail": optional(read_level),
    "operation": read_text,
    "outcome": list_of(_read_outcome),
    "context": read_globs,
    "options": options_of("formatter", "{indent = 2}"),
    "mode": optional(_read_mode),
    "max_bytes": optional(read_positive_count),
    "max_seconds": optional(read_positive_seconds),
    "keep": _read_kept,
}


def check_levels(outputs: Iterable[Output], most: Detail) -> None:
    """Refuse outputs that ask for more than the detail gate lets through for any operation.

    Raises:
        WrongValueError: with a finding for each such output.
    """
    findings = [
        Finding(output.detail.name, _too_much(index, output.detail, most), f"[{index}].detail")
        for index, output in enumerate(outputs)
        if output.detail is not None and output.detail > most
    ]
    if findings:
        raise WrongValueError(*findings)


def _too_much(index: int, asked: Detail, most: Detail) -> str:
    return (
        f"more than detail = {most.name} lets through; raise detail to {asked.name}, "
        f"or lower outputs[{index}].detail to {most.name}"
    )
