"""MailErrorHandler, with a real SMTP server: what arrives, what goes wrong, and what is said of that."""

from __future__ import annotations

import base64
import logging
import os
import pickle
import random
import re
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import keyring
import pytest
import trustme
from keyring.backend import KeyringBackend

from otel_ops import OperationContext, operation
from otel_ops.errors import ErrorHandler
from otel_ops.errors.mail import MailErrorHandler, outbox
from otel_ops.faults import diagnostics
from otel_ops.testing import HandlerCompatibilitySuite, Recorder
from tests.smtp import HOST, Mailbox, server_context, smtp_server
from tests.unit.errors.reports import report

ADA, BOB = "ada@example.org", "bob@example.org"
PASSWORD = "correct horse-battery"
VARIABLE = "OTEL_OPS_TEST_PASSWORD"


@pytest.fixture
def mailbox() -> Mailbox:
    """Keep what comes in."""
    return Mailbox()


@pytest.fixture
def port(mailbox: Mailbox) -> Iterator[int]:
    """Run a server that takes mail from everybody."""
    with smtp_server(mailbox) as port:
        yield port


class TestCompatibility(HandlerCompatibilitySuite):
    """It does what any handler does."""

    @pytest.fixture(autouse=True)
    def _server(self, port: int) -> None:
        self.port = port

    handler_name = "mail"

    def options(self) -> dict[str, Any]:
        """Have mails go to the test's server."""
        return {"to": [ADA], "host": HOST, "port": self.port, "security": "none"}

    def make_handler(self) -> ErrorHandler:
        """Make one whose mails go to the test's server."""
        return handler_for(self.port, security="none")


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    """Give somebody who signs certificates, whose own is in ``ca.pem``."""
    made = trustme.CA()
    made.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return made


@pytest.fixture
def password(monkeypatch: pytest.MonkeyPatch) -> str:
    """Put the password into the environment."""
    monkeypatch.setenv(VARIABLE, PASSWORD)
    return PASSWORD


def handler_for(port: int, **options: Any) -> MailErrorHandler:
    """Make a handler that mails to Ada."""
    return MailErrorHandler(**{"to": ADA, "sender": "lab@example.org", "host": HOST, "port": port, **options})


@contextmanager
def attached(recorder: Recorder, handler: MailErrorHandler) -> Iterator[MailErrorHandler]:
    """Have a handler told of what fails meanwhile, and all of it mailed."""
    recorder.provider.add_span_processor(handler)
    try:
        yield handler
        handler.force_flush()
    finally:
        handler.shutdown()


def fail(name: str = "load", error: Exception | None = None) -> None:
    """Run an operation that fails."""
    with pytest.raises(Exception), operation(name):  # noqa: B017 - whatever it is
        raise error or ValueError("row 7 is bad")


def test_a_failure_comes_as_text_and_as_html(mailbox: Mailbox, port: int, recorder: Recorder) -> None:
    """One mail, to everybody, with the tree in both bodies and the headers that automatic mail has."""
    with attached(recorder, handler_for(port, security="none", to=[f"Ada L. <{ADA}>", BOB])):
        with OperationContext(user="ada"):
            fail()

    (mail,) = mailbox.mails
    assert [[ADA, BOB]] == mailbox.to
    assert "load failed: ValueError: row 7 is bad" == mail["Subject"]
    assert '"Ada L." <ada@example.org>, bob@example.org' == mail["To"]
    assert "lab@example.org" == mail["From"]
    assert "auto-generated" == mail["Auto-Submitted"]
    assert re.fullmatch(r"<[^@\s]+@example\.org>", mail["Message-ID"])
    assert mail["Date"]
    assert "✗ load" in mailbox.body("plain")
    assert "user=ada" in mailbox.body("plain")
    assert "✗ " in mailbox.body("html")


def test_addresses_may_have_any_letters(mailbox: Mailbox, port: int, recorder: Recorder) -> None:
    """A server that speaks SMTPUTF8 takes mail for them."""
    with attached(recorder, handler_for(port, security="none", to=["Jürgen <jürgen@exämple.org>"])):
        fail()

    assert [["jürgen@exämple.org"]] == mailbox.to
    assert "Jürgen <jürgen@exämple.org>" == mailbox.mails[0]["To"]


def test_lines_are_as_short_as_smtp_wants_them(mailbox: Mailbox, port: int, recorder: Recorder) -> None:
    """However long a line of a stack is, no line of the mail is longer than 998 bytes, and all of it is ASCII."""
    with attached(recorder, handler_for(port, security="none")):
        fail("läd" * 80, ValueError("ä" * 100_000))

    (raw,) = mailbox.raw
    assert raw.isascii()
    assert max(map(len, raw.splitlines())) <= 998


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_goes_encrypted_to_who_is_trusted(
    mailbox: Mailbox, authority: trustme.CA, recorder: Recorder, tmp_path: Path, password: str, security: str
) -> None:
    """With either kind of TLS, the certificate is checked and the user logs in."""
    context = server_context(authority)
    options: dict[str, Any] = {"tls_context": context, "require_starttls": True}
    if security == "tls":
        options = {"ssl_context": context}
    with smtp_server(mailbox, password=password, **options) as port:
        login = {"user": "ada", "password_env": VARIABLE, "ca_file": str(tmp_path / "ca.pem")}
        with attached(recorder, handler_for(port, security=security, **login)):
            fail()

    assert [("ada", password)] == mailbox.logins
    assert 1 == len(mailbox.mails)
    assert {} == diagnostics()


class _Keyring(KeyringBackend):
    """A keyring that holds one password."""

    priority = 1.0

    def get_password(self, service: str, username: str) -> str | None:
        return PASSWORD if (service, username) == ("lab mail", "ada") else None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError


@pytest.fixture
def own_keyring() -> Iterator[None]:
    """Put a keyring in the place of the desktop's."""
    before = keyring.get_keyring()
    keyring.set_keyring(_Keyring())  # type: ignore[no-untyped-call]
    yield
    keyring.set_keyring(before)


@pytest.mark.usefixtures("own_keyring")
def test_the_password_comes_from_the_keyring(mailbox: Mailbox, recorder: Recorder) -> None:
    """It is asked for the service and the user that the options name."""
    with smtp_server(mailbox, password=PASSWORD) as port:
        with attached(recorder, handler_for(port, security="none", user="ada", password_keyring="lab mail")):
            fail()

    assert [("ada", PASSWORD)] == mailbox.logins
    assert 1 == len(mailbox.mails)


@pytest.mark.usefixtures("own_keyring", "quiet")
def test_an_empty_keyring_is_told(mailbox: Mailbox, recorder: Recorder, caplog: pytest.LogCaptureFixture) -> None:
    """The warning has the command that puts the password there."""
    with smtp_server(mailbox, password=PASSWORD) as port:
        with attached(recorder, handler_for(port, security="none", user="ada", password_keyring="lab")):
            fail()

    assert "password_keyring = 'lab': the keyring has nothing for 'ada'; run: keyring set 'lab' 'ada'" in caplog.text


EVIL = "load\r\nBcc: evil@example.org\r\n\r\nbody\u2028\x85\x0b\x00\x1b[31m\ud800"


def test_headers_are_safe_from_what_the_program_says(mailbox: Mailbox, port: int, recorder: Recorder) -> None:
    """Line breaks in names, messages and values of a context add no header, no recipient and no body."""
    notes: dict[str, Any] = {"note\r\nBcc": EVIL}
    subject = "{title} {operation} {type} {service} {host}"
    with attached(recorder, handler_for(port, security="none", subject=subject)):
        with OperationContext(None, user=EVIL, **notes):
            fail(EVIL, type(f"Bad\r\nBcc: {BOB}", (Exception,), {})(EVIL))

    (mail,) = mailbox.mails
    assert [[ADA]] == mailbox.to
    assert mail["Bcc"] is None
    assert {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress"} | {
        "MIME-Version",
        "Content-Type",
    } == set(mail.keys()) - {"X-Peer", "X-MailFrom", "X-RcptTo"}
    assert "\n" not in mail["Subject"]
    assert "multipart/alternative" == mail.get_content_type()


