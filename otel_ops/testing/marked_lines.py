"""A tree as lines of a message, some of them marked; of a long tree, what stands around the marks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

LONG = 40
"""Lines from which on a tree is shortened, and the most that are shown of it besides the marked ones."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a tree.

    Attributes:
        depth: How deep it stands; those below it follow.
        mark: One character for what is the matter with it; empty for nothing.
        text: What it says.
        note: Why it is marked.
        opened: Whether what is below it matters, marked or not.
    """

    depth: int
    mark: str
    text: str
    note: str = ""
    opened: bool = False

    def __str__(self) -> str:
        return f"  {self.mark or ' '} {'  ' * self.depth}{self.text}"


def shown(lines: Iterable[Line]) -> Iterator[str]:
    """Give the text of lines; where there are many, runs of those that do not matter are counted only."""
    given = list(lines) or [Line(0, "", "(nothing)")]
    kept = _kept(given)
    width = max((len(str(line)) for line in given if line.note), default=0)
    for is_kept, run in groupby(range(len(given)), kept.__contains__):
        if is_kept:
            yield from (_with_note(given[index], width) for index in run)
        else:
            left_out = list(run)
            yield str(Line(given[left_out[0]].depth, "", f"… {len(left_out)} more"))


def _with_note(line: Line, width: int) -> str:
    return f"{line!s:<{width}}  <- {line.note}" if line.note else str(line)


def _kept(lines: Sequence[Line]) -> set[int]:
    """Choose the marked lines and, as long as there is room, roots and whatever stands beside a marked one or above."""
    if len(lines) <= LONG:
        return set(range(len(lines)))
    paths = list(_paths(lines))
    opened = {above for line, path in zip(lines, paths, strict=True) if line.mark for above in path}
    opened |= {above for index, line in enumerate(lines) if line.opened for above in (*paths[index], index)}
    beside = [index for index, path in enumerate(paths) if not path or path[-1] in opened]
    marked = {index for index, line in enumerate(lines) if line.mark}
    return marked | {above for index in marked for above in paths[index]} | set(beside[:LONG])


def _paths(lines: Sequence[Line]) -> Iterator[tuple[int, ...]]:
    """Give, for each line, the indexes of those that it stands under, the outermost first."""
    path: tuple[int, ...] = ()
    for index, line in enumerate(lines):
        path = path[: line.depth]
        yield path
        path = (*path, index)
