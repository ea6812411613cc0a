"""The server that mail is handed to, and what goes wrong there, in words that help."""

from __future__ import annotations

import smtplib
import ssl
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal, TypeAlias, get_args

from otel_ops.errors.mail.problems import Attempt, MailError, Refusal, problem_of
from otel_ops.errors.secrets import Secret

Security: TypeAlias = Literal["starttls", "tls", "none"]
"""How the connection is encrypted: from the server's greeting on, from the start, or not at all."""

_PORTS: Mapping[Security, int] = {"starttls": 587, "tls": 465, "none": 25}
_MAX_PORT = 65_535
_CLOSED = (421, b"closed the connection")
_LOCAL = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class Login:
    """Who logs in, and where the password is kept."""

    user: str
    password: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """An SMTP server.

    Attributes:
        host: Its name.
        port: Its port; 0 for the usual one: 587 with STARTTLS, 465 with TLS, 25 without.
        security: ``starttls``, ``tls`` or ``none``.
        login: Who logs in; None for nobody.
        timeout_seconds: Longest wait for an answer.
        ca_file: Certificates of the authorities that are trusted, in a PEM file; empty for those of the system.
    """

    host: str
    port: int
    security: Security
    login: Login | None
    timeout_seconds: float
    ca_file: str

    def __post_init__(self) -> None:
        """Check what can be checked without asking the server.

        Raises:
            ValueError: A value that cannot be used, or a password that would go over the network for all to read.
        """
        choices = ", ".join(get_args(Security))
        _require(self.security in choices.split(", "), "security", self.security, f"must be one of {choices}")
        _require(bool(self.host.strip()), "host", self.host, "name a mail server, such as mail.example.org")
        _require(0 <= self.port <= _MAX_PORT, "port", self.port, f"must be from 1 to {_MAX_PORT}")
        _require(self.timeout_seconds > 0, "timeout_seconds", self.timeout_seconds, "must be more than 0 seconds")
        if self.login and self.security == "none" and self.host not in _LOCAL:
            msg = f"security = 'none': the password would go to {self.host} for all to read; use 'starttls' or 'tls'"
            raise ValueError(msg)
        if self.security != "none":
            self._trusted()

    @property
    def place(self) -> str:
        """Host and port."""
        return f"{self.host}:{self.port or _PORTS[self.security]}"

    @contextmanager
    def open(self, sender: str) -> Iterator[smtplib.SMTP]:
        """Give a connection that is ready to take mail, and close it.

        Args:
            sender: Whom the mail is from.

        Raises:
            MailError: It cannot be had, or breaks.
        """
        password = self._password()
        failed: MailError | None = None
        attempt = Attempt(self.place, self.security, self._user, sender, self.timeout_seconds)
        try:
            with self._connection(password) as connection:
                yield connection
        except (OSError, ValueError) as error:  # all that smtplib raises is an OSError
            failed = problem_of(error, attempt, _forms_of(self._user, password))
        if failed:  # outside of `except`: what was caught may hold the password
            raise failed

    @property
    def _user(self) -> str:
        return self.login.user if self.login else ""

    def _password(self) -> str:
        try:
            return self.login.password.read() if self.login else ""
        except ValueError as error:
            msg = f"mail server {self.place} is not asked: {error}"
            raise MailError(msg, "no password") from None

    @contextmanager
    def _connection(self, password: str) -> Iterator[smtplib.SMTP]:
        connection = self._connected()
        try:
            if self.security == "starttls":
                connection.starttls(context=self._trusted())
            if self.login:
                connection.login(self.login.user, password)
            yield connection
        finally:
            with suppress(OSError):
                connection.quit()
            connection.close()

    def _connected(self) -> smtplib.SMTP:
        port = self.port or _PORTS[self.security]
        if self.security == "tls":
            return smtplib.SMTP_SSL(self.host, port, timeout=self.timeout_seconds, context=self._trusted())
        return smtplib.SMTP(self.host, port, timeout=self.timeout_seconds)

    def _trusted(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self.ca_file or None)
        except OSError as error:
            msg = f"ca_file = {self.ca_file!r}: {error.strerror or error}; name a PEM file with certificates"
            raise ValueError(msg) from error


def _forms_of(user: str, password: str) -> list[str]:
    """Give the password as it is sent, in case that the server says it again."""
    sent = [password, f"\0{user}\0{password}"] if password else []
    return [password, *(b64encode(text.encode()).decode() for text in sent)]


def _require(holds: bool, option: str, value: object, remedy: str) -> None:
    if not holds:
        msg = f"{option} = {value!r}: {remedy}"
        raise ValueError(msg)


def hand_over(connection: smtplib.SMTP, message: EmailMessage, sender: str, to: Sequence[str]) -> dict[str, Refusal]:
    """Hand a mail over; give those whom the server takes none for."""
    try:
        refused = connection.send_message(message, sender, to)
    except smtplib.SMTPRecipientsRefused as error:
        refused = {each: error.recipients.get(each, _CLOSED) for each in to}
    except smtplib.SMTPDataError as error:
        return dict.fromkeys(to, Refusal(error.smtp_code, error.smtp_error))
    return {each: Refusal(*refused[each]) for each in refused}
