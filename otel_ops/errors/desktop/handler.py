"""Shows failures as notifications of the desktop."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal, Protocol

from otel_ops.errors.desktop.session_bus import Notification, SessionBus
from otel_ops.errors.notifying import NotifyingErrorHandler
from otel_ops.errors.story.glance import Glance, glance_of
from otel_ops.exceptions import MissingExtraError
from otel_ops.semconv import Kind

if TYPE_CHECKING:
    from otel_ops.errors.report import Report

_URGENCIES = "low", "normal", "critical"
_APPRISE = {"darwin": "macosx://", "win32": "windows://"}
"""Services of Apprise that show notifications on the desktop, by platform."""

_SERVICE_NAME = "service.name"


class _Desktop(Protocol):
    """Who shows notifications."""

    def show(self, notification: Notification) -> None: ...

    def close(self) -> None: ...


class DesktopErrorHandler(NotifyingErrorHandler):
    """Shows each kind of failure as one notification of the desktop, with a small tree of the operation.

    On Linux over D-Bus (extra ``desktop``), on macOS and Windows through Apprise (extra ``apprise``). A later report of
    the same kind replaces the former notification.

    Args:
        urgency: ``low``, ``normal`` or ``critical``; desktops show a critical one until it is closed.
        shown_seconds: How long it is shown, in seconds; 0 until it is closed, None as the desktop does by itself.
        timeout_seconds: Longest time to wait for the desktop, in seconds.
        icon: Name of an icon of the desktop's theme, or path of a picture.
        app_name: Whose notification it is; None for the service's name.
        window_seconds: Shortest time between two reports of one kind of failure, in seconds.
        levels: What is told of: ``operation``, ``suboperation`` or both.

    Raises:
        MissingExtraError: jeepney, or Apprise, is not installed.
        ValueError: An argument cannot be used; the message says why.
    """

    def __init__(
        self,
        *,
        urgency: Literal["low", "normal", "critical"] = "normal",
        shown_seconds: float | None = None,
        timeout_seconds: float = 5.0,
        icon: str = "dialog-error",
        app_name: str | None = None,
        window_seconds: float = 300.0,
        levels: Sequence[str] = (Kind.OPERATION,),
    ) -> None:
        super().__init__(window_seconds=window_seconds, levels=levels)
        if urgency not in _URGENCIES:
            msg = f"urgency = {urgency!r}: must be one of {', '.join(_URGENCIES)}"
            raise ValueError(msg)
        self._urgency = _URGENCIES.index(urgency)
        self._milliseconds = _milliseconds(shown_seconds)
        self._icon = icon
        self._app_name = app_name
        self._desktop = _desktop_of(sys.platform, _positive(timeout_seconds))

    def notify(self, report: Report) -> None:
        """Show it.

        Raises:
            OSError: The desktop cannot be reached, or does not answer.
        """
        self._desktop.show(self._notification(glance_of(report), _service_of(report)))

    def on_close(self) -> None:
        """Show what waits, and leave the bus."""
        try:
            super().on_close()
        finally:
            self._desktop.close()

    def _notification(self, glance: Glance, service: str) -> Notification:
        return Notification(
            kind=glance.fingerprint,
            title=glance.title,
            text=glance.tree,
            program=self._app_name or service,
            icon=self._icon,
            urgency=self._urgency,
            milliseconds=self._milliseconds,
        )


def _desktop_of(platform: str, seconds: float) -> _Desktop:
    if platform in _APPRISE:
        return _AppriseDesktop(_APPRISE[platform])
    if find_spec("jeepney") is None:
        missing = MissingExtraError("jeepney", "desktop", ["jeepney"])
        raise missing
    return SessionBus(seconds)


class _AppriseDesktop:
    """Shows notifications through a service of Apprise."""

    def __init__(self, url: str) -> None:
        if find_spec("apprise") is None:
            missing = MissingExtraError("apprise", "apprise", ["apprise"])
            raise missing
        self._url = url

    def show(self, notification: Notification) -> None:
        from apprise import Apprise, NotifyFormat, NotifyType  # noqa: PLC0415 - an extra, and slow to import

        service = Apprise()
        done = service.add(self._url) and service.notify(
            title=notification.title,
            body=notification.text,
            notify_type=NotifyType.FAILURE,
            body_format=NotifyFormat.TEXT,
        )
        if not done:
            msg = f"Apprise cannot show notifications ({self._url}); its log says why, and its pages what it needs here"
            raise ConnectionError(msg)

    def close(self) -> None:
        """There is nothing to leave."""


def _service_of(report: Report) -> str:
    return str(report.last.operation_log.resource.attributes.get(_SERVICE_NAME, "otel_ops"))


def _milliseconds(seconds: float | None) -> int:
    if seconds is None:
        return -1
    if not 0 <= seconds < math.inf:
        msg = f"shown_seconds = {seconds!r}: must be 0 or more seconds"
        raise ValueError(msg)
    return min(round(seconds * 1_000), 2**31 - 1)


def _positive(seconds: float) -> float:
    if not 0 < seconds < math.inf:
        msg = f"timeout_seconds = {seconds!r}: must be more than 0 seconds, such as 5"
        raise ValueError(msg)
    return seconds
