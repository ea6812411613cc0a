"""Which rows a log has: folded, bounded, with every failure."""

from hypothesis import given
from hypothesis import strategies as st

from otel_ops.formatters.rows import Fold, rows_of
from otel_ops.operation_log import OperationLog
from tests.logs import failure, log, logs


def test_long_runs_of_equal_steps_are_folded_but_for_failures() -> None:
    """Of 50 steps three are shown, 46 are folded in one row, and the one that failed is shown."""
    steps = [log("step", n, n + 1, **(failure(origin="step") if n == 30 else {})) for n in range(50)]
    rows, left_out = rows_of(log("all", 0, 50, *steps), 500)
    assert 0 == left_out
    assert ["all", "step", "step", "step", Fold("step", 46, 46_000_000), "step"] == [
        row.log if isinstance(row.log, Fold) else row.log.name for row in rows
    ]


def test_rows_are_bounded_but_for_failures() -> None:
    """With room for five rows, the failure far down is shown all the same, and the rest is counted."""
    steps = [log(f"step {n}", n, n + 1, **(failure() if n == 90 else {})) for n in range(100)]
    rows, left_out = rows_of(log("all", 0, 100, *steps), 5)
    assert ["all", "step 0", "step 1", "step 2", "step 3", "step 90"] == [row.log.name for row in rows]
    assert 95 == left_out


@given(logs, st.integers(1, 8))
def test_nothing_is_lost(root: OperationLog, max_rows: int) -> None:
    """Rows and what is counted as left out are together all operations; every failure has its row."""
    rows, left_out = rows_of(root, max_rows)
    shown = [row.log for row in rows]
    whole = list(root.walk())
    assert len(whole) == len(shown) + left_out
    assert all(any(one is each for each in shown) for one in whole if one.failed)
