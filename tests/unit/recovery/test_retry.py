"""Retry: what is worth another attempt, how long it waits, and when it gives up."""

from __future__ import annotations

import pickle
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any

import pytest
import tenacity
from hypothesis import given
from hypothesis import strategies as st

from otel_ops import operation
from otel_ops.errors import Again, FailedAttempt, Retry
from otel_ops.exceptions import CircuitOpenError
from otel_ops.recovery.retry_after import retry_after_seconds
from otel_ops.testing import Recorder
from tests.unit.core.test_recovering import Flaky, FlakyError, caught

RUN: Any = None


def decision(retry: Retry, error: BaseException, number: int = 1, seconds: float = 0.0) -> Again | None:
    """Ask for the decision on an attempt."""
    return retry.after_failure(FailedAttempt(RUN, number, error, seconds))


@pytest.mark.parametrize(
    ("on", "error", "again"),
    [
        (Exception, FlakyError(), True),
        (OSError, FlakyError(), False),
        ((OSError, FlakyError), FlakyError(), True),
        (lambda error: "7" in str(error), FlakyError("row 7"), True),
        (lambda error: "7" in str(error), FlakyError("row 8"), False),
        (Exception, CircuitOpenError("db", 3.0), False),
        ((OSError, CircuitOpenError), CircuitOpenError("db", 3.0), True),
    ],
)
def test_what_is_worth_another_attempt(on: Any, error: BaseException, again: bool) -> None:
    """Classes and functions tell; an open circuit has to be named."""
    assert again is (decision(Retry(on), error) is not None)


def test_give_up() -> None:
    """What would not help is not tried."""
    retry = Retry(wait=0, give_up=lambda error: "gone" in str(error))
    assert Again(0.0) == decision(retry, FlakyError("busy"))
    assert None is decision(retry, FlakyError("gone"))


@pytest.mark.parametrize("give_up", [KeyError, (ValueError, KeyError)])
def test_give_up_on_classes(give_up: Any) -> None:
    """What would not help is told by classes, too, as what is worth another attempt."""
    retry = Retry(wait=0, give_up=give_up)
    assert Again(0.0) == decision(retry, FlakyError("busy"))
    assert None is decision(retry, KeyError("gone"))


def test_a_wait_that_no_clock_can_measure() -> None:
    """An exception that asks for one comes out as it is; as an option, it is refused."""

    class BusyError(Exception):
        retry_after = 1e12

    error = BusyError("busy")
    load = operation("load", recover=Retry(attempts=2, timeout=None, wait=0))(Flaky(1, lambda _: error))
    assert error is caught(load)
    with pytest.raises(ValueError, match=r"wait=1e\+300: give seconds, 0 or more, and 1e\+09 at most"):
        Retry(wait=1e300)


def test_number_and_time_bound_it() -> None:
    """No attempt beyond the number, and none that would begin too late."""
    assert None is not decision(Retry(attempts=3, wait=0), FlakyError(), 2)
    assert None is decision(Retry(attempts=3, wait=0), FlakyError(), 3)
    assert None is not decision(Retry(attempts=None, timeout=5, wait=1), FlakyError(), 99, seconds=3.9)
    assert None is decision(Retry(attempts=None, timeout=5, wait=1), FlakyError(), 1, seconds=4.1)


def test_waits() -> None:
    """They grow by themselves, are as long as is said, or as a strategy of tenacity says."""
    waits = [decision(Retry(attempts=99, jitter=0), FlakyError(), number) for number in (1, 2, 3, 9)]
    assert [Again(0.1), Again(0.2), Again(0.4), Again(5.0)] == waits
    assert Again(2.0) == decision(Retry(wait=2), FlakyError())
    assert Again(7.0) == decision(Retry(wait=tenacity.wait_incrementing(start=3, increment=4)), FlakyError(), 2)
    spread = {decision(Retry(wait=1, jitter=0.5), FlakyError()) for _ in range(20)}
    assert len(spread) > 1
    assert all(one is not None and 1 <= one.wait_seconds <= 1.5 for one in spread)


