"""Trees, as they are printed."""

import re
from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from otel_ops import Detail
from otel_ops.formatters import OutputFormatter, Page, TreeFormatter
from otel_ops.operation_log import OperationLog
from otel_ops.span_record import EventRecord
from otel_ops.testing import FormatterCompatibilitySuite, make_log
from tests.logs import MS, START, failure, logs, report

TREE = """\
✗ report  BrokenError from load                         100 ms
│  user=ada file=run1.csv
├─ load  path=run1.csv rows=600                        25.0 ms  ━━━━
├─ GET /fit  http.client                               15.0 ms      ━━╸
└─ ✗ fit  BrokenError from load                        59.5 ms        ━━━━━━━━━━
   └─ ✗ step                                           1.00 ms        ╺
         BrokenError: no such row
"""

ASCII_TREE = """\
x report  BrokenError from l~     100 ms
|  user=ada file=run1.csv
|- load  path=run1.csv rows=~    25.0 ms
|- GET /fit  http.client         15.0 ms
`- x fit  BrokenError from l~    59.5 ms
   `- x step                     1.00 ms
         BrokenError: no such row
"""


class TestCompatibility(FormatterCompatibilitySuite):
    format_name = "tree"

    def options(self) -> Mapping[str, Any]:
        return {"detail": "STANDARD", "max_rows": 3}

    def make_formatter(self) -> OutputFormatter:
        return TreeFormatter()


def test_a_tree_with_a_failure() -> None:
    """Context once, attributes behind the name, the reason of a failure where it began, durations in one column."""
    assert TREE == TreeFormatter(page=Page(80)).format_operation_log(report())


def test_a_narrow_terminal_without_unicode() -> None:
    """What does not fit is cut, and lines are drawn with ASCII."""
    assert ASCII_TREE == TreeFormatter(page=Page(40, unicode=False)).format_operation_log(report())


def test_colours_change_nothing_else() -> None:
    """Without its colours a coloured tree is the plain one."""
    coloured = TreeFormatter(page=Page(80, color=True)).format_operation_log(report())
    assert "\x1b[1;31m" in coloured
    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert TREE == "".join(f"{line.rstrip()}\n" for line in plain.splitlines())


def test_finer_steps_are_hidden_failures_are_not() -> None:
    """At MINIMAL nothing is left but the operation itself and what failed."""
    shown = TreeFormatter(detail=Detail.MINIMAL, page=Page(80)).format_operation_log(report())
    assert ["report", "fit", "step"] == re.findall(r"✗ (\w+)", shown)
    assert "├─" not in shown


def test_wide_characters_take_two_columns() -> None:
    """Durations stay in their column behind Chinese names and emoji."""
    shown = TreeFormatter(page=Page(60)).format_operation_log(
        make_log("分析", 0, 2, make_log("🔥 fit", 0, 1), make_log("x", 1, 2))
    )
    assert {60} == {cell_len(line[: line.index("ms") + 2]) for line in shown.splitlines()}


def test_markup_and_control_characters_are_text() -> None:
    """A name cannot colour, move or break the line it stands on."""
    shown = TreeFormatter(page=Page(60, color=True)).format_operation_log(make_log("[red]a\x1b[2J\nb", 0, 1))
    assert "[red]a⏎b" in re.sub(r"\x1b\[[0-9;]*m", "", shown)


def test_deep_and_wide_trees() -> None:
    """A chain of 250 operations and 20 000 siblings are no trouble, and bounded."""
    chain = make_log("end", 0, 1)
    for number in range(250):
        chain = make_log(f"level {number}", 0, 1, chain)
    assert "end" not in TreeFormatter(max_rows=100).format_operation_log(chain)
    wide = make_log("all", 0, 1, *(make_log(f"step {number}", 0, 1) for number in range(20_000)))
    lines = TreeFormatter(max_rows=100).format_operation_log(wide).splitlines()
    assert (101, "… 19 901 more") == (len(lines), lines[-1])


@given(logs, st.integers(10, 140), st.booleans())
def test_lines_fit_and_failures_are_found(root: OperationLog, width: int, unicode: bool) -> None:
    """No line is wider than the page, nothing but text is printed, and each failure has its mark."""
    shown = TreeFormatter(page=Page(width, unicode=unicode)).format_operation_log(root)
    assert all(cell_len(line) <= max(width, 24) for line in shown.splitlines())
    assert "\x1b" not in shown
    assert unicode or shown.isascii()


def test_on_a_narrow_page_context_stays_longer_than_the_failure() -> None:
    """Which file it was is told before what passed through, for the failure is told again where it began."""
    file = {"file.path": "s3.csv"}
    inner = make_log("read chunks", 0, 1, context=file, **failure(origin="read chunks"))
    around = make_log("evaluate", 0, 2, inner, context=file, **failure(origin="read chunks"))
    lines = TreeFormatter(page=Page(44)).format_operation_log(make_log("night", 0, 3, around)).splitlines()
    assert "└─ ✗ evaluate  file=s3.csv  Brok…    2.00 ms" == lines[1]


def test_only_what_failed_is_red() -> None:
    """The name of a step that went well has no colour, also beside a mark."""
    recovered = make_log("step", 0, 1, outcome="recovered")
    shown = TreeFormatter(page=Page(40, color=True)).format_operation_log(
        make_log("all", 0, 2, recovered, kind="suboperation")
    )
    assert shown.startswith("all ")
    assert "\x1b[33m↻ \x1b[0mstep\x1b[33m  recovered" in shown


def test_names_of_deep_steps_are_shown() -> None:
    """Where lines to the top would take more than the page has, the number of the level stands for them."""
    chain = make_log("end", 0, 1, **failure(origin="end"))
    for _ in range(60):
        chain = make_log("level", 0, 1, chain)
    lines = TreeFormatter(page=Page(40)).format_operation_log(chain).splitlines()
    assert re.fullmatch(r"⋯60 +└─ ✗ end +1\.00 ms", lines[60])
    assert re.fullmatch(r"⋯60 +BrokenError: no such r…", lines[61])


def test_bars_show_when_it_ran() -> None:
    """A bar begins and ends where the step did in the time of the whole; what ran later stands at the end."""
    root = make_log("all", 0, 10, make_log("one", 0, 5), make_log("two", 5, 10), make_log("late", 12, 20))
    bars = [line[64:] for line in TreeFormatter(page=Page(80)).format_operation_log(root).splitlines()]
    assert ["", "━" * 8, " " * 8 + "━" * 8, " " * 15 + "╺"] == bars


def test_events_are_shown_with_their_time() -> None:
    """Events stand below their operation with the time after its start; of many the first five are shown."""
    events = tuple(EventRecord(f"event {n}", START + n * MS, {"n": n}) for n in range(7))
    lines = TreeFormatter(page=Page(60)).format_operation_log(make_log("all", 0, 10, events=events)).splitlines()
    assert "   · event 1  n=1" + "+1.00 ms".rjust(43) == lines[2]
    assert (7, "   · 2 more events") == (len(lines), lines[-1])
