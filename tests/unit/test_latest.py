"""The memory for the latest keys."""

from otel_ops.latest import Latest


def test_the_latest_keys_are_remembered() -> None:
    """Of very many keys, at least half as many as allowed are known, and never more than allowed."""
    latest: Latest[int] = Latest(100)
    for number in range(1_000):
        latest.add(number, f"{number}")
        assert len(latest) <= 100 + 1
    known = [number for number in range(1_000) if latest.get(number)]

    assert known == list(range(known[0], 1_000))
    assert len(known) >= 50
