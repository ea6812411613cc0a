"""Trees, as they are printed."""

import re

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from otel_ops import Detail
from otel_ops.formatters import Page, TreeFormatter
from otel_ops.operation_log import OperationLog
from tests.logs import log, logs, report

TREE = """\
✗ report                                        100 ms
│  user=ada file=run1.csv
│  BrokenError: no such row (began in load)
├─ load  path=run1.csv rows=600                25.0 ms ███
├─ GET /fit  http.client                       15.0 ms █▊
└─ ✗ fit                                       59.5 ms ███████▏
   │  BrokenError: no such row (began in load)
   └─ ✗ step                                   1.00 ms ▏
         BrokenError: no such row
"""

ASCII_TREE = """\
x report             100 ms
|  user=ada file=run1.csv
|  BrokenError: no such row (began in l~
|- load  path=~     25.0 ms ###
|- GET /fit  h~     15.0 ms #
`- x fit            59.5 ms #######
   |  BrokenError: no such row (began i~
   `- x step        1.00 ms
         BrokenError: no such row
"""


def test_a_tree_with_a_failure() -> None:
    """Context once, attributes behind the name, failures with reason and origin, durations in one column."""
    assert TREE == TreeFormatter(page=Page(67)).format_operation_log(report())


def test_a_narrow_terminal_without_unicode() -> None:
    """What does not fit is cut, and lines are drawn with ASCII."""
    assert ASCII_TREE == TreeFormatter(page=Page(40, unicode=False)).format_operation_log(report())


def test_colours_change_nothing_else() -> None:
    """Without its colours a coloured tree is the plain one."""
    coloured = TreeFormatter(page=Page(67, color=True)).format_operation_log(report())
    assert "\x1b[1;31m" in coloured
    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert TREE == "".join(f"{line.rstrip()}\n" for line in plain.splitlines())


def test_finer_steps_are_hidden_failures_are_not() -> None:
    """At MINIMAL nothing is left but the operation itself and what failed."""
    shown = TreeFormatter(detail=Detail.MINIMAL, page=Page(67)).format_operation_log(report())
    assert ["report", "fit", "step"] == re.findall(r"✗ (\w+)", shown)
    assert "load " not in shown


def test_wide_characters_take_two_columns() -> None:
    """Durations stay in their column behind Chinese names and emoji."""
    shown = TreeFormatter(page=Page(60)).format_operation_log(log("分析", 0, 2, log("🔥 fit", 0, 1), log("x", 1, 2)))
    assert {47} == {cell_len(line[: line.index("ms") + 2]) for line in shown.splitlines()}


def test_markup_and_control_characters_are_text() -> None:
    """A name cannot colour, move or break the line it stands on."""
    shown = TreeFormatter(page=Page(60, color=True)).format_operation_log(log("[red]a\x1b[2J\nb", 0, 1))
    assert "[red]a[2J⏎b" in re.sub(r"\x1b\[[0-9;]*m", "", shown)


def test_deep_and_wide_trees() -> None:
    """A chain of 250 operations and 20 000 siblings are no trouble, and bounded."""
    chain = log("end", 0, 1)
    for number in range(250):
        chain = log(f"level {number}", 0, 1, chain)
    assert "end" not in TreeFormatter(max_rows=100).format_operation_log(chain)
    wide = log("all", 0, 1, *(log(f"step {number}", 0, 1) for number in range(20_000)))
    lines = TreeFormatter(max_rows=100).format_operation_log(wide).splitlines()
    assert (101, "… 19901 more") == (len(lines), lines[-1])


@given(logs, st.integers(10, 140), st.booleans())
def test_lines_fit_and_failures_are_found(root: OperationLog, width: int, unicode: bool) -> None:
    """No line is wider than the page, nothing but text is printed, and each failure has its mark."""
    shown = TreeFormatter(page=Page(width, unicode=unicode)).format_operation_log(root)
    assert all(cell_len(line) <= max(width, 40) for line in shown.splitlines())
    assert "\x1b" not in shown
    assert unicode or shown.isascii()
