"""A program that serves on loopback: started, waited for, and stopped by its process id."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

WITH_US = ("setpriv", "--pdeathsig", "TERM") if shutil.which("setpriv") else ()
"""Has a program end when we do, even where we are killed; only Linux can."""

_START_SECONDS = 120
_STOP_SECONDS = 20
_POLL_SECONDS = 0.1


class NotServingError(Exception):
    """A back end ended, or did not become healthy; the text has the end of what it wrote."""


class Server:
    """A process that answers at an address while the with-block is open.

    Args:
        command: Program and arguments.
        health: Address that answers 200 once it can be used.
        log: File that gets what it writes.
        environment: Variables beside those of this process; those of OpenTelemetry are not handed on.
    """

    def __init__(
        self, command: Sequence[object], health: str, log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.log = log
        self._command = [*WITH_US, *map(str, command)]
        self._name = command[0]
        self._health = health
        kept = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
        self._environment = {**kept, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Id of the process that runs."""
        assert self._process is not None, "it does not run"
        return self._process.pid

    def start(self) -> None:
        """Start the process and wait until it is healthy.

        Raises:
            NotServingError: it ended, or is not healthy after two minutes.
        """
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment
            )
        try:
            self._wait(self._process)
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Ask the process to end; make it end where it does not within 20 s."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """End the process at once, as a crash does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + _START_SECONDS
        while not answers(self._health):
            if process.poll() is not None:
                raise NotServingError(f"{self._name} ended with {process.returncode}:\n{self._tail()}")
            if time.monotonic() > end:
                raise NotServingError(f"{self._name} is not healthy after {_START_SECONDS} s:\n{self._tail()}")
            time.sleep(_POLL_SECONDS)

    def _tail(self) -> str:
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])


def answers(address: str) -> bool:
    """Tell whether an address answers 200."""
    try:
        with urllib.request.urlopen(address, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def free_ports(number: int) -> list[int]:
    """Find ports of loopback that nobody listens at: different ones, all looked for at the same time."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for free in sockets:
            free.bind(("127.0.0.1", 0))
        return [free.getsockname()[1] for free in sockets]


def free_port_in(ports: Sequence[int]) -> int:
    """Find a port of loopback among some that nobody listens at."""
    return next(port for port in random.sample(ports, len(ports)) if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) != 0
