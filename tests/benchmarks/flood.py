"""What a flood of failures takes of memory, and how many mails it becomes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.harness import BYTES, Case, Sides
from tests.smtp import Mailbox, smtp_server

REPOSITORY = Path(__file__).parents[2]
KINDS = 5
_ONE_BYTE = 1e-6


def flood(failures: int) -> tuple[int, list[str]]:
    """Run a program that fails so often; give the bytes that its peak grows by, and the mails' subjects.

    Every failure is in a mail, or counted as left out, for the handler had too many waiting.
    """
    mailbox = Mailbox()
    with smtp_server(mailbox) as port:
        command = [sys.executable, "-m", "tests.benchmarks.programs.mail_flood", str(failures), str(port)]
        ran = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True, timeout=300)
    found = json.loads(ran.stdout)
    left_out = found["counts"].pop("error_handler.queue_full", 0)
    assert found["counts"] == {}
    told = sum(_times(subject) for subject in mailbox.subjects)
    assert failures == told + left_out, f"{failures - told - left_out} failures of {failures} are lost"
    return found["bytes"], mailbox.subjects


def _times(subject: str) -> int:
    found = re.search(r"\(([\d,]+) times in ", subject)
    return int(found[1].replace(",", "")) if found else 1


def _bytes_of_flood(calls: int) -> float:
    """Give the bytes that failures take, as if they were seconds per million."""
    taken, subjects = flood(calls)
    assert len(subjects) <= 2 * KINDS, f"{len(subjects)} mails of {KINDS} kinds of failures in one window, and its end"
    return taken / 1e6


@contextmanager
def mails() -> Iterator[Sides]:
    """Compare what failures take that go to a mail handler with next to nothing."""
    yield Sides(_bytes_of_flood, lambda _: _ONE_BYTE)


CASES = (Case("mail-flood", "memory of each failure told by mail", mails, BYTES, 500, calls=100_000, rounds=2),)
