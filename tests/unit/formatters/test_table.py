"""Tables, as they are printed."""

import re

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from otel_ops.formatters import Page, TableFormatter
from otel_ops.operation_log import OperationLog
from tests.logs import log, logs, report

TABLE = """
 operation    outcome      start   duration       self   attributes
 ────────────────────────────────────────────────────────────────────────────────────
 report       ✗ error      +0 ns     100 ms     500 µs   BrokenError: no such row (b…
   load       ok           +0 ns    25.0 ms    25.0 ms   path=run1.csv rows=600
   GET /fit   ok        +25.0 ms    15.0 ms    15.0 ms
   fit        ✗ error   +40.0 ms    59.5 ms    58.5 ms   BrokenError: no such row (b…
     step     ✗ error   +41.0 ms    1.00 ms    1.00 ms   BrokenError: no such row

"""


def test_a_table_with_a_failure() -> None:
    """A row for each operation: start after the first one's, duration, self time, reason of the failure."""
    assert TABLE == TableFormatter(page=Page(86)).format_operation_log(report())


def test_colours_change_nothing_else() -> None:
    """Without its colours a coloured table is the plain one."""
    plain = TableFormatter(page=Page(90)).format_operation_log(report())
    coloured = TableFormatter(page=Page(90, color=True)).format_operation_log(report())
    assert "\x1b[1;31m" in coloured
    bare = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert plain == "".join(f"{line.rstrip()}\n" for line in bare.splitlines())


def test_many_equal_steps_are_one_row() -> None:
    """Runs of equal steps are folded, with their time together."""
    shown = TableFormatter().format_operation_log(log("all", 0, 40, *(log("step", n, n + 1) for n in range(40))))
    assert re.search(r"… 37 more step +37\.0 ms +together", shown)


@given(logs, st.integers(20, 160), st.booleans())
def test_lines_fit(root: OperationLog, width: int, unicode: bool) -> None:
    """No line is wider than the page, and nothing but text is printed."""
    shown = TableFormatter(page=Page(width, unicode=unicode)).format_operation_log(root)
    assert all(cell_len(line) <= max(width, 72) for line in shown.splitlines())
    assert "\x1b" not in shown
    assert unicode or shown.isascii()
