"""What goes wrong between us and a mail server, with what to do about it."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import NamedTuple

from otel_ops.faults import shown
from otel_ops.redaction import without

_PERMANENT = 500


class MailError(Exception):
    """Mail could not be handed over; the message names the server, what it said, and what to do.

    Attributes:
        kind: What sort of problem it is: the same for those that differ only in what the server said.
    """

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


class Refusal(NamedTuple):
    """What a server said when it took no mail for somebody."""

    code: int
    text: bytes | str

    @property
    def temporary(self) -> bool:
        """Whether it may take it later."""
        return self.code < _PERMANENT

    def __str__(self) -> str:
        return answer(self.code, self.text)


class Attempt(NamedTuple):
    """What was tried: with which server, how, and for whom.

    Attributes:
        place: Host and port.
        security: How the connection is encrypted.
        user: Who logs in; empty for nobody.
        sender: Whom the mail is from.
        timeout_seconds: Longest wait for an answer.
    """

    place: str
    security: str
    user: str
    sender: str
    timeout_seconds: float


def problem_of(error: Exception, attempt: Attempt, secrets: Sequence[str]) -> MailError:
    """Put into words what a connection to a server raised.

    Args:
        error: What was raised.
        attempt: What was tried.
        secrets: What is hidden where the server says it.
    """
    if isinstance(error, smtplib.SMTPResponseException):
        error.smtp_error = without(_text_of(error.smtp_error), secrets)
    words = next((words for kind, words in _PROBLEMS if isinstance(error, kind)), _other)
    kind = f"{words.__name__} {getattr(error, 'smtp_code', '')}"
    return MailError(f"mail server {attempt.place} {words(error, attempt)}", kind)


def answer(code: int, text: bytes | str) -> str:
    """Give what a server said, on one line."""
    return shown(" ".join(f"{code} {_text_of(text)}".split()), str)


def _text_of(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said


def _untrusted(error: ssl.SSLCertVerificationError, _: Attempt) -> str:
    return (
        f"has a certificate that is not trusted ({error.verify_message}); "
        "check host, and name the authority that signed it in ca_file"
    )


def _no_tls(error: ssl.SSLError, attempt: Attempt) -> str:
    other = "starttls" if attempt.security == "tls" else "tls"
    return f"cannot agree on TLS ({error.reason or error}); check port, or set security = {other!r}"


def _unsupported(error: Exception, attempt: Attempt) -> str:
    if "STARTTLS" in str(error):
        return "does not offer STARTTLS; set security = 'tls' if it has a port for that, or 'none' in a trusted network"
    if "AUTH" in str(error):
        return f"takes no logins; leave user = {attempt.user!r} out, or use the port for submission"
    return f"lacks what is needed ({error}); use addresses of ASCII only, or another server"


def _wrong_login(error: smtplib.SMTPAuthenticationError, attempt: Attempt) -> str:
    said = answer(error.smtp_code, error.smtp_error)
    return f"refused the login of {attempt.user!r} ({said}); check user, and the password in its place"


def _wrong_sender(error: smtplib.SMTPSenderRefused, attempt: Attempt) -> str:
    said = answer(error.smtp_code, error.smtp_error)
    return f"refused the sender {attempt.sender!r} ({said}); set sender to an address that it lets you use"


def _answered(error: smtplib.SMTPResponseException, _: Attempt) -> str:
    return f"refused the mail ({answer(error.smtp_code, error.smtp_error)}); see what it says, or ask who runs it"


def _failed(error: Exception, attempt: Attempt) -> str:
    return f"cannot be used ({shown(error, str)}); check security = {attempt.security!r} and user = {attempt.user!r}"


def _silent(error: Exception, attempt: Attempt) -> str:
    if "timed out" not in str(error):
        return f"closed the connection ({shown(error, str)}); check port and security = {attempt.security!r}"
    other = "tls" if attempt.security != "tls" else "starttls"
    return (
        f"said nothing for {attempt.timeout_seconds:g} s; check host and port, try security = {other!r}, "
        "or raise timeout_seconds"
    )


def _refused(_: Exception, __: Attempt) -> str:
    return "refuses connections; check port, and whether the server runs"


def _unknown(error: socket.gaierror, _: Attempt) -> str:
    return f"cannot be found ({error.strerror}); check host"


def _unreachable(error: OSError, _: Attempt) -> str:
    return f"cannot be reached ({error.strerror or shown(error, str)}); check host, port and network"


def _not_ascii(_: Exception, __: Attempt) -> str:
    return "is not asked: user or password has characters beyond ASCII, which SMTP logins cannot send; use others"


def _other(error: Exception, _: Attempt) -> str:
    return f"cannot be used ({type(error).__name__})"


_PROBLEMS: tuple[tuple[type[Exception], Callable[..., str]], ...] = (
    (ssl.SSLCertVerificationError, _untrusted),
    (ssl.SSLError, _no_tls),
    (smtplib.SMTPNotSupportedError, _unsupported),
    (smtplib.SMTPAuthenticationError, _wrong_login),
    (smtplib.SMTPSenderRefused, _wrong_sender),
    (smtplib.SMTPResponseException, _answered),
    (smtplib.SMTPServerDisconnected, _silent),
    (smtplib.SMTPException, _failed),
    (TimeoutError, _silent),
    (ConnectionRefusedError, _refused),
    (socket.gaierror, _unknown),
    (OSError, _unreachable),
    (UnicodeEncodeError, _not_ascii),
)
"""Kinds of exceptions, the special ones first, and what is said of each."""
