"""Made-up ids: never twice, in no process of a family, and made without letting go of the interpreter's lock."""

from __future__ import annotations

import os
import re
import time

import pytest

from otel_ops.ids import SOURCE, new_id, new_ulid


def test_ids_are_sixteen_digits_and_differ() -> None:
    """Also beyond the largest number, where they begin anew."""
    SOURCE.renew()
    ids = [new_id() for _ in range(10_000)]

    assert 10_000 == len(set(ids))
    assert {16} == {len(name) for name in ids}
    assert all(int(name, 16) >= 0 for name in ids)


def test_the_system_is_not_asked_for_each_id(monkeypatch: pytest.MonkeyPatch) -> None:
    """That lets go of the interpreter's lock: a thread that fails and fails kept others from working for seconds."""

    def fail(_: int) -> bytes:
        raise AssertionError

    SOURCE.renew()
    monkeypatch.setattr(os, "urandom", fail)

    assert new_id() != new_id()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_forked_child_draws_others() -> None:
    """A child that went on where its parent was would give its failures the ids of the parent's."""
    SOURCE.renew()
    reading, writing = os.pipe()
    child = os.fork()
    if not child:  # pragma: no cover - the child's own
        os.write(writing, new_id().encode())
        os._exit(0)
    os.waitpid(child, 0)
    told = os.read(reading, 16).decode()
    os.close(reading)
    os.close(writing)

    assert 16 == len(told)
    assert told not in {new_id() for _ in range(100)}


def test_ids_of_log_records_are_ulids() -> None:
    """They differ, begin with their milliseconds, and so sort by time."""
    SOURCE.renew()
    first = new_ulid()
    ids = [new_ulid() for _ in range(10_000)]
    time.sleep(0.002)
    digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    milliseconds = sum(digits.index(digit) << 5 * (9 - place) for place, digit in enumerate(first[:10]))

    assert 10_001 == len({first, *ids})
    assert all(re.fullmatch(f"[0-7][{digits}]{{25}}", made) for made in ids)
    assert first < new_ulid()
    assert 60_000 > time.time_ns() // 1_000_000 - milliseconds >= 0
