"""Every exception that otel_ops raises on purpose.

::

    OtelOpsError
    ├── BlockReusedError       a with-block was entered a second time
    ├── InvalidTokenError      text that `OperationContext.to_token()` did not make
    ├── MissingExtraError      an optional package is not installed
    ├── SettingsError          a setting with an unknown name or a wrong value
    └── UnreadableInputError   a file that holds no operations that we can read
"""

from collections.abc import Iterable


class OtelOpsError(Exception):
    """Base class of everything that otel_ops raises on purpose."""


class BlockReusedError(OtelOpsError, RuntimeError):
    """An operation or context was entered twice; make a new one for each block."""


class InvalidTokenError(OtelOpsError, ValueError):
    """The text is no token of an `OperationContext`, or it was damaged on its way."""


class MissingExtraError(OtelOpsError, ImportError):
    """An optional package is missing; the message holds the command that installs all packages of its extra."""

    def __init__(self, package: str, extra: str, packages: Iterable[str]) -> None:
        needed = " ".join(packages)
        super().__init__(f"{package} is not installed; run: pip install {needed} (the extra otel-ops[{extra}])")


class SettingsError(OtelOpsError, ValueError):
    """A setting cannot be used; the message names key, value, source and remedy."""


class UnreadableInputError(OtelOpsError, ValueError):
    """The input cannot be read at all; the message says what it seems to be."""
