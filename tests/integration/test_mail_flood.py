"""A flood of failures: one mail for each kind and window, in little memory, with all of them counted."""

from tests.benchmarks.flood import KINDS, flood


def test_a_flood_of_failures_is_one_mail_for_each_kind_and_window() -> None:
    """Each kind is told at once and, with the count of all further ones, at the end; 50 MB are never needed."""
    taken, subjects = flood(20_000)

    assert 2 * KINDS == len(subjects)
    assert KINDS == sum("times in" in subject for subject in subjects)
    assert taken <= 50_000_000
