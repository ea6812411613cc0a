"""What is told of failures on a screen: a line, a few more, and all details for whoever wants them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from otel_ops.durations import duration_in_words
from otel_ops.errors.report import Report
from otel_ops.errors.story.excerpts import line_of, without_secrets
from otel_ops.errors.story.parts import Fact, Story, story_of
from otel_ops.errors.story.text import text_of
from otel_ops.faults import shortened
from otel_ops.formatters.rows import Fold, Row, rows_of
from otel_ops.formatters.wording import attributes, context_beyond, fold_name, mark, number
from otel_ops.operation_log import OperationLog

MAX_TITLE = 160
"""Longest title, in characters."""

MAX_FACT = 240
"""Longest line below the title, in characters."""

MAX_KINDS = 20
"""Most kinds of failures that one window tells; further ones are counted there."""

MAX_ROWS = 8
"""Most rows of the small tree; what failed is there in any case, up to twice as many."""

_MAX_ROW = 42
_IN_TITLE = {"Operation", "Error"}


class Glance(NamedTuple):
    """One report as it is seen on a screen.

    Attributes:
        fingerprint: Of the report.
        times: How many failures it tells of.
        title: What happened, on one line.
        facts: What else is known of it, in lines.
        tree: The operation as a small tree, for any font.
        details: The whole tree, the stack and more, for a font in which all letters are equally wide.
    """

    fingerprint: str
    times: int
    title: str
    facts: str
    tree: str
    details: str


def glance_of(report: Report) -> Glance:
    """Tell a report for a screen."""
    story, last = story_of(report), report.last
    return Glance(
        fingerprint=report.fingerprint,
        times=report.count,
        title=shortened(story.title, MAX_TITLE),
        facts="\n".join(shortened(f"{fact.label}: {fact.text}", MAX_FACT) for fact in _beyond_title(story)),
        tree=_small_tree(last.operation_log),
        details=text_of([story._replace(facts=())]),
    )


def _beyond_title(story: Story) -> Iterator[Fact]:
    return (fact for fact in story.facts if fact.label not in _IN_TITLE)


def _small_tree(log: OperationLog) -> str:
    """Draw the operation for narrow places, in which letters may be of any width."""
    rows, left_out = rows_of(log, MAX_ROWS)
    lines = [shortened(_small_line(row), _MAX_ROW) for row in rows[: 2 * MAX_ROWS]]
    left_out += len(rows) - len(lines)
    more = [f"… {number(left_out)} more"] if left_out else []
    context = line_of(attributes(without_secrets(context_beyond(log, None))))
    return "\n".join([*([context] if context else []), *lines, *more])


def _small_line(row: Row) -> str:
    indent = f"{'   ' * (row.depth - 1)}└ " if row.depth else ""
    if isinstance(row.log, Fold):
        return f"{indent}{line_of(fold_name(row.log))}"
    sign = mark(row.log, unicode=True)
    words = f"{sign} " * bool(sign), line_of(row.log.name), f"  {duration_in_words(row.log.duration_ns)}"
    return indent + "".join(words)


class Notice:
    """What one window tells: everything that was reported since it was opened, the first report on top."""

    def __init__(self) -> None:
        self._glances: dict[str, Glance] = {}
        self._times: Counter[str] = Counter()
        self._more = 0

    def add(self, glances: Iterable[Glance]) -> None:
        """Tell these, too; one of a kind that stands here already takes the place of the former."""
        for glance in glances:
            if glance.fingerprint in self._glances or len(self._glances) < MAX_KINDS:
                self._glances[glance.fingerprint] = glance
                self._times[glance.fingerprint] += glance.times
            else:
                self._more += 1

    @property
    def title(self) -> str:
        """What stands above the window."""
        return "An operation failed" if len(self._glances) == 1 else "Operations failed"

    @property
    def heading(self) -> str:
        """What was reported first."""
        return self._line(next(iter(self._glances.values())))

    @property
    def text(self) -> str:
        """What else is seen at once."""
        first, *others = self._glances.values()
        told = [f"• {self._line(glance)}" for glance in others]
        more = [f"… and {number(self._more)} more"] if self._more else []
        return "\n".join((first.facts, *(("", "Since then:") if told else ()), *told, *more))

    def _line(self, glance: Glance) -> str:
        """Give the title of the latest report of a kind, with the number of all where there were others."""
        times = self._times[glance.fingerprint]
        return glance.title if times == glance.times else f"{glance.title} – {number(times)} times in all"

    @property
    def details(self) -> str:
        """Trees, stacks and all the rest."""
        return f"\n{'=' * 78}\n\n".join(glance.details for glance in self._glances.values())
