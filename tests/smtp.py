"""A real SMTP server on a free port of this machine, which takes mail, or refuses it as a test wants."""

from __future__ import annotations

import ssl
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HOST = "localhost"
ACCEPTED = "250 OK"


@dataclass
class Mailbox:
    """What came in, and what is to be refused.

    Attributes:
        mails: The mails that were taken.
        to: Whom each of them was taken for.
        of_recipients: What the server answers for an address, one time after the other; for others it accepts.
        of_mails: What it answers to mails, one after the other; then it accepts.
        logins: Who has tried to log in, with which password.
        of_senders: What it answers to who sends; empty for it accepts.
        of_logins: What it answers to who logs in; empty for what is usual.
        raw: The mails as they came.
    """

    mails: list[EmailMessage] = field(default_factory=list)
    to: list[list[str]] = field(default_factory=list)
    of_recipients: dict[str, list[str]] = field(default_factory=dict)
    of_mails: deque[str] = field(default_factory=deque)
    logins: list[tuple[str, str]] = field(default_factory=list)
    of_senders: str = ""
    of_logins: str = ""
    raw: list[bytes] = field(default_factory=list)

    async def handle_MAIL(  # noqa: N802 - as aiosmtpd calls it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.of_senders:
            return self.of_senders
        envelope.mail_from = address
        return ACCEPTED

    async def handle_RCPT(  # noqa: N802 - as aiosmtpd calls it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answers = self.of_recipients.get(address)
        answer = answers.pop(0) if answers else ACCEPTED
        if answer == ACCEPTED:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.of_mails.popleft() if self.of_mails else ACCEPTED
        if answer == ACCEPTED:
            content = cast("bytes", envelope.content)
            self.raw.append(content)
            self.mails.append(message_from_bytes(content, policy=policy.default))
            self.to.append(list(envelope.rcpt_tos))
        return answer

    @property
    def subjects(self) -> list[str]:
        """The subjects of the mails that came in."""
        return [str(mail["Subject"]) for mail in self.mails]

    def body(self, subtype: str, number: int = -1) -> str:
        """Give the text of one mail's body: ``plain`` or ``html``."""
        part = self.mails[number].get_body((subtype,))
        assert part is not None
        return cast("str", part.get_content()).replace("\r\n", "\n")


class _OnFreePort(Controller):
    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = cast("Any", self.server).sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def smtp_server(mailbox: Mailbox, *, password: str = "", **options: Any) -> Iterator[int]:
    """Run a server; gives its port.

    Args:
        mailbox: Takes the mails.
        password: The password of ``ada``, who must log in; empty where nobody must.
        **options: Further ones of aiosmtpd.
    """

    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: object) -> AuthResult:
        assert isinstance(login, LoginPassword)
        given = login.login.decode(), login.password.decode()
        mailbox.logins.append(given)
        answer = mailbox.of_logins or None
        return AuthResult(success=given == ("ada", password), handled=False, message=answer)

    if password:
        options |= {"authenticator": authenticate, "auth_require_tls": "tls_context" in options}
    controller = _OnFreePort(mailbox, hostname=HOST, port=0, **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def server_context(authority: trustme.CA, name: str = HOST) -> ssl.SSLContext:
    """Give what a server shows that an authority has signed a certificate for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context
