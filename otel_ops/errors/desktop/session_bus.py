"""Notifications over D-Bus: what the desktops of Linux and the other Unixes understand."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

from otel_ops.forks import renew_in_children

if TYPE_CHECKING:
    from jeepney.io.blocking import DBusConnection

MAX_REMEMBERED = 100
"""Most notifications that can be replaced by a later one of their kind."""

_ADDRESS = "DBUS_SESSION_BUS_ADDRESS"
_OTHERS = "or name another error handler, such as log"
_SERVICE = "org.freedesktop.Notifications"
_PATH = "/org/freedesktop/Notifications"


class Notification(NamedTuple):
    """What a desktop is to show.

    Attributes:
        kind: A later one of this kind replaces it.
        title: One line.
        text: Some more; no markup.
        program: Whose it is.
        icon: Name of an icon of the desktop's theme, or path of a picture.
        urgency: 0, 1 or 2.
        milliseconds: How long it is shown; 0 until somebody closes it, -1 as the desktop does by itself.
    """

    kind: str
    title: str
    text: str
    program: str
    icon: str
    urgency: int
    milliseconds: int


class SessionBus:
    """Shows notifications on the desktop of whoever runs the program.

    The connection is kept, and made anew where it breaks; a forked process makes one of its own.

    Args:
        seconds: Longest time to wait for an answer.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._connection: DBusConnection | None = None
        self.renew()
        renew_in_children(self)

    def __reduce__(self) -> tuple[type[SessionBus], tuple[float]]:
        """Go to another process without the connection."""
        return SessionBus, (self._seconds,)

    def renew(self) -> None:
        """Leave the connection to the process that this one was forked from."""
        self._lock = threading.RLock()
        self.close()

    def close(self) -> None:
        """Have no connection."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()
            self._server = ""
            self._shown: OrderedDict[str, int] = OrderedDict()

    def show(self, notification: Notification) -> None:
        """Show a notification, in the place of the former one of its kind.

        Raises:
            ConnectionError: There is no bus, or nobody there who shows notifications.
            TimeoutError: Whoever shows them does not answer.
        """
        with self._lock:
            was_connected = self._connection is not None
            try:
                self._show(notification)
            except OSError:
                self.close()
                if not was_connected:
                    raise
                self._show(notification)

    def _show(self, told: Notification) -> None:
        has_markup = "body-markup" in self._capabilities()
        replaced = self._shown.pop(told.kind, 0)
        text = escape(told.text, quote=False) if has_markup else told.text
        words = told.program, replaced, told.icon, told.title, text
        actions: list[str] = []
        hints = {"urgency": ("y", told.urgency)}
        answer = self._ask("Notify", "susssasa{sv}i", (*words, actions, hints, told.milliseconds))
        (self._shown[told.kind],) = answer
        if len(self._shown) > MAX_REMEMBERED:
            self._shown.popitem(last=False)

    def _capabilities(self) -> list[str]:
        (capabilities,) = self._ask("GetCapabilities")
        return list(capabilities)

    def _ask(self, method: str, signature: str | None = None, arguments: tuple[Any, ...] = ()) -> tuple[Any, ...]:
        from jeepney import DBusAddress, DBusErrorResponse, HeaderFields, new_method_call  # noqa: PLC0415 - an extra
        from jeepney.wrappers import unwrap_msg  # noqa: PLC0415

        if self._connection is None:
            self._connection = self._connected()
        server = DBusAddress(_PATH, bus_name=_SERVICE, interface=_SERVICE)
        message = new_method_call(server, method, signature, arguments)
        try:
            reply = self._connection.send_and_get_reply(message, timeout=self._seconds)
            answer: tuple[Any, ...] = unwrap_msg(reply)
        except TimeoutError as error:
            msg = f"nobody on the session bus has answered to {method} within {self._seconds:g} s"
            raise TimeoutError(msg) from error
        except DBusErrorResponse as error:
            msg = f"no notification daemon on the session bus ({error.name}); start one, such as dunst, {_OTHERS}"
            raise ConnectionRefusedError(msg) from error
        self._know(reply.header.fields.get(HeaderFields.sender, ""))
        return answer

    def _know(self, server: str) -> None:
        """Forget what another server has shown: its numbers mean something else here."""
        if server != self._server:
            self._server = server
            self._shown.clear()

    def _connected(self) -> DBusConnection:
        from jeepney.io.blocking import open_dbus_connection  # noqa: PLC0415 - an extra

        address = _address()
        try:
            return open_dbus_connection(address, auth_timeout=self._seconds)
        except (OSError, RuntimeError, ValueError) as error:
            msg = f"no session bus at {address}: {error}; run in a desktop session, {_OTHERS}"
            raise ConnectionError(msg) from error


def _address() -> str:
    """Find the bus: where the environment says, else where systemd has it."""
    address = os.environ.get(_ADDRESS, "")
    folder = os.environ.get("XDG_RUNTIME_DIR", "")
    if not address and folder:
        address = f"unix:path={folder}/bus"
    if not address:
        msg = f"no session bus: {_ADDRESS} is not set; run in a desktop session, {_OTHERS}"
        raise ConnectionError(msg)
    return address
