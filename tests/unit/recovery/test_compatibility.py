"""Every recovery of ours passes the suite for recoveries, and the suite finds what is wrong."""

from __future__ import annotations

from itertools import count

import pytest

from otel_ops.recovery import (
    Again,
    CircuitBreaker,
    Cleanup,
    FailedAttempt,
    Fallback,
    Reconnect,
    Recovery,
    Retry,
    Timeout,
)
from otel_ops.testing import RecoveryCompatibilitySuite

_numbers = count()


class TestRetry(RecoveryCompatibilitySuite):
    def make_recovery(self) -> Recovery:
        return Retry(wait=0)


class TestFallback(RecoveryCompatibilitySuite):
    def make_recovery(self) -> Recovery:
        return Fallback("instead")


class TestCircuitBreaker(RecoveryCompatibilitySuite):
    def make_recovery(self) -> Recovery:
        return CircuitBreaker(f"tested {next(_numbers)}", failures=2, seconds=60)


class TestTimeout(RecoveryCompatibilitySuite):
    def make_recovery(self) -> Recovery:
        return Timeout(10)


class TestCleanup(RecoveryCompatibilitySuite):
    def make_recovery(self) -> Recovery:
        return Cleanup(lambda: None)


class TestReconnect(RecoveryCompatibilitySuite):
    def make_recovery(self) -> Recovery:
        return Reconnect(lambda: None)


class Stubborn(Recovery):
    """Tries again without end."""

    def after_failure(self, failed: FailedAttempt) -> Again:
        return Again()


class Ruined(RecoveryCompatibilitySuite):
    def make_recovery(self) -> Recovery:
        return Stubborn()


def test_a_strategy_without_an_end_is_found() -> None:
    """It would hang a program."""
    with pytest.raises(AssertionError, match="tries again without end"):
        Ruined().test_a_failure_has_an_end()
