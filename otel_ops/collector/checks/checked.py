"""What checks look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from otel_ops.collector.checks.finding import ERROR, WARNING, Finding
from otel_ops.collector.merging import Configuration
from otel_ops.collector.older_names import Version
from otel_ops.collector.yaml_text import KeyPath


class Checked(NamedTuple):
    """A configuration, and where it is to run.

    Attributes:
        configuration: The merged files, with names as they stand there.
        environ: The environment.
        version: Version of the collector; None for one of today.
    """

    configuration: Configuration
    environ: Mapping[str, str]
    version: Version | None = None

    def error(self, rule: str, path: KeyPath, message: str) -> Finding:
        """Make a finding of what must not be."""
        return self._finding(rule, ERROR, path, message)

    def warning(self, rule: str, path: KeyPath, message: str) -> Finding:
        """Make a finding of what had better not be."""
        return self._finding(rule, WARNING, path, message)

    def _finding(self, rule: str, severity: str, path: KeyPath, message: str) -> Finding:
        return Finding(rule, severity, self.configuration.place_of(path), ".".join(path), message)
