"""An examination as people read it: a row for each finding, beside the name of its section."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from otel_ops.doctor import Finding, Level, Report, Section
from otel_ops.faults import shortened
from otel_ops.formatters import Page, wording
from otel_ops.formatters.rendering import rendered

if TYPE_CHECKING:
    from rich.console import RenderableType

_NARROW = 72
"""Columns below which the name of a section stands above its findings."""

_MOST_LETTERS = 400

_MARKS = {Level.OK: "✓", Level.WARNING: "!", Level.ERROR: "✗"}
_ASCII_MARKS = {Level.OK: "ok", Level.WARNING: "warning", Level.ERROR: "error"}
_STYLES = {Level.OK: "green", Level.WARNING: "yellow", Level.ERROR: "bold red"}
_VERDICTS = {
    Level.OK: "Operations arrive, as far as can be told from here.",
    Level.WARNING: "Operations arrive, as far as can be told; something is doubtful.",
    Level.ERROR: "Something is wrong: operations are lost, or do not arrive.",
}


def page_of_report(report: Report, page: Page) -> str:
    """Give the text."""
    sections = [section for section in report.sections if section.findings]
    table = _narrow if page.width < _NARROW else _wide
    verdict = _grid(1)
    verdict.add_row(Text(_VERDICTS[report.level], _STYLES[report.level]))
    return rendered((*table(sections, page), Text(), verdict), page)


def _wide(sections: list[Section], page: Page) -> Iterator[RenderableType]:
    table = _grid(3)
    for section in sections:
        for title, finding in zip((section.title, *[""] * len(section.findings)), section.findings, strict=False):
            table.add_row(Text(title, "bold"), *_cells(finding, page))
    yield table


def _narrow(sections: list[Section], page: Page) -> Iterator[RenderableType]:
    for section in sections:
        table = _grid(2)
        for finding in section.findings:
            table.add_row(*_cells(finding, page))
        yield Text(section.title, "bold")
        yield table


def _grid(columns: int) -> Table:
    table = Table.grid(padding=(0, 1, 0, 0))
    for _ in range(columns - 1):
        table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    return table


def _cells(finding: Finding, page: Page) -> tuple[Text, Text]:
    style = _STYLES[finding.level]
    text = Text(_fit(finding.text), "" if finding.level is Level.OK else style)
    if finding.remedy:
        text.append(f"\n{'→' if page.unicode else '->'} {_fit(finding.remedy)}", "not bold default")
    return Text((_MARKS if page.unicode else _ASCII_MARKS)[finding.level], style), text


def _fit(text: str) -> str:
    """Make text fit for a screen."""
    return shortened(wording.safe(text), _MOST_LETTERS)
