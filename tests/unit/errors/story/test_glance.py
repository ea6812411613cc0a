"""What is told of failures on a screen: short at first, everything on request, bounded whatever fails."""

from __future__ import annotations

from typing import Any
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_ops.errors.story import glance as module
from otel_ops.errors.story.glance import Notice, glance_of
from otel_ops.testing import make_log
from tests.failed import reported


def notice_of(*reports: Any) -> Notice:
    """Give what a window tells after these reports."""
    notice = Notice()
    notice.add(glance_of(report) for report in reports)
    return notice


def test_a_report_at_a_glance() -> None:
    """Its title says what failed; the small tree where; the rest is in the details."""
    glance = glance_of(reported("row 7 is bad", make_log("open", 0, 1)))

    assert ("f1", 1, "load failed: ValueError: row 7 is bad") == (glance.fingerprint, glance.times, glance.title)
    assert ["Began in: parse", "Failed after: 99.5 ms"] == glance.facts.splitlines()[1:3]
    assert ["✗ load  99.5 ms", "└ open  1.00 ms", "└ ✗ parse  1.00 ms"] == glance.tree.splitlines()
    assert "└─ ✗ parse" in glance.details
    assert 'File "load.py", line 7, in parse' in glance.details


def test_what_the_title_says_is_not_said_again() -> None:
    """Operation and error stand once before the details."""
    glance = glance_of(reported("row 7 is bad"))

    assert "row 7 is bad" not in glance.facts
    assert "Operation:" not in glance.facts


def test_equal_steps_are_folded_in_the_small_tree() -> None:
    """Many of a name are one line, what failed has its own, whatever its depth."""
    deep = make_log("deep", 0, 1, make_log("deeper", 0, 1))
    steps = [make_log("step", number, number + 1) for number in range(30)]
    lines = glance_of(reported("row 7 is bad", deep, *steps)).tree.splitlines()

    assert ["└ deep  1.00 ms", "   └ deeper  1.00 ms"] == lines[1:3]
    assert "└ … 27 more step" in lines
    assert "└ ✗ parse  1.00 ms" == lines[-1]


def test_the_context_stands_above_the_small_tree() -> None:
    """It says which file it was; what looks secret is hidden."""
    report = reported()
    report.last.operation_log.context.update({"file.path": "run1.csv", "ops.meta.password": "hunter2"})
    first = glance_of(report).tree.splitlines()[0]

    assert first.startswith("file=run1.csv password=")
    assert "hunter2" not in first


@given(message=st.text(), where=st.text(min_size=1), name=st.text(min_size=1))
def test_any_text_is_bounded_and_fit_to_be_shown(message: str, where: str, name: str) -> None:
    """No control character, lone surrogate or line break of a failure comes through, however long it is."""
    glance = glance_of(reported(50 * message, where=where, name=name))

    assert len(glance.title) <= module.MAX_TITLE
    assert "\n" not in glance.title
    assert all(len(line) <= module.MAX_FACT for line in glance.facts.splitlines())
    assert {"Cc", "Cs"}.isdisjoint(map(category, f"{glance.title}{glance.facts}{glance.tree}".replace("\n", "")))
    assert glance.details.encode()


def test_one_window_tells_one_failure() -> None:
    """The first is its heading."""
    notice = notice_of(reported())

    assert ("An operation failed", "load failed: ValueError: row 7 is bad") == (notice.title, notice.heading)
    assert "Since then" not in notice.text


def test_one_window_tells_what_comes_later() -> None:
    """Other kinds stand below, in order; details have all of them."""
    notice = notice_of(reported(), reported("no space", kind="f2", name="save"), reported("no ink", kind="f3"))

    assert ("Operations failed", "load failed: ValueError: row 7 is bad") == (notice.title, notice.heading)
    assert ["Since then:", "• save failed: ValueError: no space", "• load failed: ValueError: no ink"] == (
        notice.text.splitlines()[-3:]
    )
    assert 3 == notice.details.count("✗ parse")


def test_a_kind_that_comes_again_is_told_once_with_its_number() -> None:
    """The latest report of a kind stands there, and how many failures there were in all."""
    notice = notice_of(reported(), reported("row 9 is bad", count=17), reported("no space", kind="f2"))

    assert "load failed: ValueError: row 9 is bad (17 times in 0 ns) – 18 times in all" == notice.heading
    assert "• load failed: ValueError: no space" == notice.text.splitlines()[-1]


def test_one_window_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of very many kinds, the first ones are told, and how many more there were."""
    monkeypatch.setattr(module, "MAX_KINDS", 3)
    notice = notice_of(*(reported(f"row {number}", kind=f"f{number}") for number in range(5)))

    assert ["• load failed: ValueError: row 1", "• load failed: ValueError: row 2", "… and 2 more"] == (
        notice.text.splitlines()[-3:]
    )
