"""All carriers at once, for as long as ``SOAK_SECONDS`` says: ``make soak``.

Checks as it goes that every operation is written once and stands where it belongs, and at its end that memory is flat.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import psutil
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from otel_ops import OperationContext, configure, diagnostics, shutdown
from tests.soak.account import Account
from tests.soak.work import Way, run_block, ways

SECONDS = float(os.environ.get("SOAK_SECONDS", "600"))
WARM_UP = 0.3
"""Share of the time after which memory is expected to be flat."""

FLAT = 0.05
"""By so much of itself memory may grow after that."""

SETTLED = 10
"""Rounds after which everything of a round is written, also by workers that wait for tasks."""


def main() -> int:
    """Run, and tell; give 1 where something is not as it must be."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "aside").mkdir()
        configure(trace_file=str(folder / "{pid}.jsonl"), outputs=[], announce=False, log_level="INFO")
        account = Account(folder)
        with ways() as carriers:
            memory, rounds = _run(account, carriers)
        shutdown()
        account.read()
        account.read()
        for number in range(max(0, rounds - SETTLED), rounds):
            account.close(number, list(carriers))
    return _told(account, memory, rounds, list(carriers))


def _run(account: Account, carriers: Mapping[str, Way]) -> tuple[list[float], int]:
    """Do rounds until the time is over; give the memory after each, in MiB, and their number."""
    memory: list[float] = []
    process, start = psutil.Process(), time.monotonic()
    columns = TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("soak", total=SECONDS)
        while (passed := time.monotonic() - start) < SECONDS:
            number = len(memory)
            _round(number, carriers)
            account.read()
            if number >= SETTLED:
                account.close(number - SETTLED, list(carriers))
            memory.append(process.memory_info().rss / 2**20)
            progress.update(task, completed=passed, description=f"{account.steps:,} steps, {memory[-1]:.0f} MiB")
    return memory, len(memory)


def _round(number: int, carriers: Mapping[str, Way]) -> None:
    """Have all carriers do their block at once, in threads of their own."""
    with OperationContext("round", number=str(number)):
        threads = [threading.Thread(target=run_block, args=(carrier, number, way)) for carrier, way in carriers.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def _told(account: Account, memory: list[float], rounds: int, carriers: list[str]) -> int:
    settled = memory[int(len(memory) * WARM_UP) :]
    tenth = max(1, len(settled) // 10)
    first, last = (sum(part) / len(part) for part in (settled[:tenth], settled[-tenth:]))
    growth = last / first - 1
    wrong = account.missing + account.double + account.wrong_parents
    table = Table(title="soak", show_header=False)
    for what, figure in {
        "carriers": ", ".join(carriers),
        "seconds": f"{SECONDS:g}",
        "rounds": f"{rounds:,}",
        "steps": f"{account.steps:,}",
        "missing": f"{account.missing:,}",
        "double": f"{account.double:,}",
        "in a wrong place": f"{account.wrong_parents:,}",
        "memory after the warm-up": f"{first:.1f} MiB",
        "memory at the end": f"{last:.1f} MiB ({growth:+.1%})",
        "memory in ten steps": " ".join(f"{size:.0f}" for size in memory[tenth - 1 :: max(1, len(memory) // 10)]),
        "left out, by our own count": str(diagnostics() or "nothing"),
    }.items():
        table.add_row(what, figure)
    Console().print(table)
    return int(bool(wrong) or growth > FLAT)


if __name__ == "__main__":
    sys.exit(main())
