"""MailErrorHandler: tells failures by e-mail."""

from __future__ import annotations

import time
from collections.abc import Sequence
from email.headerregistry import Address
from typing import TYPE_CHECKING

from otel_ops.errors.mail.message import Composer, address_of, own_address
from otel_ops.errors.mail.outbox import Outbox
from otel_ops.errors.mail.server import Login, MailServer, Security
from otel_ops.errors.notifying import NotifyingErrorHandler
from otel_ops.errors.secrets import Secret, SecretInEnvironment, SecretInKeyring

if TYPE_CHECKING:
    from otel_ops.errors.report import Report


class MailErrorHandler(NotifyingErrorHandler):
    """Sends mails that tell failures, as text and as HTML: with the operation's tree, the stack and the context.

    What the server does not take now is handed to it again, later; what it refuses is told once, and counted in
    `otel_ops.diagnostics`. The password is read where it is kept each time that it is needed, and stands nowhere else.

    Args:
        to: Addresses of those who are told, at least one, such as ``ada@example.org`` or ``Ada <ada@example.org>``.
        sender: Address that the mails are from; None for the user who logs in, where that is an address, else the
            program's user at this host.
        host: Name of the mail server.
        port: Its port; None for the usual one: 587 with STARTTLS, 465 with TLS, 25 without.
        security: How the connection is encrypted: ``starttls``, ``tls``, or ``none`` for a server on this host.
        user: Who logs in; None for nobody.
        password_env: Name of the environment variable that holds the user's password.
        password_keyring: Name of the service under which the keyring holds it.
        subject: The subject, in which ``{title}``, ``{operation}``, ``{type}``, ``{count}``, ``{service}`` and
            ``{host}`` may stand.
        trace_link: Address of a trace, such as ``http://localhost:16686/trace/{trace_id}``, in which ``{span_id}``,
            ``{operation}`` and ``{service}`` may stand, too; empty for no links.
        window_seconds: Shortest time between two mails about one kind of failure, in seconds.
        digest: Whether there is one mail in a window, with all kinds of failures in it, rather than one for each.
        levels: What is told of: ``operation``, ``suboperation`` or both.
        timeout_seconds: Longest wait for an answer of the server, in seconds.
        ca_file: PEM file with the certificates of the authorities that are trusted; None for those of the system.

    Raises:
        ValueError: An argument cannot be used, or the environment variable is not set; the message says what would be
            right.
        MissingExtraError: keyring is not installed.
    """

    def __init__(
        self,
        *,
        to: str | Sequence[str] = (),
        sender: str | None = None,
        host: str = "localhost",
        port: int | None = None,
        security: Security = "starttls",
        user: str | None = None,
        password_env: str | None = None,
        password_keyring: str | None = None,
        subject: str = "{title}",
        trace_link: str = "",
        window_seconds: float = 300.0,
        digest: bool = True,
        levels: Sequence[str] = ("operation",),
        timeout_seconds: float = 10.0,
        ca_file: str | None = None,
    ) -> None:
        self._server = MailServer(
            host=host,
            port=port or 0,
            security=security,
            login=_login(user, password_env, password_keyring),
            timeout_seconds=timeout_seconds,
            ca_file=ca_file or "",
        )
        self._composer = Composer(_sender(sender, user), _recipients(to), subject, trace_link)
        super().__init__(window_seconds=window_seconds, digest=digest, levels=levels)

    def renew(self) -> None:
        """Leave to the process that this one was forked from what waits to be told."""
        super().renew()
        self._outbox = Outbox(self._server, self._composer.sender.addr_spec)

    @property
    def sender(self) -> str:
        """Whom the mails are from."""
        return str(self._composer.sender)

    def notify(self, report: Report) -> None:
        """Send a mail of its own."""
        self.notify_all([report])

    def notify_all(self, reports: Sequence[Report]) -> None:
        """Send one mail that tells them all."""
        self._outbox.put(self._composer.message(reports), [each.addr_spec for each in self._composer.to])
        self._outbox.send(time.monotonic())

    def on_idle(self) -> None:
        """Tell what has waited for its window to end, and hand over what a server did not take before."""
        super().on_idle()
        self._outbox.send(time.monotonic())

    def on_close(self) -> None:
        """Tell everything that waits."""
        super().on_close()
        self._outbox.send(float("inf"))


def _recipients(to: str | Sequence[str]) -> list[Address]:
    if not to:
        msg = f"to = {to!r}: name somebody to tell, as in to = ['ada@example.org']"
        raise ValueError(msg)
    return [address_of("to", each) for each in ([to] if isinstance(to, str) else to)]


def _sender(sender: str | None, user: str | None) -> Address:
    """Give whom mails are from: who is named, who logs in with an address, or the program's user."""
    if sender is not None:
        return address_of("sender", sender)
    return address_of("user", user) if user and "@" in user else own_address()


def _login(user: str | None, password_env: str | None, password_keyring: str | None) -> Login | None:
    if password_env and password_keyring:
        msg = f"password_env = {password_env!r} and password_keyring = {password_keyring!r}: give one of them"
        raise ValueError(msg)
    if user is None and not (password_env or password_keyring):
        return None
    if not user:
        msg = "user: is missing; say who logs in with the password, as in user = 'ada@example.org'"
        raise ValueError(msg)
    return Login(user, _password(user, password_env, password_keyring))


def _password(user: str, password_env: str | None, password_keyring: str | None) -> Secret:
    if password_env:
        return SecretInEnvironment("password_env", password_env)
    if password_keyring:
        return SecretInKeyring("password_keyring", password_keyring, user)
    msg = f"user = {user!r}: say where the password is kept, in password_env or password_keyring"
    raise ValueError(msg)
