"""Which rows a log has: folded, bounded, with every failure."""

from hypothesis import given
from hypothesis import strategies as st

from otel_ops.formatters.rows import Fold, rows_of
from otel_ops.operation_log import OperationLog
from otel_ops.testing import make_log
from tests.logs import MS, START, failure, logs


def test_long_runs_of_equal_steps_are_folded_but_for_failures() -> None:
    """Of 50 steps three are shown, 46 are folded in one row, and the one that failed is shown."""
    steps = [make_log("step", n, n + 1, **(failure(origin="step") if n == 30 else {})) for n in range(50)]
    rows, left_out = rows_of(make_log("all", 0, 50, *steps), 500)
    folded = Fold("step", 46, 46_000_000, START + 3 * MS, START + 50 * MS, {})
    assert 0 == left_out
    assert ["all", "step", "step", "step", folded, "step"] == [
        row.log if isinstance(row.log, Fold) else row.log.name for row in rows
    ]


def test_rows_are_bounded_but_for_failures() -> None:
    """With room for five rows, the failure far down is shown all the same, and the rest is counted."""
    steps = [make_log(f"step {n}", n, n + 1, **(failure() if n == 90 else {})) for n in range(100)]
    rows, left_out = rows_of(make_log("all", 0, 100, *steps), 5)
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


def test_steps_of_a_loop_are_folded_by_name() -> None:
    """Where two steps take turns each has a fold, in the place of the first one that it stands for."""
    turns = [make_log(name, n, n + 1) for n in range(20) for name in ("load", "fit")]
    rows, _ = rows_of(make_log("all", 0, 20, *turns), 500)
    shown = [row.log.number if isinstance(row.log, Fold) else row.log.name for row in rows[1:]]
    assert [*["load", "fit"] * 3, 17, 17] == shown


def test_a_fold_tells_other_outcomes() -> None:
    """Steps that were cancelled are counted in the fold that stands for them."""
    steps = [make_log("step", n, n + 1, outcome="cancelled" if n % 4 == 3 else "ok") for n in range(20)]
    rows, _ = rows_of(make_log("all", 0, 20, *steps), 500)
    assert [{"cancelled": 5}] == [row.log.outcomes for row in rows if isinstance(row.log, Fold)]
