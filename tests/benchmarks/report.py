"""The figures as a table for people and as JSON for programs."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from opentelemetry.sdk.version import __version__ as sdk_version
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from otel_ops import __version__
from tests.benchmarks.harness import BYTES, GROWTH, MILLISECONDS, RATIO, Result

FORMAT_VERSION = 1
BAR_WIDTH = 6
"""Characters of a bar that is filled where the figure is the target."""

LONG_TIME = 10.0
"""Milliseconds from which on one decimal is enough."""

SMALL_RATIO = 1.0
"""Below it, a ratio is shown with three digits."""

WIDTH = 100
"""Columns of the table, where there is no terminal that says otherwise."""


def document(results: Sequence[Result], *, quick: bool) -> dict[str, Any]:
    """Give what is written as JSON."""
    return {
        "format": "otel_ops.benchmarks",
        "version": FORMAT_VERSION,
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "opentelemetry_sdk": sdk_version,
        "otel_ops": __version__,
        "platform": f"{platform.system()} {platform.machine()}",
        "quick": quick,
        "cases": [asdict(result) for result in results],
    }


def write(path: Path, content: dict[str, Any]) -> None:
    """Write the JSON, with its folder where that is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def show(console: Console, content: dict[str, Any], results: Sequence[Result]) -> None:
    """Print the table."""
    if not console.is_terminal:
        console.width = WIDTH
    console.print(_table(results), "", sep="\n")
    console.print(
        f"[dim]Medians over rounds that take turns; below them, half of the rounds. Python {content['python']}, "
        f"SDK {content['opentelemetry_sdk']}, {content['platform']}"
        f"{'; quick, so rough' if content['quick'] else ''}.[/dim]",
        highlight=False,
    )
    for line in (*_notes(results), *_verdict(results)):
        console.print(line, highlight=False)


def _table(results: Sequence[Result]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, collapse_padding=True, pad_edge=False, show_edge=False)
    table.add_column("case")
    for heading in ("ours", "against", "measured", "target"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for index, result in enumerate(results):
        if result.target is None and index and results[index - 1].target is not None:
            table.add_section()
        table.add_row(f"{result.case}\n[dim]{escape(result.title)}[/dim]", *_figures(result), *_aim(result))
    return table


def _figures(result: Result) -> tuple[str, str, str]:
    if result.figure is None:
        return "", "", "–"
    ours, theirs = (_time(result.medians_us[side], result.unit) for side in ("ours", "theirs"))
    return ours, theirs, f"{_amount(result.figure, result.unit)}\n[dim]{_spread(result)}[/dim]"


def _spread(result: Result) -> str:
    if result.quartiles is None:
        return ""
    low, high = (_amount(quartile, result.unit).split()[0] for quartile in result.quartiles)
    return f"{low}…{high}"


def _aim(result: Result) -> tuple[str, str]:
    target = "" if result.target is None else f"≤ {_amount(result.target, result.unit)}"
    if result.figure is None:
        return target, "[red]failed[/red]" if result.failed else "[yellow]unavailable[/yellow]"
    return target, "" if result.target is None else _mark(result.figure / result.target, met=bool(result.met))


def _mark(share: float, *, met: bool) -> str:
    bar = "█" * round(max(0, min(share, 1.5)) * BAR_WIDTH)
    return f"[green]✓ met\n{bar}[/green]" if met else f"[red]✗ {_percent(share - 1)} over\n{bar}[/red]"


def _percent(share: float) -> str:
    """Give whole percents, or what there is of the first: a target that was missed was missed by something."""
    percent = 100 * share
    return f"{percent:.0f}%" if percent >= 1 else f"{percent:.1g}%"


def _time(microseconds: float, unit: str) -> str:
    if unit == GROWTH:
        return f"{microseconds:.2f} ×"
    if unit == BYTES:
        return f"{microseconds:.0f} B"
    return f"{microseconds / 1_000:.1f} ms" if unit == MILLISECONDS else f"{microseconds:.2f} µs"


def _amount(figure: float, unit: str) -> str:
    unit = RATIO if unit == GROWTH else unit
    if unit == BYTES:
        return f"{figure:.0f} B"
    if unit == MILLISECONDS and abs(figure) >= LONG_TIME:
        return f"{figure:.1f} {unit}"
    return f"{figure:.3f} ×" if unit == RATIO and abs(figure) < SMALL_RATIO else f"{figure:.2f} {unit}"


def _notes(results: Sequence[Result]) -> Iterator[str]:
    for result in results:
        if result.failed:
            yield f"[red]{result.case} failed: {escape(result.failed)}[/red]"
        elif result.unavailable:
            yield f"[yellow]{result.case} is not available: {escape(result.unavailable)}[/yellow]"


def _verdict(results: Sequence[Result]) -> Iterator[str]:
    aimed = [result for result in results if result.target is not None]
    not_met = [result.case for result in aimed if not result.met]
    if not_met:
        yield f"[red]{len(aimed) - len(not_met)} of {len(aimed)} targets are met; not: {', '.join(not_met)}.[/red]"
    elif aimed:
        yield f"[green]All {len(aimed)} targets are met.[/green]"