def test_secrets_are_in_no_part_of_a_mail(mailbox: Mailbox, port: int, recorder: Recorder) -> None:
    """Subject and bodies hide what looks like a credential."""
    with attached(recorder, handler_for(port, security="none")):
        with OperationContext(db_password="hunter2"):
            fail("load?token=hunter2", ValueError("http://ada:hunter2@host failed"))

    assert "hunter2" not in f"{mailbox.subjects} {mailbox.body('plain')} {mailbox.body('html')}"


def test_kinds_of_failures_come_in_one_mail(mailbox: Mailbox, port: int, recorder: Recorder) -> None:
    """The first is told at once; what fails in the window after that comes together, with its counts, at its end."""
    with attached(recorder, handler_for(port, security="none", subject="[{service}] {title}")) as handler:
        fail("first")
        handler.force_flush()
        for _ in range(3):
            fail("load")
            fail("save", KeyError("unit"))
        fail("first")

    assert 2 == len(mailbox.mails)
    assert mailbox.subjects[0].endswith("] first failed: ValueError: row 7 is bad")
    assert mailbox.subjects[1].endswith(", and 2 other failures")
    text = mailbox.body("plain")
    assert "load failed: ValueError: row 7 is bad (3 times in " in text
    assert "save failed: KeyError: 'unit' (3 times in " in text
    assert "first failed: ValueError: row 7 is bad\n" in text


def test_each_kind_may_have_mails_of_its_own(mailbox: Mailbox, port: int, recorder: Recorder) -> None:
    """Without a digest, the first failure of each kind is told at once."""
    with attached(recorder, handler_for(port, security="none", digest=False)) as handler:
        for name in ("load", "save", "load"):
            fail(name)
            handler.force_flush()
        assert ["load failed", "save failed"] == [subject.partition(":")[0] for subject in mailbox.subjects]


def test_a_mail_draws_no_random_numbers_of_the_program(mailbox: Mailbox, port: int, recorder: Recorder) -> None:
    """Its id and the borders of its parts are ours: a program that has seeded `random` goes on as without us."""
    before = random.getstate()
    with attached(recorder, handler_for(port, security="none")):
        fail()

    assert before == random.getstate()
    assert 1 == len(mailbox.mails)


def test_sending_leaves_no_spans(port: int, recorder: Recorder) -> None:
    """What the handler does is no operation of the program's."""
    with attached(recorder, handler_for(port, security="none")):
        fail()

    assert ["load"] == [span.name for span in recorder.spans]


# What goes wrong


