"""Files that are watched by a thread, as long as somebody wants to know of their changes."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from otel_ops import faults
from otel_ops.exceptions import MissingExtraError
from otel_ops.forks import renew_in_children

_QUIET_MS, _BURST_MS, _PAUSE_MS = 100, 400, 500
"""A change counts after so much quiet, or at last after this; and after so long files are looked at unasked."""

_JOIN_SECONDS = 2.0
_logger = logging.getLogger("watchfiles.main")


class FileWatch:
    """Calls `changed`, on a thread of its own, when a file is another than before: written, replaced, made or removed.

    It watches their folders, for editors replace a file rather than write into it. Several changes in a moment are one.
    """

    def __init__(self, paths: Iterable[Path], changed: Callable[[], None]) -> None:
        self._paths = tuple(paths)
        self._changed = changed
        self._seen = self._states()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; where watchfiles is missing, one warning tells what to install."""
        try:
            import watchfiles  # noqa: F401, PLC0415 - an extra; imported here, lest a fork meet it half imported
        except ImportError:
            missing = MissingExtraError("watchfiles", "watch", ["watchfiles"])
            faults.warn("settings.watch", f"watch = true: files with settings are not watched: {missing}")
        else:
            self.renew()
            renew_in_children(self)

    def renew(self) -> None:
        """Have a thread of this process's own."""
        if not self._ended.is_set():
            self._ended = threading.Event()
            self._thread = threading.Thread(target=self._run, args=(self._ended,), name="otel_ops watch", daemon=True)
            with faults.guarded("settings.watch"):
                self._thread.start()

    def stop(self) -> None:
        """End, without waiting for it."""
        self._ended.set()

    def join(self) -> None:
        """Wait for the end, lest the interpreter be gone while the thread still asks it for something."""
        if self._thread is not None and self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(_JOIN_SECONDS)

    def _run(self, ended: threading.Event) -> None:
        quiet = _QuietHere()
        _logger.addFilter(quiet)
        try:
            with faults.contained("settings.watch", "later changes of files with settings"):
                self._look_when_told(ended)
        finally:
            _logger.removeFilter(quiet)

    def _look_when_told(self, ended: threading.Event) -> None:
        from watchfiles import watch  # noqa: PLC0415 - see start

        times: dict[str, Any] = {"step": _QUIET_MS, "debounce": _BURST_MS, "rust_timeout": _PAUSE_MS}
        folders = {path.parent for path in self._paths if path.parent.is_dir()}
        for _ in watch(*folders, watch_filter=None, stop_event=ended, recursive=False, yield_on_timeout=True, **times):
            states = self._states()
            if states != self._seen:
                self._seen = states
                self._changed()

    def _states(self) -> list[tuple[int, ...]]:
        return [_state_of(path) for path in self._paths]


class _QuietHere(logging.Filter):
    """Keeps to itself what watchfiles logs on this thread: a log file beside the settings would change by it."""

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.get_ident()

    def filter(self, record: logging.LogRecord) -> bool:
        """Let through what others log."""
        return record.thread != self._thread


def _state_of(path: Path) -> tuple[int, ...]:
    try:
        found = os.stat(path)  # noqa: PTH116 - follows links, as Kubernetes mounts settings
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns
