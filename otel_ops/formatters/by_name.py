"""Span exporters that OpenTelemetry makes by name, as ``OTEL_TRACES_EXPORTER=otlp,ops_tree`` asks for.

Nothing of ours needs to be called before: each owns a builder of logs, and goes behind OpenTelemetry's batch processor.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, ClassVar

from otel_ops import faults
from otel_ops.exceptions import SettingsError
from otel_ops.formatters.chosen import arguments_of
from otel_ops.formatters.exporter import FormattedSpanExporter
from otel_ops.log_builder import LogBuilder
from otel_ops.settings import LoadedSettings, read_settings
from otel_ops.settings.declaration import builder_options
from otel_ops.settings.outputs import read_output
from otel_ops.settings.values import WrongValueError

VARIABLES = ("to", "detail", "operation", "outcome")
"""What variables such as ``OTEL_EXPORTER_OPS_TREE_TO`` may set."""


class NamedSpanExporter(FormattedSpanExporter):
    """Writes the log of each finished operation in one format.

    Args:
        **options: The keys of an output in settings, but for ``format``. They win over ``OTEL_EXPORTER_OPS_TREE_TO``
            and its like, and these over the setting ``detail``; by default all goes to stderr.

    Raises:
        SettingsError: An option has an unknown name or a value that cannot be used. Variables that cannot be used are
            told and left out.
    """

    format_name: ClassVar[str]

    def __init__(self, **options: Any) -> None:
        loaded = read_settings({})
        super().__init__(**self._arguments(options, loaded))
        self._builder = LogBuilder(**builder_options(loaded.settings))

    def _arguments(self, options: Mapping[str, Any], loaded: LoadedSettings) -> dict[str, Any]:
        for problem in loaded.problems:
            faults.warn("exporter.settings", f"{problem}; left out", about=problem)
        level = {"detail": loaded.settings.detail} if loaded.origins.keys() - loaded.refused >= {"detail"} else {}
        try:
            return self._read({**level, **self._variables(), **options})
        except WrongValueError as error:
            message = self._told(error)
            if options:
                raise SettingsError(message) from error
            faults.warn("exporter.settings", f"{message}; all goes to stderr instead", about=message)
            return self._read(level)

    def _read(self, keys: Mapping[str, Any]) -> dict[str, Any]:
        return arguments_of(read_output({**keys, "format": self.format_name}))

    def _variables(self) -> dict[str, str]:
        found = {key: os.environ.get(self._variable(key), "").strip() for key in VARIABLES}
        return {key: text for key, text in found.items() if text}

    def _variable(self, key: str) -> str:
        return f"OTEL_EXPORTER_OPS_{self.format_name}_{key}".upper()

    def _told(self, error: WrongValueError) -> str:
        """Name each wrong key, by its variable where it has one."""
        name = f"ops_{self.format_name}"
        keys = [(finding, finding.place.lstrip(".")) for finding in error.findings]
        told = [
            (finding, self._variable(key) if self._variables().get(key) else f"{name}.{key}") for finding, key in keys
        ]
        return "; ".join(f"{key} = {finding.value!r}: {finding.what}" for finding, key in told)


class TreeSpanExporter(NamedSpanExporter):
    """Trees: ``ops_tree``."""

    format_name = "tree"


class TableSpanExporter(NamedSpanExporter):
    """Tables: ``ops_table``."""

    format_name = "table"


class JSONSpanExporter(NamedSpanExporter):
    """JSON: ``ops_json``."""

    format_name = "json"


class JSONLinesSpanExporter(NamedSpanExporter):
    """JSON, each log on one line: ``ops_jsonl``."""

    format_name = "jsonl"


class XMLSpanExporter(NamedSpanExporter):
    """XML: ``ops_xml``."""

    format_name = "xml"
