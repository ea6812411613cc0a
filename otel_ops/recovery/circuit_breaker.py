"""CircuitBreaker: spares what keeps failing, and whoever waits for it."""

from __future__ import annotations

import threading
from time import monotonic
from typing import Any

from otel_ops import semconv
from otel_ops.core.recovering.strategy import Attempt, FailedAttempt, Recovery, classes_of
from otel_ops.exceptions import CircuitOpenError
from otel_ops.forks import renew_in_children
from otel_ops.recovery.numbers import checked_number, checked_seconds
from otel_ops.semconv import CircuitState


class CircuitBreaker(Recovery):
    """Refuses attempts for a while after so many failures in a row, with a `otel_ops.exceptions.CircuitOpenError`.

    After that time one attempt is let through: where it goes well, all are again; where not, the time begins anew.
    All breakers of one name in a process share one circuit, whose state is the metric ``ops.circuit_breaker.status``;
    each change of it is an event of the operation.

    Args:
        name: Name of the circuit, such as that of the service behind it; without one, this object has one of its own.
        failures: After how many failures in a row attempts are refused.
        seconds: For how long.
        on: The exceptions that count: a class or several.

    Raises:
        TypeError: an argument is of a wrong type.
        ValueError: a number is out of range, or there is a circuit of this name with other numbers.
    """

    def __init__(
        self,
        name: str = "",
        *,
        failures: int = 5,
        seconds: float = 30.0,
        on: type[BaseException] | tuple[type[BaseException], ...] = Exception,
    ) -> None:
        if not isinstance(name, str):
            msg = f"CircuitBreaker({name!r}): give the name of the circuit, as CircuitBreaker('database')"
            raise TypeError(msg)
        self._given = {"name": name, "failures": failures, "seconds": seconds, "on": on}
        self._on = classes_of("on", on)
        limits = checked_number("failures", failures), checked_seconds("seconds", seconds, zero=False)
        self._circuit = _circuit_of(name, *limits)

    def __repr__(self) -> str:
        return f"CircuitBreaker({self._circuit.name!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Be the breaker of that name in another process, which has circuits of its own."""
        return _made, (self._given,)

    @property
    def state(self) -> str:
        """One of `otel_ops.semconv.CircuitState`."""
        return self._circuit.state

    def before_attempt(self, attempt: Attempt) -> None:
        """Refuse the attempt while the circuit is open.

        Raises:
            CircuitOpenError: it is.
        """
        circuit = self._circuit
        _tell(attempt, circuit, circuit.admit(attempt.operation))

    def note_failure(self, failed: FailedAttempt) -> None:
        """Count the failure; an attempt that another circuit refuses says nothing of this one."""
        circuit = self._circuit
        if isinstance(failed.error, CircuitOpenError):
            _tell(failed, circuit, circuit.given_back(failed.operation))
        elif isinstance(failed.error, self._on):
            _tell(failed, circuit, circuit.failed())
        else:
            _tell(failed, circuit, circuit.succeeded())

    def after_failure(self, failed: FailedAttempt) -> None:
        """Leave it to others whether there is another attempt."""

    def after_success(self, attempt: Attempt) -> None:
        """Close the circuit."""
        _tell(attempt, self._circuit, self._circuit.succeeded())


def _made(given: dict[str, Any]) -> CircuitBreaker:
    return CircuitBreaker(**given)


def _tell(attempt: Attempt | FailedAttempt, circuit: Circuit, has_changed: bool) -> None:
    if has_changed:
        told = {semconv.CIRCUIT_BREAKER_NAME: circuit.name, semconv.CIRCUIT_BREAKER_STATE: circuit.state}
        attempt.operation.event(semconv.CIRCUIT_BREAKER_EVENT, **told)


class Circuit:
    """The state that breakers of one name share.

    Attributes:
        name: Its name.
        state: One of `otel_ops.semconv.CircuitState`.
        limits: After how many failures it opens, and for how many seconds.
    """

    def __init__(self, name: str, failures: int, seconds: float) -> None:
        self.name = name
        self.limits = failures, seconds
        self.state = CircuitState.CLOSED
        self._failed = 0
        self._opened_at = 0.0
        self._tried_by: object = None
        self.renew()
        renew_in_children(self)

    def renew(self) -> None:
        """Have a lock of this process, which a handler of signals may take in the midst of what holds it."""
        self._lock = threading.RLock()

    def admit(self, run: object) -> bool:
        """Let an attempt of a run through; tell whether that changes the state.

        Raises:
            CircuitOpenError: attempts are refused.
        """
        if self.state == CircuitState.CLOSED:
            return False
        with self._lock:
            left = self._opened_at + self.limits[1] - monotonic()
            if self.state == CircuitState.HALF_OPEN and left <= 0:
                return self._try(run)  # the one that was let through has not come back
            if self.state == CircuitState.HALF_OPEN or left > 0:
                raise CircuitOpenError(self.name, max(0.0, left))
            return self._try(run)

    def _try(self, run: object) -> bool:
        self._opened_at, self._tried_by = monotonic(), run
        return self._becomes(CircuitState.HALF_OPEN)

    def given_back(self, run: object) -> bool:
        """Let another run try, where this one was let through to and could not; tell whether that changes the state."""
        with self._lock:
            if self.state != CircuitState.HALF_OPEN or self._tried_by is not run:
                return False
            self._opened_at -= self.limits[1]
            return self._becomes(CircuitState.OPEN)

    def failed(self) -> bool:
        """Count a failure; tell whether that changes the state."""
        with self._lock:
            self._failed += 1
            if self.state == CircuitState.CLOSED and self._failed < self.limits[0]:
                return False
            self._opened_at = monotonic()
            return self._becomes(CircuitState.OPEN)

    def succeeded(self) -> bool:
        """Begin to count anew; tell whether that changes the state."""
        with self._lock:
            self._failed = 0
            return self._becomes(CircuitState.CLOSED)

    def _becomes(self, state: str) -> bool:
        has_changed, self.state = self.state != state, state
        if state != CircuitState.HALF_OPEN:
            self._tried_by = None
        return has_changed


_shared: dict[str, Circuit] = {}


def _circuit_of(name: str, failures: int, seconds: float) -> Circuit:
    """Give the circuit of a name, or a new one.

    Raises:
        ValueError: there is one of this name with other numbers.
    """
    from otel_ops.recovery.circuit_metrics import observe  # noqa: PLC0415 - the metrics API costs a program's start

    circuit = _shared.setdefault(name, Circuit(name, failures, seconds)) if name else Circuit(name, failures, seconds)
    if circuit.limits != (failures, seconds):
        has = f"failures={circuit.limits[0]}, seconds={circuit.limits[1]:g}"
        msg = f"CircuitBreaker({name!r}): the circuit of this name has {has}; give the same, or another name"
        raise ValueError(msg)
    observe(circuit)
    return circuit
