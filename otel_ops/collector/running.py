"""A collector that runs as long as somebody wants it to."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from http.client import HTTPException
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

from otel_ops.collector.addresses import Addresses
from otel_ops.collector.merging import Configuration
from otel_ops.collector.program import Collector, config_file
from otel_ops.collector.rendering import as_text
from otel_ops.collector.traffic import Traffic, traffic_of
from otel_ops.exceptions import CollectorError

QUEUE_VARIABLE = "OPS_QUEUE_DIR"
"""Where a collector keeps what it has not sent yet."""

_FOLDERS = {QUEUE_VARIABLE: "queue", "OPS_ARCHIVE_DIR": "archive"}
"""Variables of folders that are those of a service, unless somebody sets them, and where they are here."""

_PORTS = "OPS_GRPC_PORT, OPS_HTTP_PORT, OPS_HEALTH_PORT, OPS_METRICS_PORT"
_TAKEN = "address already in use"

_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
_PAUSE_SECONDS = 0.1
_ANSWER_SECONDS = 2.0
_LINES_TOLD = 3


def state_folder() -> Path:
    """Give the folder for queues, archives and the log of collectors that a user runs."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state", "otel_ops", "collector")


def queue_folder() -> Path:
    """Give the folder for what these collectors have not sent yet."""
    return state_folder() / _FOLDERS[QUEUE_VARIABLE]


class RunningCollector:
    """A collector with its process; a with-block starts it, waits until it is healthy, and stops it.

    Args:
        collector: The program.
        configuration: What it does.
        folder: Where its log, queue and archive go, unless variables say otherwise.
        environ: Its environment.
    """

    def __init__(
        self, collector: Collector, configuration: Configuration, folder: Path, environ: Mapping[str, str]
    ) -> None:
        folders = {name: str(folder / part) for name, part in _FOLDERS.items()}
        self._environ = {**folders, **environ}
        self._collector = collector
        self._text = as_text(configuration, collector.version)
        self._ended = ExitStack()
        self.addresses = Addresses(configuration.content, self._environ)
        self.log = folder / "collector.log"

    def __enter__(self) -> RunningCollector:
        self._refuse_another()
        with self._ended:
            self._start()
            self._wait_until_healthy()
            self._ended = self._ended.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def exit_code(self) -> int | None:
        """The exit code of the process; None while it runs."""
        return self._process.poll()

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def traffic(self) -> Traffic | None:
        """Give what it has counted; None where it does not answer now."""
        text = _answer(self.addresses.metrics)
        return None if text is None else traffic_of(text)

    def stop(self, seconds: float = _STOP_SECONDS) -> bool:
        """Let it end, at last by force: what is queued on disk is sent after the next start.

        Args:
            seconds: How long it may take; exporters that go on trying hold it up.

        Returns:
            Whether it ended by itself.
        """
        with self._ended:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
            return self._process.poll() is not None

    def _refuse_another(self) -> None:
        """Refuse to start where another collector would be taken for this one."""
        url = self.addresses.health
        if _answer(url) is not None:
            msg = f"{url} answers already: a collector runs there; end it, or give this one ports of its own ({_PORTS})"
            raise CollectorError(msg)

    def _start(self) -> None:
        _make(self.log.parent)
        path = self._ended.enter_context(config_file(self._text))
        log = self._ended.enter_context(self.log.open("wb"))
        command = [self._collector.path, "--config", str(path)]
        self._process = subprocess.Popen(
            command, env=self._environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        self._ended.callback(self._kill)

    def _kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def _wait_until_healthy(self) -> None:
        url = self.addresses.health
        until = time.monotonic() + _START_SECONDS
        while self.exit_code is None and time.monotonic() < until:
            if _answer(url) is not None:
                return
            time.sleep(_PAUSE_SECONDS)
        raise CollectorError(self.told_end())

    def told_end(self) -> str:
        """Tell why it has ended, or has not begun, with what it said last."""
        code = self.exit_code
        what = f"did not answer on {self.addresses.health} within {_START_SECONDS:g} s"
        if code is not None:
            what = f"ended with exit code {code}" if code >= 0 else f"was ended by signal {-code}"
        said = list(self._complaints())[-_LINES_TOLD:]
        if any(_TAKEN in line for line in said):
            said.append(f"end what listens there, or give the collector ports of its own ({_PORTS})")
        return "\n  ".join([f"{self._collector.path} {what}; its log is {self.log}", *said])

    def _complaints(self) -> Iterator[str]:
        """Give what the log has of errors."""
        for line in filter(str.strip, self.log.read_text("utf-8", "replace").splitlines()):
            if not line.startswith("{"):
                yield line
                continue
            with suppress(ValueError):
                entry = json.loads(line)
                if entry.get("level") in {"error", "fatal"}:
                    yield f"{entry.get('msg')} {entry.get('error', '')}".strip()


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"{folder}: cannot be made, for queue and log: {error.strerror}; name another folder"
        raise CollectorError(msg) from None


def _answer(url: str) -> str | None:
    """Ask without any proxy: the collector is on this machine."""
    try:
        with build_opener(ProxyHandler({})).open(url, timeout=_ANSWER_SECONDS) as answer:
            text: bytes = answer.read()
    except (OSError, HTTPException):
        return None
    return text.decode("utf-8", "replace")
