"""Front door of the benchmarks: ``make bench``, or ``python -m tests.benchmarks --quick 'block*'``."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from rich.console import Console

from tests.benchmarks import report
from tests.benchmarks.cases import CASES, chosen
from tests.benchmarks.harness import Case, Result, measure, without_figure

DEFAULT_PATH = Path("build", "bench.json")


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description="Measure operations beside the idiom of the SDK, in turns.",
        epilog="Cases: " + ", ".join(case.name for case in CASES),
    )
    parser.add_argument("cases", nargs="*", metavar="CASE", help="name or pattern; without one, all cases")
    parser.add_argument("--quick", action="store_true", help="few rounds: see that all runs, with rough figures")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a target is missed")
    parser.add_argument("--json", type=Path, default=DEFAULT_PATH, help="where the figures go (default: %(default)s)")
    arguments = parser.parse_args(given)
    try:
        arguments.cases = chosen(arguments.cases)
    except ValueError as error:
        parser.error(str(error))
    return arguments


def main(given: Sequence[str] | None = None) -> int:
    """Measure, print and write.

    Returns:
        1 where a case failed, or, with ``--check``, where a target is not met; else 0.
    """
    arguments = _arguments(given)
    _forget_environment()
    console = Console()
    results = list(_measured(arguments.cases, console, quick=arguments.quick))
    content = report.document(results, quick=arguments.quick)
    report.write(arguments.json, content)
    report.show(console, content, results)
    return exit_code(results, check=arguments.check)


def exit_code(results: Sequence[Result], *, check: bool) -> int:
    """Tell whether all went well: a missed target counts only where it is to be checked."""
    missed = any(result.target is not None and not result.met for result in results)
    return int(any(result.failed for result in results) or (check and missed))


def _forget_environment() -> None:
    """Leave out what would set OpenTelemetry or otel_ops up otherwise, here and in all processes begun here."""
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        del os.environ[name]


def _measured(cases: Sequence[Case], console: Console, *, quick: bool) -> Iterator[Result]:
    for number, case in enumerate(cases, 1):
        with console.status(f"{number} of {len(cases)}: {case.title}", refresh_per_second=1):
            yield in_own_process(case.quick() if quick else case)


def in_own_process(case: Case) -> Result:
    """Measure where no other case has set a provider, or left anything behind."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            return pool.submit(measure, case).result()
        except Exception as error:
            return without_figure(case, failed=f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    sys.exit(main())
