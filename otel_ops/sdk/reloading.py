"""Settings that change while the program runs: read again when a file changes, or at a signal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from otel_ops import faults
from otel_ops.core.hooks import HOOKS
from otel_ops.detail import GATE
from otel_ops.sdk.watching import FileWatch
from otel_ops.settings import LoadedSettings, Settings, describe_settings
from otel_ops.settings.files import places_of_settings

if TYPE_CHECKING:
    from otel_ops.sdk.reload_signal import ReloadSignal

_LIVE = {setting.name: setting.live for setting in describe_settings()}
_PROPAGATION = "otel_ops.propagation"


class Reloading:
    """Reads the settings of one `configure` again, where they ask for it.

    Attributes:
        settings: What is in force.
        loaded: What was in force at first, and how it came about.
        read: What reads it again.
    """

    def __init__(
        self,
        loaded: LoadedSettings,
        read: Callable[[], LoadedSettings],
        change: Callable[[Reloading, Settings], None],
    ) -> None:
        self.settings = loaded.settings
        self.loaded = loaded
        self.read = read
        self._files = frozenset(loaded.sections)
        self._change = change
        places = places_of_settings(loaded.folder, list(loaded.sections)) if self.settings.watch else ()
        self._watch = FileWatch(places, self.reload)

    def start(self) -> None:
        """Begin to watch files, and to listen to the signal, in the place of who has listened until now."""
        if self.settings.watch:
            self._watch.start()
        if self.settings.reload_signal is not None:
            _reload_signal().arm(self.settings.reload_signal, self.reload)

    def stop(self, after: Reloading | None = None) -> None:
        """End, without waiting for it; the signal is left to the one `after`, if that listens to any."""
        self._watch.stop()
        if self.settings.reload_signal is not None and (after is None or after.settings.reload_signal is None):
            _reload_signal().disarm()

    def ignore_signal(self) -> None:
        """Have the signal do nothing once it is put back, if it would end the program, which ends by itself."""
        if self.settings.reload_signal is not None:
            _reload_signal().ignore()

    def join(self) -> None:
        """Wait for the end."""
        self._watch.join()

    def reload(self) -> None:
        """Read the settings again; what is wrong with them is told, and those in force stay."""
        with faults.contained("settings.reload", "changes of settings"):
            loaded = self.read()
            problems = [*loaded.problems, *self._newly_gone(loaded)]
            if problems:
                told = "; ".join(problems)
                faults.warn("settings.reload", f"{told}; the settings in force stay as they are", about=told)
            else:
                self._files = frozenset(loaded.sections)
                self._change(self, loaded.settings)

    def _newly_gone(self, loaded: LoadedSettings) -> list[str]:
        """Tell of files that are gone, once: an editor may put them back; the next change counts without them."""
        gone = sorted(path for path in self._files - loaded.sections.keys() if not path.exists())
        self._files -= set(gone)
        return [f"{path} is gone; to take back what it has set, leave it empty" for path in gone]

    def take(self, wanted: Settings) -> Settings:
        """Put what can change while the program runs in the place of what was in force; tell of what cannot."""
        before = self.settings
        changed = {key: getattr(wanted, key) for key in _LIVE if getattr(wanted, key) != getattr(before, key)}
        fixed = [key for key in changed if not _LIVE[key]]
        if fixed:
            names = ", ".join(fixed)
            told = f"{names} cannot change while the program runs, and keep their values; call configure() again"
            faults.warn("settings.fixed", told, about=names)
        live: dict[str, Any] = {key: value for key, value in changed.items() if _LIVE[key]}
        self.settings = replace(before, **live)
        return self.settings


def _reload_signal() -> ReloadSignal:
    from otel_ops.sdk.reload_signal import RELOAD_SIGNAL  # noqa: PLC0415 - few programs ask for one

    return RELOAD_SIGNAL


def change_levels(before: Settings, now: Settings) -> None:
    """Put other levels in force, and leave those alone that `set_detail` has set meanwhile."""
    if now.detail is not before.detail:
        GATE.level = now.detail
    if now.detail_rules != before.detail_rules:
        GATE.exchange(before.detail_rules, now.detail_rules)
    exchange_as_set(now)


def _context_variables() -> Mapping[str, str]:
    from otel_ops.environment import context_variables  # noqa: PLC0415 - few programs ask for it

    return context_variables()


def exchange_as_set(settings: Settings) -> None:
    """Let what is listed of contexts cross to and from other programs, and to those started here."""
    HOOKS.environment = _context_variables if settings.environment_context else None
    asked = bool(settings.baggage) or settings.accepted_detail is not None
    if asked or _PROPAGATION in sys.modules:
        with faults.guarded("propagation"):
            from otel_ops.propagation import Exchange, put_in_force  # noqa: PLC0415 - a program may ask for none

            put_in_force(Exchange(settings.baggage, settings.baggage_hosts, settings.accepted_detail))
