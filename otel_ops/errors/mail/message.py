"""Mails that tell stories: whom they go to, their subject, and their two bodies."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Sequence
from email import policy
from email.errors import NonASCIILocalPartDefect, ObsoleteHeaderDefect
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, cast

from otel_ops.errors.story import TraceLink, html_of, story_of, text_of
from otel_ops.errors.story.excerpts import line_of
from otel_ops.errors.story.templates import Template
from otel_ops.ids import new_id

if TYPE_CHECKING:
    from otel_ops.errors.report import Report

MAX_STORIES = 5
"""Most reports that one mail tells in full; of further ones it tells the titles."""

MAX_SUBJECT = 180
"""Longest subject, in characters."""

PLACEHOLDERS = ("title", "operation", "type", "count", "service", "host")
"""What may stand in braces in a subject."""

_header = HeaderRegistry()
_HARMLESS = (ObsoleteHeaderDefect, NonASCIILocalPartDefect)
"""A dot in the name of a person; an address that needs SMTPUTF8."""


def address_of(option: str, text: object) -> Address:
    """Read the address of one person, with or without a name: ``Ada <ada@example.org>``.

    Args:
        option: Where it stands, for messages.
        text: The address.

    Raises:
        ValueError: It is none.
    """
    if isinstance(text, str) and text.isprintable():
        header = cast("Any", _header("to", text))
        is_sound = all(isinstance(defect, _HARMLESS) for defect in header.defects)
        if is_sound and len(header.addresses) == 1 and header.addresses[0].domain:
            return cast("Address", header.addresses[0])
    msg = f"{option} = {text!r}: is no address; write ada@example.org or Ada <ada@example.org>"
    raise ValueError(msg)


def own_address() -> Address:
    """Give an address for mail of this program: its user's at this host."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container may run as a user that has no name
        user = "otel_ops"
    return Address("", user, socket.gethostname() or "localhost")


class Composer:
    """Makes mails.

    Args:
        sender: Whom they are from.
        to: Whom they go to.
        subject: Template of their subject.
        trace_link: Template of links to traces.

    Raises:
        ValueError: A template has a placeholder that there is not.
    """

    def __init__(self, sender: Address, to: Sequence[Address], subject: str, trace_link: str) -> None:
        self.sender = sender
        self.to = to
        self._subject = Template("subject", subject, PLACEHOLDERS)
        self._link = TraceLink(trace_link)

    def message(self, reports: Sequence[Report]) -> EmailMessage:
        """Make the one mail that tells reports."""
        stories = [story_of(report, self._link) for report in reports[:MAX_STORIES]]
        others = [line_of(report.title) for report in reports[MAX_STORIES:]]
        message = EmailMessage(policy=policy.SMTP)
        message["From"] = self.sender
        message["To"] = tuple(self.to)
        message["Subject"] = self._subject_of(reports)
        message["Date"] = formatdate(localtime=True)
        message["Message-ID"] = f"<{new_id()}{new_id()}@{self.sender.domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        message.set_content(text_of(stories, others), cte="quoted-printable")
        message.add_alternative(html_of(stories, others), subtype="html", cte="quoted-printable")
        message.set_boundary(f"=_{new_id()}{new_id()}")  # email's own would be drawn from what `random.seed` sets
        return message

    def _subject_of(self, reports: Sequence[Report]) -> str:
        text = line_of(self._subject.fill(_values(reports[0])))
        more = _more(len(reports) - 1)
        room = MAX_SUBJECT - len(more)
        return (text if len(text) <= room else f"{text[: room - 1]}…") + more


def _more(number: int) -> str:
    return "" if number == 0 else f", and {number} other failure{'s' if number > 1 else ''}"


def _values(report: Report) -> dict[str, str]:
    last = report.last
    resource = last.operation_log.resource.attributes
    return {
        "title": report.title,
        "operation": last.log.name,
        "type": last.error_data.type,
        "count": str(report.count),
        "service": str(resource.get("service.name", "")),
        "host": str(resource.get("host.name") or socket.gethostname()),
    }
