"""Secrets: read where they are kept, when they are needed; nothing of ours holds, shows or sends them elsewhere."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any, Protocol

from otel_ops.exceptions import MissingExtraError
from otel_ops.faults import described


class Secret(Protocol):
    """Something secret, by the place where it is kept."""

    def read(self) -> str:
        """Give it.

        Raises:
            ValueError: It is not there; the message says where, and what to do.
        """


class SecretInEnvironment:
    """What an environment variable holds.

    Args:
        option: The option that names the variable, for messages.
        variable: The variable.

    Raises:
        ValueError: It is not set, or empty.
    """

    def __init__(self, option: str, variable: str) -> None:
        self._option = option
        self._variable = variable
        self.read()

    def read(self) -> str:
        """Give it.

        Raises:
            ValueError: The variable is not set any more.
        """
        found = os.environ.get(self._variable, "")
        if not found:
            msg = f"{self._option} = {self._variable!r}: this environment variable is not set; set it, or name another"
            raise ValueError(msg)
        return found


class SecretInKeyring:
    """What the keyring of the user's desktop holds.

    Args:
        option: The option that names the service, for messages.
        service: The service.
        user: Whose secret it is.

    Raises:
        MissingExtraError: keyring is not installed.
    """

    def __init__(self, option: str, service: str, user: str) -> None:
        self._option = option
        self._service, self._user = service, user
        self._keyring()

    def read(self) -> str:
        """Give it; the keyring may ask the user for a password of its own.

        Raises:
            ValueError: There is no such entry, or no keyring.
        """
        keyring = self._keyring()
        try:
            found: str | None = keyring.get_password(self._service, self._user)
        except keyring.errors.KeyringError as error:
            msg = f"{self._option} = {self._service!r}: the keyring cannot be read: {described(error)}"
            raise ValueError(msg) from error
        if not found:
            command = f"keyring set {self._service!r} {self._user!r}"
            msg = f"{self._option} = {self._service!r}: the keyring has nothing for {self._user!r}; run: {command}"
            raise ValueError(msg)
        return found

    def _keyring(self) -> Any:
        try:
            return import_module("keyring")
        except ImportError:
            package = "keyring"
            raise MissingExtraError(package, "keyring", [package]) from None
