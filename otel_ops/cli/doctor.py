"""``otel-ops doctor``: what would happen to an operation now, and what stands in its way."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from typing import TYPE_CHECKING

from otel_ops.cli.parsing import add_format, subcommand
from otel_ops.formatters import page_of

if TYPE_CHECKING:
    from otel_ops.cli.parsing import Subparsers
    from otel_ops.doctor import Report

_EXAMPLES = """  otel-ops doctor
  OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318 otel-ops doctor
  opentelemetry-instrument otel-ops doctor
  otel-ops doctor --json | jq -r '.findings[] | select(.level == "error") | .text'
"""
_SECONDS, _MOST_SECONDS = 5.0, 3600


def add_to(subparsers: Subparsers) -> None:
    """Add the subcommand."""
    parser = subcommand(
        subparsers, "doctor", run, "tell what would happen to an operation now, and what is wrong", _EXAMPLES
    )
    parser.add_argument("--no-send", action="store_true", help="connect to nothing, and send no span")
    parser.add_argument(
        "--timeout",
        type=_seconds,
        default=_SECONDS,
        metavar="SECONDS",
        help=f"how long each endpoint is waited for; default: {_SECONDS:g}",
    )
    add_format(parser, "text", "json")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= _MOST_SECONDS:
        msg = f"{text!r} is no number of seconds up to {_MOST_SECONDS}"
        raise argparse.ArgumentTypeError(msg)
    return seconds


def run(options: argparse.Namespace) -> int:
    """Print what was found; the exit code is the level of the worst of it."""
    from otel_ops.cli.doctor_page import page_of_report  # noqa: PLC0415 - only for those who ask for it
    from otel_ops.doctor import examine  # noqa: PLC0415 - as above

    logging.getLogger("opentelemetry").addHandler(logging.NullHandler())  # what exporters log stands in the report
    report = examine(sends=not options.no_send, seconds=options.timeout)
    sys.stdout.write(_json(report) if options.format == "json" else page_of_report(report, page_of(sys.stdout)))
    sys.stdout.flush()
    return int(report.level)


def _json(report: Report) -> str:
    findings = [
        {**finding._asdict(), "section": section.title, "level": finding.level.name.lower(), "data": dict(finding.data)}
        for section in report.sections
        for finding in section.findings
    ]
    document = {"version": 1, "level": report.level.name.lower(), "findings": findings}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
