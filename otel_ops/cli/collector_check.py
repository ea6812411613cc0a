"""``otel-ops collector check``: what is wrong with a configuration, told with and without a collector."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from otel_ops.cli.collector_overlays import add_overlays, add_version, configuration_of
from otel_ops.cli.parsing import add_format, subcommand
from otel_ops.cli.streams import visible
from otel_ops.collector.checks.all_checks import findings_of
from otel_ops.collector.checks.checked import Checked
from otel_ops.collector.checks.finding import ERROR, Finding
from otel_ops.collector.merging import Configuration
from otel_ops.collector.older_names import told
from otel_ops.collector.program import NAMES, Collector, complaint, found_collector
from otel_ops.collector.rendering import as_text

if TYPE_CHECKING:
    from otel_ops.cli.parsing import Subparsers

_EXAMPLES = """  otel-ops collector check prometheus jaeger
  otel-ops collector check honeycomb mine.yaml --collector ./otelcol-contrib
  otel-ops collector check --no-base /etc/otelcol/config.yaml
  otel-ops collector check prometheus --json | jq -r '.findings[].message'
"""
_FAILED = 2


class _Verdict(NamedTuple):
    """What checks found, and what a collector says."""

    findings: Sequence[Finding]
    collector: Collector | None
    complaint: str | None

    @property
    def is_good(self) -> bool:
        return not self.complaint and not any(finding.severity == ERROR for finding in self.findings)


def add_to(subparsers: Subparsers) -> None:
    """Add the subcommand."""
    summary = "tell what is wrong with a configuration of the collector"
    parser = subcommand(subparsers, "check", run, summary, _EXAMPLES)
    add_overlays(parser)
    add_version(parser)
    parser.add_argument(
        "--collector", metavar="PROGRAM", help=f"has it validated, too; default: {', '.join(NAMES)}, if on PATH"
    )
    add_format(parser, "text", "json")


def run(options: argparse.Namespace) -> int:
    """Print what is wrong; the exit code is 2 where something must not be as it is."""
    configuration = configuration_of(options)
    collector = found_collector(options.collector)
    version = options.collector_version or (collector.version if collector else None)
    findings = findings_of(Checked(configuration, os.environ, version))
    said = complaint(collector, as_text(configuration, version), os.environ) if collector else None
    verdict = _Verdict(findings, collector, said)
    sys.stdout.write(_json(verdict) if options.format == "json" else _text(verdict, configuration))
    return 0 if verdict.is_good else _FAILED


def _text(verdict: _Verdict, configuration: Configuration) -> str:
    lines = [visible(str(finding)) for finding in verdict.findings]
    errors = sum(finding.severity == ERROR for finding in verdict.findings)
    files = ", ".join(source.name for source in configuration.sources)
    lines.append(visible(f"{files}: {errors} error(s), {len(lines) - errors} warning(s)"))
    return "\n".join([*lines, *map(visible, _said(verdict).splitlines())]) + "\n"


def _said(verdict: _Verdict) -> str:
    if verdict.collector is None:
        return f"not validated by a collector: none of {', '.join(NAMES)} is on PATH; name one with --collector"
    named = f"{verdict.collector.path} ({told(verdict.collector.version)})"
    return f"{named} refuses it: {verdict.complaint}" if verdict.complaint else f"{named} accepts it"


def _json(verdict: _Verdict) -> str:
    collector = verdict.collector
    document = {
        "version": 1,
        "findings": [finding._asdict() for finding in verdict.findings],
        "collector": collector and {"path": collector.path, "version": told(collector.version)},
        "complaint": verdict.complaint,
        "good": verdict.is_good,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
