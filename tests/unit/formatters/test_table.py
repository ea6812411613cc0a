"""Tables, as they are printed."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from otel_ops.formatters import OutputFormatter, Page, TableFormatter, TreeFormatter
from otel_ops.operation_log import OperationLog
from otel_ops.testing import FormatterCompatibilitySuite, make_log
from tests.logs import START, failure, logs, report

TABLE = """\
{when}  user=ada file=run1.csv
operation   outcome     start  duration     self  share  attributes
────────────────────────────────────────────────────────────────────────────────────────────
report      ✗ error         0    100 ms   500 µs  100 %  BrokenError from load
  load      ok              0   25.0 ms  25.0 ms   25 %  path=run1.csv rows=600
  GET /fit  ok       +25.0 ms   15.0 ms  15.0 ms   15 %  http.client
  fit       ✗ error  +40.0 ms   59.5 ms  58.5 ms   60 %  BrokenError from load
    step    ✗ error  +41.0 ms   1.00 ms  1.00 ms    1 %
      BrokenError: no such row

"""


class TestCompatibility(FormatterCompatibilitySuite):
    format_name = "table"

    def options(self) -> Mapping[str, Any]:
        return {"detail": "MINIMAL", "max_rows": 3}

    def make_formatter(self) -> OutputFormatter:
        return TableFormatter()


def test_a_table_with_a_failure() -> None:
    """A title with time and context; a row for each operation, and below it the reason where its failure began."""
    when = f"{datetime.fromtimestamp(START // 10**9).astimezone():%Y-%m-%d %H:%M:%S %z}"
    assert TABLE.format(when=when) == TableFormatter(page=Page(92)).format_operation_log(report())


def test_colours_change_nothing_else() -> None:
    """Without its colours a coloured table is the plain one."""
    plain = TableFormatter(page=Page(90)).format_operation_log(report())
    coloured = TableFormatter(page=Page(90, color=True)).format_operation_log(report())
    assert "\x1b[1;31m" in coloured
    bare = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert plain == "".join(f"{line.rstrip()}\n" for line in bare.splitlines())


def test_many_equal_steps_are_one_row() -> None:
    """Runs of equal steps are folded, with their time together."""
    shown = TableFormatter().format_operation_log(
        make_log("all", 0, 40, *(make_log("step", n, n + 1) for n in range(40)))
    )
    assert re.search(r"… 37 more step +\+3\.00 ms +37\.0 ms +92 % +together", shown)


@given(logs, st.integers(20, 160), st.booleans())
def test_lines_fit(root: OperationLog, width: int, unicode: bool) -> None:
    """No line is wider than the page, and nothing but text is printed."""
    shown = TableFormatter(page=Page(width, unicode=unicode)).format_operation_log(root)
    assert all(cell_len(line) <= max(width, 24) for line in shown.splitlines())
    assert "\x1b" not in shown
    assert unicode or shown.isascii()


def test_a_context_has_an_outcome_only_where_something_went_wrong() -> None:
    """As in trees, a context that ended well is told without outcome; one that failed is told so."""
    shown = TableFormatter().format_operation_log(
        make_log("run", 0, 2, make_log("file", 0, 1, kind="context", **failure(origin="file")), kind="context")
    )
    assert re.search(r"^run +0 +2\.00 ms", shown, re.MULTILINE)
    assert re.search(r"^  file +✗ error +0 +1\.00 ms", shown, re.MULTILINE)


@pytest.mark.parametrize("kind", ["context", "operation", "suboperation", "foreign"])
@pytest.mark.parametrize("fields", [{}, failure(origin="fit")], ids=["well", "failed"])
def test_names_are_coloured_as_in_trees(kind: str, fields: dict[str, Any]) -> None:
    """A context, an operation and what failed have the same colour in both, wherever they stand."""
    inner = make_log("fit", 0, 1, kind=kind, **fields)
    page = Page(80, color=True)
    table, tree = (
        form(page=page).format_operation_log(make_log("all", 0, 2, inner)) for form in (TableFormatter, TreeFormatter)
    )
    assert re.findall(r"\x1b\[[0-9;]+mfit", tree) == re.findall(r"\x1b\[[0-9;]+mfit", table)


def test_narrow_tables_have_fewer_columns() -> None:
    """Start, share and self time give way to names and attributes; outcome and duration stay longest."""
    header = [TableFormatter(page=Page(width)).format_operation_log(report()).splitlines()[1] for width in (92, 67, 40)]
    assert [
        ["operation", "outcome", "start", "duration", "self", "share", "attributes"],
        ["operation", "outcome", "duration", "self", "attributes"],
        ["operation", "outcome", "duration", "attribut…"],
    ] == [line.split() for line in header]


def test_names_of_deep_steps_are_shown() -> None:
    """Where indentation would take more than the column has, the number of the level stands for it."""
    chain = make_log("end", 0, 1, **failure(origin="end"))
    for _ in range(60):
        chain = make_log("level", 0, 1, chain)
    shown = TableFormatter(page=Page(40)).format_operation_log(chain)
    assert re.search(r"^⋯60 +end +✗ error +1\.00 ms$", shown, re.MULTILINE)
