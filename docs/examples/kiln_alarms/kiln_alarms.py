"""A night at the kiln: an instrument that stutters, a file that is broken, and a step that cannot work.

The first is repaired, the second is reported by mail, the third goes to the log. The mail server is one of the demo's
own, on this machine, and prints what it is sent.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from itertools import count
from typing import Any

from aiosmtpd.controller import Controller

from otel_ops import OperationContext, configure, operation, shutdown
from otel_ops.errors import Fallback, Retry

ROWS = {"monday.csv": ["20.0", "61.5", "104.1"], "tuesday.csv": ["19.8", "60,2", "103.7"]}
ADDRESS, HOST = "ada@example.org", "127.0.0.1"
_readings = count(1)


@operation("read thermocouple", recover=[Retry(on=ConnectionError, attempts=3, wait=0.02)], capture=["channel"])
def read_thermocouple(channel: int) -> float:
    """Ask an instrument that answers every third time only."""
    with operation("ask instrument"):
        if next(_readings) % 3:
            raise ConnectionError("no answer from the thermocouple")
    return 20.5


@operation("read humidity", recover=[Fallback(45.0)])
def read_humidity() -> float:
    """Ask a sensor that is gone; the usual value will do."""
    raise TimeoutError("the humidity sensor says nothing")


@operation("load", capture=["name"])
def load(name: str) -> list[float]:
    """Read the temperatures of a file, in degrees Celsius."""
    return [celsius(number, text) for number, text in enumerate(ROWS[name], 1)]


@operation("parse", capture=["row"], detail="DETAILED")
def celsius(row: int, text: str) -> float:
    """Read one temperature."""
    return float(text)


@operation("extrapolate")
def extrapolate(temperatures: list[float]) -> float:
    """Tell the temperature at which nothing moves any more."""
    return temperatures[0] / (temperatures[1] - temperatures[1])


def night() -> Iterator[tuple[str, str, str]]:
    """Run the steps; tell what became of each, and who was told."""
    with operation("measure"):
        yield "read thermocouple", f"recovered: {read_thermocouple(3)} °C at the third attempt", "nobody"
        yield "read humidity", f"recovered: the usual {read_humidity():g} %", "nobody"
    for name in ROWS:
        try:
            yield f"load {name}", f"ok: {len(load(name))} rows", "nobody"
        except ValueError as error:
            yield f"load {name}", f"failed: {error}", f"{ADDRESS}, by mail"
    try:
        yield "extrapolate", f"ok: {extrapolate([20.0, 61.5])}", "nobody"
    except ZeroDivisionError as error:
        yield "extrapolate", f"failed: {error}", "the log"


class Postman:
    """Prints the mails that it is given."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - as aiosmtpd calls it
        """Take a mail."""
        mail: Any = message_from_bytes(envelope.content, policy=policy.default)
        text = mail.get_body(("plain",)).get_content()
        print(f"\n--- mail to {mail['To']}: {mail['Subject']}\n\n{text.rstrip()}\n\n--- end of the mail", flush=True)
        return "250 OK"


class FreePort(Controller):
    """A mail server on a port that the system chooses."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr] # it has begun
        super()._trigger_server()  # type: ignore[no-untyped-call] # aiosmtpd's


@contextmanager
def mail_server() -> Iterator[int]:
    """Run a mail server on this machine, and give its port."""
    server = FreePort(Postman(), hostname=HOST, port=0)
    server.start()
    try:
        yield server.port
    finally:
        server.stop()


def main() -> None:
    """Spend the night."""
    logging.basicConfig(format="--- %(levelname)s by the logger %(name)s: %(message)s", level="ERROR")
    with mail_server() as port:
        mail = {"to": [ADDRESS], "sender": "kiln@example.org", "host": HOST, "port": port, "security": "none"}
        configure(
            service_name="kiln",
            outputs=["tree"],
            error_handlers=[
                {"handler": "mail", "operation": "load", "options": mail},
                {"handler": "log", "operation": "extrapolate"},
            ],
        )
        with OperationContext("night at the kiln", user="ada", series="10 K/min"):
            told = list(night())
        shutdown()
    print()
    for step, outcome, told_to in told:
        print(f"{step:<18}  {outcome:<62}  told to: {told_to}")


if __name__ == "__main__":
    main()