@pytest.mark.usefixtures("quiet")
class TestFaults:
    """Each fault is one warning with host, port, what the server said and what to do; none of them costs the others."""

    def test_who_is_refused_does_not_cost_the_others(
        self, mailbox: Mailbox, port: int, recorder: Recorder, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The others get the mail; the one is told once, and counted each time."""
        mailbox.of_recipients[BOB] = ["550 no such user", "550 no such user"]
        with attached(recorder, handler_for(port, security="none", to=[BOB, ADA], digest=False)):
            fail("load")
            fail("save")

        assert [[ADA], [ADA]] == mailbox.to
        assert {"mail.refused": 2} == diagnostics()
        told = f"mail server localhost:{port} takes no mail for {BOB} (550 no such user); it is left out; check"
        assert 1 == caplog.text.count(told)

    def test_who_is_put_off_gets_the_mail_later(
        self, mailbox: Mailbox, port: int, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A 4xx for one recipient has the mail sent again to that one only."""
        monkeypatch.setattr(outbox, "FIRST_PAUSE_SECONDS", 0.0)
        mailbox.of_recipients[BOB] = ["451 come back later"]
        with attached(recorder, handler_for(port, security="none", to=[ADA, BOB])):
            fail()

        assert [[ADA], [BOB]] == mailbox.to
        assert {"mail.put_off": 1} == diagnostics()

    def test_a_mail_that_is_put_off_comes_later(
        self, mailbox: Mailbox, port: int, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A 4xx for the mail as a whole has it sent again, as it was."""
        monkeypatch.setattr(outbox, "FIRST_PAUSE_SECONDS", 0.0)
        mailbox.of_mails.append("452 no room")
        with attached(recorder, handler_for(port, security="none")):
            fail()

        assert ["load failed: ValueError: row 7 is bad"] == mailbox.subjects
        assert {"mail.put_off": 1} == diagnostics()

    def test_nothing_is_tried_again_before_its_time(self, mailbox: Mailbox, port: int, recorder: Recorder) -> None:
        """A server that wants us to come back later is left in peace, and asked a last time at the end."""
        mailbox.of_mails += ["452 no room", "452 no room", "452 no room"]
        with attached(recorder, handler_for(port, security="none", digest=False)) as handler:
            fail()
            handler.force_flush()
            handler.on_idle()
            handler.on_idle()
            assert 2 == len(mailbox.of_mails)

        assert 1 == len(mailbox.of_mails)
        assert {"mail.put_off": 2, "mail.lost": 1} == diagnostics()

    def test_a_mail_that_is_refused_is_told(
        self, mailbox: Mailbox, port: int, recorder: Recorder, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A 5xx is told with what the server said; nothing waits, and the next mail is tried."""
        mailbox.of_mails.append("554 looks like spam")
        with attached(recorder, handler_for(port, security="none", digest=False)):
            fail("load")
            fail("save")

        assert ["save failed: ValueError: row 7 is bad"] == mailbox.subjects
        assert {"mail.refused": 1} == diagnostics()
        assert "takes no mail for ada@example.org (554 looks like spam)" in caplog.text

    def test_a_refused_sender_is_told(
        self, mailbox: Mailbox, port: int, recorder: Recorder, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The warning names the sender, and the option."""
        mailbox.of_senders = "553 not yours"
        with attached(recorder, handler_for(port, security="none")):
            fail()

        told = f"localhost:{port} refused the sender 'lab@example.org' (553 not yours); set sender to an address"
        assert told in caplog.text

    def test_a_server_that_is_down_is_told_once(self, recorder: Recorder, caplog: pytest.LogCaptureFixture) -> None:
        """Mails wait meanwhile; what is left at the end is counted, and told with the subjects."""
        with closing(socket.create_server((HOST, 0))) as taken:
            port = taken.getsockname()[1]
        with attached(recorder, handler_for(port, digest=False)):
            fail("load")
            fail("save")

        told = f"mail server localhost:{port} refuses connections; check port, and whether the server runs"
        assert 1 == caplog.text.count(told)
        assert {"mail.failed": 2, "mail.lost": 2} == diagnostics()
        assert f"2 mails were not sent to localhost:{port}, for the program ends: load failed: Val" in caplog.text
        assert "row 7 is bad; save failed: ValueError: row 7 is bad [mail.lost" in caplog.text

    @pytest.mark.parametrize(("security", "other"), [("none", "tls"), ("starttls", "tls"), ("tls", "starttls")])
    def test_a_server_that_says_nothing_is_told(
        self, recorder: Recorder, caplog: pytest.LogCaptureFixture, security: str, other: str
    ) -> None:
        """It is waited for no longer than the option says; perhaps it wants another kind of TLS."""
        with closing(socket.create_server((HOST, 0))) as silent:
            port = silent.getsockname()[1]
            with attached(recorder, handler_for(port, security=security, timeout_seconds=0.2)):
                fail()

        told = f"localhost:{port} said nothing for 0.2 s; check host and port, try security = '{other}', or raise"
        assert told in caplog.text

    def test_a_wrong_password_is_told_without_it(
        self, mailbox: Mailbox, recorder: Recorder, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The warning has user and answer; the password is nowhere."""
        caplog.set_level(logging.DEBUG)
        monkeypatch.setenv(VARIABLE, "wr0ng-s3cret")
        with smtp_server(mailbox, password=PASSWORD) as port:
            login = {"user": "ada", "password_env": VARIABLE}
            with attached(recorder, handler_for(port, security="none", **login)) as handler:
                fail()

        told = f"localhost:{port} refused the login of 'ada' (535 5.7.8 Authentication credentials invalid); check user"
        assert told in caplog.text
        ours = [record.getMessage() for record in caplog.records if record.name.startswith("otel_ops")]
        for text in (*ours, repr(handler), repr(vars(handler)), str(diagnostics()), str(list(recorder.spans))):
            assert "wr0ng" not in text
            assert "s3cret" not in text

    def test_a_server_that_says_the_password_again_is_not_quoted(
        self, mailbox: Mailbox, recorder: Recorder, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whatever form of it stands in the answer is hidden; our own words are not."""
        monkeypatch.setenv(VARIABLE, "mail-s3cret")
        forms = [base64.b64encode(text).decode() for text in (b"mail-s3cret", b"\0ada\0mail-s3cret")]
        mailbox.of_logins = f"535 no: mail-s3cret, {forms[0]}, {forms[1]}"
        with smtp_server(mailbox, password=PASSWORD) as port:
            with attached(recorder, handler_for(port, security="none", user="ada", password_env=VARIABLE)):
                fail()

        (told,) = [each for each in caplog.messages if "refused the login" in each]
        assert told.startswith(f"mail server localhost:{port} refused the login of 'ada' (535 no: ***-***, ***")
        for form in ("s3cret", *forms):
            assert form.rstrip("=") not in told

    def test_a_password_that_cannot_be_sent_is_told_without_it(
        self, mailbox: Mailbox, recorder: Recorder, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """SMTP has no way for characters beyond ASCII."""
        monkeypatch.setenv(VARIABLE, "wröng")
        with smtp_server(mailbox, password=PASSWORD) as port:
            with attached(recorder, handler_for(port, security="none", user="ada", password_env=VARIABLE)):
                fail()

        assert "user or password has characters beyond ASCII" in caplog.text
        assert "ö" not in caplog.text

    def test_a_variable_that_is_gone_is_told(
        self, mailbox: Mailbox, port: int, recorder: Recorder, caplog: pytest.LogCaptureFixture, password: str
    ) -> None:
        """It was there at the start; later it is missed by its name."""
        with attached(recorder, handler_for(port, security="none", user="ada", password_env=VARIABLE)):
            del os.environ[VARIABLE]
            fail()

        assert f"password_env = '{VARIABLE}': this environment variable is not set; set it" in caplog.text

    @pytest.mark.parametrize("security", ["starttls", "tls"])
    def test_an_untrusted_certificate_is_told(
        self,
        mailbox: Mailbox,
        authority: trustme.CA,
        recorder: Recorder,
        caplog: pytest.LogCaptureFixture,
        security: str,
    ) -> None:
        """Nothing is sent, and the warning says where to name the authority."""
        context = server_context(authority)
        options: dict[str, Any] = {"tls_context" if security == "starttls" else "ssl_context": context}
        with smtp_server(mailbox, **options) as port:
            with attached(recorder, handler_for(port, security=security)):
                fail()

        told = f"localhost:{port} has a certificate that is not trusted (unable to get local issuer certificate); check"
        assert told in caplog.text
        assert "ca_file" in caplog.text
        assert [] == mailbox.mails

    def test_a_certificate_for_another_host_is_told(
        self,
        mailbox: Mailbox,
        authority: trustme.CA,
        recorder: Recorder,
        caplog: pytest.LogCaptureFixture,
        tmp_path: Path,
    ) -> None:
        """Who is trusted for another name is not trusted for this one."""
        with smtp_server(mailbox, tls_context=server_context(authority, "mail.example.org")) as port:
            with attached(recorder, handler_for(port, ca_file=str(tmp_path / "ca.pem"))):
                fail()

        assert "Hostname mismatch, certificate is not valid for 'localhost'" in caplog.text

    @pytest.mark.parametrize(
        ("options", "told"),
        [
            ({}, "does not offer STARTTLS; set security = 'tls' if it has a port for that, or 'none'"),
            (
                {"security": "tls"},
                "cannot agree on TLS (WRONG_VERSION_NUMBER); check port, or set security = 'starttls'",
            ),
            ({"security": "none", "user": "ada", "password_env": VARIABLE}, "takes no logins; leave user = 'ada' out"),
            ({"security": "none", "host": "no-such-host.invalid"}, "cannot be found ("),
        ],
    )
    def test_what_a_server_lacks_is_told(
        self,
        port: int,
        recorder: Recorder,
        caplog: pytest.LogCaptureFixture,
        password: str,
        options: dict[str, Any],
        told: str,
    ) -> None:
        """The warning says which option to change."""
        with attached(recorder, handler_for(port, **options)):
            fail()

        assert told in caplog.text
        assert f":{port} " in caplog.text

    def test_mails_that_wait_are_bounded(self, recorder: Recorder) -> None:
        """While a server is away, the oldest mails make room."""
        with closing(socket.create_server((HOST, 0))) as taken:
            port = taken.getsockname()[1]
        with attached(recorder, handler_for(port, security="none", digest=False)):
            for number in range(outbox.MAX_LETTERS + 5):
                fail(f"step {chr(ord('a') + number)}")

        assert outbox.MAX_LETTERS + 5 == diagnostics()["mail.lost"]


# Options


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"to": "ada"}, "to = 'ada': is no address; write ada@example.org or Ada <ada@example.org>"),
        ({"to": []}, "to = []: name somebody to tell"),
        ({"to": ["ada@example.org\r\nBcc: bob@example.org"]}, "is no address"),
        ({"to": "ada@example.org, bob@example.org"}, "is no address"),
        ({"sender": "lab"}, "sender = 'lab': is no address"),
        ({"security": "ssl"}, "security = 'ssl': must be one of starttls, tls, none"),
        ({"port": 70_000}, "port = 70000: must be from 1 to 65535"),
        ({"host": " "}, "host = ' ': name a mail server"),
        ({"timeout_seconds": 0}, "timeout_seconds = 0: must be more than 0 seconds"),
        ({"ca_file": "/no/such.pem"}, "ca_file = '/no/such.pem': No such file or directory; name a PEM file"),
        ({"ca_file": os.devnull}, "ca_file = "),
        ({"subject": "{trace}"}, "subject = '{trace}': there is no {trace}; use any of {title}, {operation}"),
        ({"trace_link": "{trace_id}"}, "trace_link = '{trace_id}': must begin with http"),
        ({"user": "ada"}, "user = 'ada': say where the password is kept, in password_env or password_keyring"),
        ({"password_env": VARIABLE}, "user: is missing; say who logs in"),
        ({"user": "a", "password_env": "A", "password_keyring": "B"}, "give one of them"),
        (
            {"user": "ada", "password_env": VARIABLE, "security": "none", "host": "mail.example.org"},
            "security = 'none': the password would go to mail.example.org for all to read; use 'starttls' or 'tls'",
        ),
    ],
)
def test_wrong_options_are_told(options: dict[str, Any], told: str, password: str) -> None:
    """The message names the option and its value, and what would be right."""
    with pytest.raises(ValueError) as raised:
        MailErrorHandler(**{"to": ADA, **options})

    assert told in str(raised.value)


def test_a_missing_variable_is_told_at_once() -> None:
    """The error names the variable and what to do."""
    with pytest.raises(ValueError, match=f"password_env = '{VARIABLE}': this environment variable is not set; set"):
        MailErrorHandler(to=ADA, user="ada", password_env=VARIABLE)


@pytest.mark.parametrize(
    ("options", "sender"),
    [
        ({"sender": "Lab <lab@example.org>", "user": "ada@example.net"}, r"Lab <lab@example\.org>"),
        ({"user": "ada@example.net"}, r"ada@example\.net"),
        ({"user": "ada"}, rf"\S+@{re.escape(socket.gethostname())}"),
        ({}, rf"\S+@{re.escape(socket.gethostname())}"),
    ],
)
def test_the_sender_is_who_logs_in_or_the_program(options: dict[str, Any], sender: str, password: str) -> None:
    """Who is named wins; a login that is no address is none."""
    login: dict[str, Any] = {"password_env": VARIABLE} if "user" in options else {}
    handler = MailErrorHandler(to=ADA, **options, **login)

    assert re.fullmatch(sender, str(handler.sender))


def test_mails_that_wait_stay_in_their_process(recorder: Recorder) -> None:
    """Neither a process that is forked from this one nor one that is sent the handler sends them, too."""
    handler = handler_for(1, security="none")
    handler.notify_all([report()])
    sent = pickle.loads(pickle.dumps(handler))
    handler.renew()

    handler.on_close()
    sent.on_close()
    assert {"mail.failed": 1} == diagnostics()


def test_a_handler_goes_to_other_processes(password: str) -> None:
    """It is pickled without the password."""
    pickled = pickle.dumps(MailErrorHandler(to=ADA, sender=BOB, user="ada", password_env=VARIABLE))

    assert PASSWORD.encode() not in pickled
    assert BOB == str(pickle.loads(pickled).sender)