def response(headers: Any) -> Exception:
    """Make an exception of an HTTP client."""
    error = FlakyError("503")
    error.response = SimpleNamespace(headers=headers)  # type: ignore[attr-defined]
    return error


def with_attribute(name: str, value: Any) -> Exception:
    """Make an exception with an attribute."""
    error = FlakyError()
    setattr(error, name, value)
    return error


@pytest.mark.parametrize(
    "error",
    [
        response({"Retry-After": "7"}),
        response({"retry-after": "7"}),
        with_attribute("retry_after", 7),
        with_attribute("retry_after", timedelta(seconds=7)),
        with_attribute("headers", {"RETRY-AFTER": " 7 "}),
    ],
)
def test_retry_after_is_honoured(error: Exception) -> None:
    """Wherever the exception tells it, no attempt comes before; where that is too late, none comes."""
    assert Again(7.0) == decision(Retry(wait=0), error)
    assert Again(9.0) == decision(Retry(wait=9), error)
    assert None is decision(Retry(wait=0, timeout=5), error)


def test_retry_after_as_a_date() -> None:
    """The date of HTTP is a time from now; one in the past is now."""
    later = datetime.now(timezone.utc) + timedelta(seconds=30)
    told = retry_after_seconds(response({"Retry-After": format_datetime(later, usegmt=True)}))
    assert told is not None
    assert 25 < told <= 30
    assert 0.0 == retry_after_seconds(response({"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"}))


class Hostile:
    """Raises whatever it is asked for."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    "headers",
    [None, 3, Hostile(), {"Retry-After": Hostile()}, {3: 4}, {"Retry-After": "nan"}],
    ids=["none", "number", "hostile", "hostile value", "odd key", "nan"],
)
def test_nonsense_says_nothing(headers: Any) -> None:
    """What cannot be read is no time to wait."""
    assert None is retry_after_seconds(response(headers))


@given(st.text() | st.floats() | st.integers())
def test_any_header_is_a_time_or_none(value: Any) -> None:
    """Whatever stands there, it is seconds from now on, or nothing."""
    told = retry_after_seconds(response({"Retry-After": value}))
    assert told is None or 0 <= told < float("inf")


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"attempts": 0}, ValueError, "attempts=0"),
        ({"attempts": 2.5}, TypeError, "attempts=2.5"),
        ({"attempts": None, "timeout": None}, ValueError, "never end"),
        ({"timeout": -1}, ValueError, "timeout=-1"),
        ({"wait": "3"}, TypeError, "wait='3'"),
        ({"jitter": float("nan")}, ValueError, "jitter=nan"),
        ({"on": "OSError"}, TypeError, "'OSError'"),
        ({"give_up": 3}, TypeError, "give_up"),
    ],
)
def test_bad_arguments(options: dict[str, Any], error: type[Exception], words: str) -> None:
    """Errors name the argument, its value and what to give."""
    with pytest.raises(error, match=words):
        Retry(**options)


def test_it_goes_to_other_processes() -> None:
    """It is pickled, also after it was used."""
    retry = Retry(FlakyError, wait=0)
    decision(retry, FlakyError())
    assert Again(0.0) == decision(pickle.loads(pickle.dumps(retry)), FlakyError())


def test_a_service_that_asks_to_wait(recorder: Recorder) -> None:
    """The wait that was asked for is that of the attempt."""
    flaky = Flaky(1, lambda _: with_attribute("retry_after", 0.002))
    operation("load", recover=Retry(wait=0))(flaky)()
    assert 0.002 == recorder.tree.suboperations[1].attributes["ops.attempt_wait"]


def test_the_caller_gets_the_last_exception() -> None:
    """Without any provider, too."""
    flaky = Flaky(9)
    assert "failure 2" == str(caught(lambda: operation("load", recover=Retry(attempts=2, wait=0))(flaky)()))
