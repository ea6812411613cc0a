"""``otel-ops collector run``: a collector with overlays, and what goes through it."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.text import Text

from otel_ops.cli.collector_overlays import add_overlays, configuration_of
from otel_ops.cli.parsing import subcommand
from otel_ops.cli.streams import tell
from otel_ops.collector.checks.all_checks import findings_of
from otel_ops.collector.checks.checked import Checked
from otel_ops.collector.checks.finding import ERROR
from otel_ops.collector.merging import Configuration
from otel_ops.collector.program import NAMES, Collector, found_collector
from otel_ops.collector.running import RunningCollector, state_folder
from otel_ops.collector.traffic import Sending, Traffic
from otel_ops.exceptions import CollectorError

if TYPE_CHECKING:
    from otel_ops.cli.parsing import Subparsers

_EXAMPLES = """  otel-ops collector run jaeger prometheus
  otel-ops collector run archive --collector ./otelcol-contrib
  HONEYCOMB_API_KEY=… otel-ops collector run honeycomb
"""
_DOWNLOADS = "the project's releases are at opentelemetry.io/docs/collector/installation"
_ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
_LEAST = 0.001
_UNITS = {"spans": "spans", "metric_points": "metric points", "log_records": "log records"}


def add_to(subparsers: Subparsers) -> None:
    """Add the subcommand."""
    parser = subcommand(subparsers, "run", run, "run a collector, and show what goes through it", _EXAMPLES)
    add_overlays(parser)
    parser.add_argument("--collector", metavar="PROGRAM", help=f"default: {', '.join(NAMES)}, the first on PATH")
    parser.add_argument(
        "--every", type=_seconds, default=2.0, metavar="SECONDS", help="how often it is asked; default: 2"
    )
    parser.add_argument(
        "--folder", type=Path, default=state_folder(), help=f"for its queue and log; default: {state_folder()}"
    )


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < threading.TIMEOUT_MAX:
        msg = f"{text}: give seconds that can be waited, as 0.5 or 10"
        raise argparse.ArgumentTypeError(msg)
    return seconds


def run(options: argparse.Namespace) -> int:
    """Run it until Ctrl-C, SIGTERM or its own end.

    Raises:
        CollectorError: There is no collector, it does not start, or ends by itself; or the configuration has errors.
    """
    collector = _collector(options.collector)
    configuration = configuration_of(options)
    _refuse_errors(configuration, collector)
    running = RunningCollector(collector, configuration, options.folder, os.environ)
    with _ended_by_signals(), running:
        try:
            _greet(running)
            _watch(running, options.every)
        except KeyboardInterrupt:
            _part(running)
            return 0
    raise CollectorError(running.told_end())


def _collector(named: str | None) -> Collector:
    collector = found_collector(named)
    if collector is None:
        msg = f"none of {', '.join(NAMES)} is on PATH; install one ({_DOWNLOADS}), or name it with --collector"
        raise CollectorError(msg)
    return collector


def _refuse_errors(configuration: Configuration, collector: Collector) -> None:
    findings = findings_of(Checked(configuration, os.environ, collector.version))
    errors = [str(finding) for finding in findings if finding.severity == ERROR]
    if errors:
        raise CollectorError("\n".join(errors))


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Take SIGTERM, and the end of the terminal, for Ctrl-C, so that the collector ends with the command."""
    heeded = [one for one in _ENDING if signal.getsignal(one) is not signal.SIG_IGN]
    former = {one: signal.signal(one, _interrupt) for one in heeded}
    try:
        yield
    finally:
        for one, handler in former.items():
            signal.signal(one, handler)


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


def _greet(running: RunningCollector) -> None:
    for protocol, address in running.addresses.receiving.items():
        print(f"receiving OTLP over {protocol} on {address}")
    print(f"log: {running.log}; end with Ctrl-C", flush=True)


def _watch(running: RunningCollector, seconds: float) -> None:
    """Show what goes through, until the collector ends."""
    console = Console(file=sys.stdout)
    if not console.is_terminal:
        for text in _changes(running, seconds):
            print(text, flush=True)
        return
    with Live(console=console, auto_refresh=False) as live:
        for text in _changes(running, seconds):
            live.update(Text(text.replace("; ", "\n")), refresh=True)


def _changes(running: RunningCollector, seconds: float) -> Iterator[str]:
    before = None
    while running.exit_code is None:
        traffic = running.traffic()
        if traffic is not None and traffic != before:
            yield told(traffic)
            before = traffic
        time.sleep(seconds)


def _part(running: RunningCollector) -> None:
    """Stop it, and tell what it leaves."""
    last = running.traffic()
    is_clean = _stopped(running)
    if last is not None:
        print(told(last))
        if last.waiting:
            tell(f"{', '.join(last.waiting)}: what is queued is on disk, and is sent after the next start")
    if not is_clean:
        tell("the collector was killed, for its exporters still tried to send; queues are kept")


def _stopped(running: RunningCollector) -> bool:
    """Stop it, at once where Ctrl-C comes again; tell whether it ended by itself."""
    try:
        return running.stop()
    except KeyboardInterrupt:
        return False


def told(traffic: Traffic) -> str:
    """Tell in a line what went through."""
    received = ", ".join(f"{traffic.received.get(unit, 0)} {name}" for unit, name in _UNITS.items())
    refused = f", refused {traffic.refused}" if traffic.refused else ""
    sendings = (_told_sending(name, one) for name, one in traffic.exporters.items() if name != "nop")
    return "; ".join([f"received {received}{refused}", *sendings])


def _told_sending(name: str, one: Sending) -> str:
    queue = f", queue {max(one.queued / one.capacity, _LEAST):.1%} full" if one.capacity and one.queued else ""
    lost = f", lost {one.lost}" if one.lost else ""
    return f"{name}: sent {one.sent}{queue}{lost}"
