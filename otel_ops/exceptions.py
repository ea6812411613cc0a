"""Every exception that otel_ops raises on purpose.

::

    OtelOpsError
    ├── BlockReusedError       a with-block was entered a second time
    ├── CheckpointError        a file that is no state of a `Checkpoint`
    ├── CircuitOpenError       a circuit breaker refuses attempts for a while
    ├── InvalidTokenError      text that `OperationContext.to_token()` did not make
    ├── MissingExtraError      an optional package is not installed
    ├── SettingsError          a setting with an unknown name or a wrong value
    └── UnreadableInputError   a file that holds no operations that we can read
"""

import os
from collections.abc import Iterable
from typing import Any


class OtelOpsError(Exception):
    """Base class of everything that otel_ops raises on purpose."""


class BlockReusedError(OtelOpsError, RuntimeError):
    """An operation or context was entered twice; make a new one for each block."""


class CheckpointError(OtelOpsError, ValueError):
    """A file that is no state of a loop, or cannot be read; it is left as it is.

    Attributes:
        path: The file.
    """

    def __init__(self, path: os.PathLike[str], reason: str) -> None:
        remedy = "move it away to begin anew, or give another path"
        super().__init__(f"{os.fspath(path)!r} is no checkpoint that can be read: {reason}; {remedy}")
        self.path = path


class CircuitOpenError(OtelOpsError, RuntimeError):
    """A circuit breaker refuses an attempt, for too many have failed.

    Attributes:
        circuit: Name of the circuit; empty where it has none.
        retry_after: After how many seconds an attempt is let through again.
    """

    def __init__(self, circuit: str, retry_after: float) -> None:
        named = f" {circuit!r}" if circuit else ""
        super().__init__(f"the circuit{named} is open after repeated failures; try again in {retry_after:.3g} s")
        self.circuit = circuit
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[Any, ...]:
        """Be the same in another process."""
        return type(self), (self.circuit, self.retry_after)


class InvalidTokenError(OtelOpsError, ValueError):
    """The text is no token of an `OperationContext`, or it was damaged on its way."""


class MissingExtraError(OtelOpsError, ImportError):
    """An optional package is missing; the message holds the command that installs all packages of its extra."""

    def __init__(self, package: str, extra: str, packages: Iterable[str]) -> None:
        needed = " ".join(packages)
        super().__init__(f"{package} is not installed; run: pip install {needed} (the extra otel-ops[{extra}])")

    def asked_for_by(self, setting: str) -> "MissingExtraError":
        """Say which setting needs the package."""
        self.msg = f"{setting} (setting): {self}"
        self.args = (self.msg,)
        return self


class SettingsError(OtelOpsError, ValueError):
    """A setting cannot be used; the message names key, value, source and remedy."""


class UnreadableInputError(OtelOpsError, ValueError):
    """The input cannot be read at all; the message says what it seems to be."""
