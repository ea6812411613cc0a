"""Mails on their way: what a server does not take now is handed to it again, later."""

from __future__ import annotations

import smtplib
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage

from otel_ops import faults
from otel_ops.errors.mail.problems import MailError, Refusal
from otel_ops.errors.mail.server import MailServer, hand_over

MAX_LETTERS = 10
"""Most mails that wait for the server; of more, the oldest are left out."""

MAX_SUBJECTS = 3
"""Most mails whose subjects a warning tells."""

MAX_TRIES = 10
"""So often a mail is handed over; after that it is left out."""

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 30.0, 1_800.0
"""The pause after a problem, which doubles with each further one in a row, and the longest."""


@dataclass(slots=True)
class _Letter:
    """A mail, with those who have not got it yet, and how often it was handed over in vain."""

    message: EmailMessage
    to: list[str]
    tries: int = 0
    due_at: float = 0.0


class Outbox:
    """Hands mails to a server, one thread at a time.

    Args:
        server: The server.
        sender: The address that the mails are from.
    """

    def __init__(self, server: MailServer, sender: str) -> None:
        self._server = server
        self._sender = sender
        self._letters: deque[_Letter] = deque()
        self._problems = 0
        self._resumes_at = 0.0
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type[Outbox], tuple[MailServer, str]]:
        """Go to another process without the mails that wait in this one."""
        return Outbox, (self._server, self._sender)

    def put(self, message: EmailMessage, to: list[str]) -> None:
        """Take a mail; it goes out with the next `send`."""
        with self._lock:
            self._letters.append(_Letter(message, to))
            while len(self._letters) > MAX_LETTERS:
                self._lost([self._letters.popleft()], f"more than {MAX_LETTERS} mails wait for it")

    def send(self, now: float) -> None:
        """Hand over what is due.

        Args:
            now: The time of `time.monotonic`; infinite for the last time, after which nothing waits any more.
        """
        with self._lock:
            due = [letter for letter in self._letters if letter.due_at <= now]
            if due and self._resumes_at <= now:
                self._send(due)
            if now == float("inf") and self._letters:
                self._lost(list(self._letters), "the program ends")
                self._letters.clear()

    def _send(self, letters: list[_Letter]) -> None:
        try:
            with self._server.open(self._sender) as connection:
                for letter in letters:
                    self._hand_over(letter, connection)
        except MailError as error:
            self._problems += 1
            self._resumes_at = time.monotonic() + _pause(self._problems)
            faults.warn("mail.failed", f"{error}. Mails wait, and are tried again later", about=self._about(error.kind))
        else:
            self._problems, self._resumes_at = 0, 0.0

    def _hand_over(self, letter: _Letter, connection: smtplib.SMTP) -> None:
        """Hand a mail over; keep it for those whom the server may take it for later."""
        refused = hand_over(connection, letter.message, self._sender, letter.to)
        letter.tries += 1
        letter.to = [each for each in refused if refused[each].temporary and letter.tries < MAX_TRIES]
        letter.due_at = time.monotonic() + _pause(letter.tries)
        for address, refusal in refused.items():
            self._tell_refusal(address, refusal, again=address in letter.to)
        if not letter.to:
            self._letters.remove(letter)

    def _tell_refusal(self, address: str, refusal: Refusal, *, again: bool) -> None:
        told = f"mail server {self._server.place} takes no mail for {address} ({refusal})"
        if again:
            reason, what = "mail.put_off", "it is tried again later"
        else:
            reason, what = "mail.refused", "it is left out; check the address in to, and what the server says"
        faults.warn(reason, f"{told}; {what}", about=self._about(address))

    def _lost(self, letters: Sequence[_Letter], why: str) -> None:
        """Warn of mails that are left out, with the subjects of the latest."""
        were = "a mail was" if len(letters) == 1 else f"{len(letters)} mails were"
        subjects = "; ".join(faults.shortened(str(each.message["Subject"])) for each in letters[-MAX_SUBJECTS:])
        told = f"{were} not sent to {self._server.place}, for {why}: {subjects}"
        faults.warn("mail.lost", told, len(letters), about=self._about(why))

    def _about(self, what: str) -> str:
        return f"{self._server.place} {what}"


def _pause(problems: int) -> float:
    """Give the pause after so many problems in a row, in seconds."""
    return float(min(FIRST_PAUSE_SECONDS * 2 ** (problems - 1), LONGEST_PAUSE_SECONDS))
