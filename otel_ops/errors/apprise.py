"""AppriseErrorHandler: tells failures by webhook, chat, and the more than a hundred services that Apprise knows."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from otel_ops import faults
from otel_ops.errors.notifying import NotifyingErrorHandler
from otel_ops.errors.secrets import SecretInEnvironment
from otel_ops.errors.story import Story, TraceLink, brief_text_of, story_of
from otel_ops.exceptions import MissingExtraError
from otel_ops.redaction import without

if TYPE_CHECKING:
    from otel_ops.errors.report import Report

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_SEPARATOR = re.compile(r"[\s,]+(?=[a-z][a-z0-9+.-]*://)", re.IGNORECASE)
_TALKATIVE = ("apprise", "urllib3.connectionpool")
"""Loggers that tell addresses, with the secrets that these hold."""


class AppriseErrorHandler(NotifyingErrorHandler):
    """Sends a title and a short text to services, such as ``json://``, ``slack://`` or ``mattermost://``.

    Addresses hold secrets: messages name a service by its index and scheme only, and what Apprise logs of them is not
    logged.

    Args:
        urls: Addresses of services, as Apprise has them: https://appriseit.com/services/.
        urls_env: Name of an environment variable that holds further ones, separated by spaces or commas.
        trace_link: Address of a trace, such as ``http://localhost:16686/trace/{trace_id}``, in which ``{span_id}``,
            ``{operation}`` and ``{service}`` may stand, too; empty for no links.
        max_characters: Longest text; a service that takes less gets less.
        window_seconds: Shortest time between two messages about one kind of failure, in seconds.
        digest: Whether all kinds share their windows, rather than each having its own.
        levels: What is told of: ``operation``, ``suboperation`` or both.

    Raises:
        ValueError: Apprise does not know an address, another argument cannot be used, or the environment variable is
            not set; the message says what would be right.
        MissingExtraError: Apprise is not installed.
    """

    def __init__(
        self,
        *,
        urls: str | Sequence[str] = (),
        urls_env: str | None = None,
        trace_link: str = "",
        max_characters: int = 1_500,
        window_seconds: float = 300.0,
        digest: bool = False,
        levels: Sequence[str] = ("operation",),
    ) -> None:
        super().__init__(window_seconds=window_seconds, digest=digest, levels=levels)
        self._link = TraceLink(trace_link)
        if max_characters < 1:
            msg = f"max_characters = {max_characters!r}: must be 1 or more"
            raise ValueError(msg)
        self._max_characters = max_characters
        self._services = list(_services(urls, urls_env))

    def notify(self, report: Report) -> None:
        """Send it to all services.

        Raises:
            ConnectionError: None of them took it.
        """
        story = story_of(report, self._link)
        failed = [told for each in self._services if (told := each.send(story, self._max_characters))]
        if len(failed) == len(self._services):
            raise ConnectionError("; ".join(failed))
        for told in failed:
            faults.warn("apprise.failed", f"{told}; it is left out there", about=told)


@dataclass(frozen=True, repr=False)
class _Service:
    """One service: its name for messages, its address, and what Apprise made of it."""

    name: str
    url: str
    apprise: Any

    def send(self, story: Story, characters: int) -> str:
        """Send a story, cut to what the service takes; give what went wrong, or nothing."""
        room = min((service.body_maxlen for service in self.apprise), default=characters)
        title = story.title
        body = brief_text_of(story, max(0, min(characters, room - len(title) - 2)))
        with _overheard() as told:
            is_sent = self.apprise.notify(body=body, title=title, notify_type="failure", body_format="text")
        why = without("; ".join(told), self.url.partition("://")[2]) or "it says no more"
        return "" if is_sent else f"{self.name} took no message ({why})"


def _services(urls: str | Sequence[str], urls_env: str | None) -> Iterator[_Service]:
    given = [("urls", [urls] if isinstance(urls, str) else urls)]
    if urls_env:
        given.append(("urls_env", _SEPARATOR.split(SecretInEnvironment("urls_env", urls_env).read().strip())))
    if not any(found for _, found in given):
        msg = "urls: name a service to tell, as in urls = ['json://localhost:8080'], or a variable in urls_env"
        raise ValueError(msg)
    for option, found in given:
        for index, url in enumerate(found):
            yield _service(f"{option}[{index}]", url)


def _service(place: str, url: object) -> _Service:
    """Make a service.

    Raises:
        ValueError: Apprise does not know its address.
        MissingExtraError: Apprise is not installed.
    """
    try:
        import apprise  # noqa: PLC0415 - an extra, and slow to import
    except ImportError:
        missing = MissingExtraError("apprise", "apprise", ["apprise"])
        raise missing from None
    scheme = _SCHEME.match(url) if isinstance(url, str) else None
    name = f"{place} ({scheme[0] if scheme else 'without a scheme'})"
    asset = apprise.AppriseAsset(app_id="otel_ops", app_desc="Failed operations", app_url="", async_mode=False)
    made = apprise.Apprise(asset=asset)
    with _overheard(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it loads all services, which use what Python gives up
        is_usable = made.add(str(url))
    if not is_usable:
        msg = f"{name}: Apprise cannot use this address; https://appriseit.com/services/ tells how each is written"
        raise ValueError(msg)
    return _Service(name, str(url), made)


_LISTENING: ContextVar[list[str] | None] = ContextVar("otel_ops_apprise", default=None)


class _Listener(logging.Filter):
    """Keeps from the log what is said while somebody listens; gives warnings to those who do."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let through what is said elsewhere."""
        told = _LISTENING.get()
        if told is not None and record.levelno >= logging.WARNING:
            told.append(record.getMessage().rstrip("."))
        return told is None


_LISTENER = _Listener()


@contextmanager
def _overheard() -> Iterator[list[str]]:
    """Keep from the log what Apprise says meanwhile in this context, for it tells addresses; give its warnings."""
    for name in _TALKATIVE:
        logging.getLogger(name).addFilter(_LISTENER)  # a second time changes nothing
    told: list[str] = []
    token = _LISTENING.set(told)
    try:
        yield told
    finally:
        _LISTENING.reset(token)
