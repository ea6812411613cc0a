"""The outputs that settings and OpenTelemetry's variables ask for, each with a place of its own."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from opentelemetry.sdk.trace.export import SpanExporter

from otel_ops.exceptions import SettingsError
from otel_ops.exporters import OTLPFileSpanExporter
from otel_ops.formatters.base import OutputFormatter
from otel_ops.formatters.by_name import NamedSpanExporter
from otel_ops.formatters.chosen import arguments_of
from otel_ops.formatters.exporter import FormattedSpanExporter
from otel_ops.outputs import Claims, is_device
from otel_ops.settings import Output
from otel_ops.settings.making import wrong_class
from otel_ops.settings.values import WrongValueError


def make_outputs(outputs: Sequence[Output]) -> list[SpanExporter]:
    """Make the exporters of the setting ``outputs``.

    Raises:
        SettingsError: One of them cannot be made.
    """
    claims = Claims()
    return [_made(f"outputs[{index}]", output, claims) for index, output in enumerate(outputs)]


def _made(key: str, output: Output, claims: Claims) -> SpanExporter:
    if isinstance(output.format, SpanExporter):
        return output.format
    if not isinstance(output.format, str | OutputFormatter):
        base = OutputFormatter if hasattr(output.format, "format_operation_log") else SpanExporter
        raise wrong_class(key + ".format", output.format, base)
    try:
        return FormattedSpanExporter(**arguments_of(output, claims))
    except WrongValueError as error:
        raise SettingsError(error.told(key)) from error.__cause__
    except FileNotFoundError as error:
        raise folder_gone(key + ".to", output.to, "setting") from error


def folder_gone(key: str, path: object, source: str) -> SettingsError:
    """Make the error of a relative path where there is no current directory."""
    return SettingsError(f"{key} = {path!r} ({source}): the current directory was removed; give an absolute path")


def without_doubles(
    exporters: Iterable[SpanExporter], outputs: Iterable[SpanExporter]
) -> tuple[list[NamedSpanExporter], list[SpanExporter]]:
    """Choose from the exporters that variables ask for, and tell ours from others.

    Ours share the builder of the outputs; one that shows what an output shows at the same place is left out.
    """
    made = list(exporters)
    ours = [exporter for exporter in made if isinstance(exporter, NamedSpanExporter)]
    shown = {repr(output) for output in outputs if isinstance(output, FormattedSpanExporter) and output.destination}
    kept = [exporter for exporter in ours if repr(exporter) not in shown]
    return kept, [exporter for exporter in made if not isinstance(exporter, NamedSpanExporter)]


def keep_apart(writers: Iterable[tuple[str, object]]) -> None:
    """Refuse two settings that write to one file, also where each log fills in its path; devices may be shared.

    Args:
        writers: Key and writer of each.

    Raises:
        SettingsError: Two write to one file.
    """
    keys: dict[str, str] = {}
    for key, writer in writers:
        for path in _files_of(writer):
            if keys.setdefault(path, key) != key:
                msg = f"{keys[path]} and {key} write to one file, {path!r}; give each a path of its own"
                raise SettingsError(msg)


def _files_of(writer: object) -> Iterator[str]:
    """Give the file that an exporter writes to, unless it is a device, or the template of many."""
    path = writer.path if isinstance(writer, OTLPFileSpanExporter | FormattedSpanExporter) else None
    if path is not None:
        if not is_device(os.fspath(path)):
            yield os.path.realpath(path)
    elif isinstance(writer, FormattedSpanExporter) and Path(writer.destination).is_absolute():
        yield writer.destination
