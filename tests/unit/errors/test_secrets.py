"""Secrets: read where they are kept, and missed by name."""

import sys

import pytest

from otel_ops.errors.apprise import AppriseErrorHandler
from otel_ops.errors.secrets import SecretInEnvironment, SecretInKeyring
from otel_ops.exceptions import MissingExtraError

VARIABLE = "OTEL_OPS_TEST_SECRET"


@pytest.fixture
def no_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the optional packages not installed."""
    for name in ("apprise", "keyring"):
        monkeypatch.setitem(sys.modules, name, None)


def test_a_secret_is_read_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is changed while the program runs counts."""
    monkeypatch.setenv(VARIABLE, "old")
    secret = SecretInEnvironment("password_env", VARIABLE)
    monkeypatch.setenv(VARIABLE, "new")

    assert "new" == secret.read()
    assert "new" not in repr(vars(secret))


@pytest.mark.parametrize("value", [None, ""])
def test_a_variable_without_a_secret_is_missed(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    """The error names the option and the variable."""
    if value is not None:
        monkeypatch.setenv(VARIABLE, value)

    with pytest.raises(ValueError, match=f"password_env = '{VARIABLE}': this environment variable is not set; set it"):
        SecretInEnvironment("password_env", VARIABLE)


@pytest.mark.usefixtures("no_extras")
def test_missing_packages_are_told() -> None:
    """The error has the command that installs them."""
    with pytest.raises(MissingExtraError, match="keyring is not installed; run: pip install keyring"):
        SecretInKeyring("password_keyring", "lab mail", "ada")
    with pytest.raises(MissingExtraError, match="apprise is not installed; run: pip install apprise"):
        AppriseErrorHandler(urls="json://localhost")
