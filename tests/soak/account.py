"""What the files of a run hold, checked as it goes on: each step once, below the block that it belongs to."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from tests.exactness import attributes_of, spans_in
from tests.soak.work import STEPS

Place = tuple[str, int]
"""Carrier and round."""


class Account:
    """Reads what was written, and removes it.

    Attributes:
        steps: How many steps were found.
        double: How many spans were there before.
        wrong_parents: How many steps are below another block than their own, or blocks outside of their round.
        missing: How many steps are not there although their round is long over.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ids: dict[int, set[str]] = {}
        self._blocks: dict[str, Place] = {}
        self._below: dict[Place, Counter[str]] = {}
        self.steps = self.double = self.wrong_parents = self.missing = 0

    def read(self) -> None:
        """Take what was put aside the last time, when nobody writes there any more, and put aside what is new."""
        for path in self._folder.glob("aside/*.jsonl"):
            for span in spans_in(path):
                self._take(span)
            path.unlink()
        for path in self._folder.glob("*.jsonl"):
            path.rename(self._folder / "aside" / path.name)

    def _take(self, span: dict[str, Any]) -> None:
        held = attributes_of(span)
        number = int(held.get("ops.meta.number", -1))
        known = self._ids.setdefault(number, set())
        self.double += span["spanId"] in known
        known.add(span["spanId"])
        if span["name"] == "round":
            return
        place = held["ops.arg.carrier"], int(held["ops.arg.number"])
        if span["name"] == "block":
            self._blocks[span["spanId"]] = place
            self.wrong_parents += number != place[1]
        else:
            self.steps += 1
            self._below.setdefault(place, Counter())[span.get("parentSpanId", "")] += 1

    def close(self, number: int, carriers: list[str]) -> None:
        """Check a round in which everything has long been written, and forget it."""
        self._ids.pop(number, None)
        for carrier in carriers:
            below = self._below.pop((carrier, number), Counter())
            self.missing += STEPS - below.total()
            self.wrong_parents += sum(
                count for parent, count in below.items() if self._blocks.get(parent) != (carrier, number)
            )
        self._blocks = {identity: place for identity, place in self._blocks.items() if place[1] > number}
