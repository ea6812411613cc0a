"""An examination as people read it."""

from __future__ import annotations

import pytest

from otel_ops.cli.doctor_page import page_of_report
from otel_ops.doctor import Finding, Level, Report, Section
from otel_ops.formatters import Page

REPORT = Report(
    (
        Section("settings", (Finding("a", "all settings have their defaults"),)),
        Section("losses", ()),
        Section(
            "spans",
            (
                Finding("b", "spans to http://collector:4317"),
                Finding("c", "nobody listens there", Level.ERROR, "start a collector"),
                Finding("d", "a doubt\n\x1b[31mof many", Level.WARNING),
            ),
        ),
    )
)

WIDE = """\
settings ✓ all settings have their defaults
spans    ✓ spans to http://collector:4317
         ✗ nobody listens there
           → start a collector
         ! a doubt⏎of many

Something is wrong: operations are lost, or do not arrive.
"""

NARROW = """\
settings
ok all settings have their defaults
spans
ok      spans to http://collector:4317
error   nobody listens there
        -> start a collector
warning a doubt of many

Something is wrong: operations are lost,
or do not arrive.
"""


def test_each_finding_is_a_row_beside_its_section() -> None:
    """A section without findings is left out; a remedy stands below; a finding is one line, and safe to print."""
    assert WIDE == page_of_report(REPORT, Page(width=100))


def test_on_a_narrow_terminal_sections_stand_above() -> None:
    """Here one of 40 columns that knows ASCII alone."""
    assert NARROW == page_of_report(REPORT, Page(width=40, unicode=False))


@pytest.mark.parametrize("width", [1, 10, 40, 72, 100])
def test_a_long_text_is_cut(width: int) -> None:
    """What somebody has put into a variable does not take the whole screen, nor more columns than there are."""
    report = Report((Section("variables", (Finding("a", "x" * 100_000),)),))
    lines = page_of_report(report, Page(width=width)).splitlines()
    assert 500 > len(lines)
    assert width == 1 or width >= max(map(len, lines))
