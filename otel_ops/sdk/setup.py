"""What is in place in this process: the only code that sets anything global in OpenTelemetry."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, WeakSet

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from otel_ops import faults
from otel_ops.core.emitted import KEEPING
from otel_ops.core.exception_logs import SIGNAL
from otel_ops.core.hooks import HOOKS
from otel_ops.declared import DeclaredOperation
from otel_ops.detail import GATE
from otel_ops.endings import AtWorkerEnd, undisturbed
from otel_ops.exceptions import SettingsError
from otel_ops.forks import is_child, is_starting, renew_in_children
from otel_ops.processors import DelegatingProcessor
from otel_ops.processors.late import AFTER_EXIT, AFTER_SHUTDOWN
from otel_ops.sdk import carriers
from otel_ops.sdk.installation import Installation, Parts, make_installation
from otel_ops.sdk.provider import known_provider, new_provider
from otel_ops.sdk.reloading import Reloading, change_levels, exchange_as_set
from otel_ops.settings import LoadedSettings, Settings
from otel_ops.settings.values import log_level_number

if TYPE_CHECKING:
    from otel_ops.declared.declarations import Declarations


class Setup:
    """What is in place now, and the one delegating processor of each provider.

    Attributes:
        is_given: Whether what is in place was not asked for by code of this process's own: a parent's settings may
            take its place.
    """

    def __init__(self) -> None:
        self._processors: WeakKeyDictionary[TracerProvider, DelegatingProcessor] = WeakKeyDictionary()
        self._own: WeakSet[TracerProvider] = WeakSet()
        self._installed: Installation | None = None
        self._declared: Declarations | None = None
        self._reloading: Reloading | None = None
        self._parent_announces = False
        self.is_given = False
        self.renew()
        renew_in_children(self)

    def renew(self) -> None:
        """Leave to the process that this one was forked from what it was doing."""
        self._parent_announces = self._parent_announces or self._installed is not None
        self._lock = threading.RLock()
        self._leaving: list[Installation] = []

    def put(self, loaded: LoadedSettings, read: Callable[[], LoadedSettings], *, is_given: bool = False) -> None:
        """Put settings in force in place of those before, without a moment between in which spans are lost.

        Args:
            loaded: The settings.
            read: What reads them again, where they are to change while the program runs.
            is_given: Whether that was not asked for by code of this process's own.
        """
        settings = loaded.settings
        with self._lock:
            new, old = self._made(loaded), self._installed
            former = new.put_in(old)
            GATE.put(settings.detail, settings.detail_rules)
            KEEPING.ask(
                log_level_number(settings.log_level),
                settings.log_records,
                exceptions=SIGNAL.logs,
                events=settings.log_events,
            )
            exchange_as_set(settings)
            self._installed, self.is_given = new, is_given
            self._declare(settings.operations)
            carriers.put_in(settings.disabled_carriers)
            before = self._reload_with(Reloading(loaded, read, self._change))
        if before is not None:
            before.join()
        if old is not None:
            self._finish(old, former)

    @property
    def in_force(self) -> Reloading | None:
        """The settings that are in force, and how they came about."""
        return self._reloading

    def be_given(self, loaded: LoadedSettings, read: Callable[[], LoadedSettings]) -> None:
        """Put the settings of this process's parent in force, unless those of its own code are."""
        self._parent_announces = True
        if self._reloading is not None and (not self.is_given or self._reloading.settings == loaded.settings):
            return
        self.put(loaded, read, is_given=True)

    def _declare(self, operations: tuple[DeclaredOperation, ...]) -> None:
        """Put declared operations in place of those before, unless they are the same."""
        before, self._declared = self._declared, None
        if before is not None and before.operations == operations:
            self._declared = before
            return
        if before is not None:
            before.take_back()
        if operations:
            from otel_ops.declared.declarations import Declarations  # noqa: PLC0415 - many programs declare none

            self._declared = Declarations(operations)
            self._declared.put_in()

    def _reload_with(self, reloading: Reloading | None) -> Reloading | None:
        """Have the settings read again by another one, or by none; give the one that did so before."""
        before, self._reloading = self._reloading, reloading
        if before is not None:
            before.stop(after=reloading)
        if reloading is not None:
            reloading.start()
        return before

    def _change(self, reloading: Reloading, wanted: Settings) -> None:
        """Put in force what can change while the program runs, unless `configure` was called meanwhile."""
        with self._lock:
            if self._installed is not None and reloading is self._reloading:
                before, now = reloading.settings, reloading.take(wanted)
                change_levels(before, now)
                self._installed = self._installed.changed(before, now)

    def _made(self, loaded: LoadedSettings) -> Installation:
        try:
            return self._installation(loaded.settings)
        except SettingsError as error:
            told = loaded.without_secrets(str(error))
            if told == str(error):
                raise
            hidden = SettingsError(told)
        except RuntimeError as error:
            msg = f"OpenTelemetry needs threads: {error}; call configure before the program ends"
            raise SettingsError(msg) from error
        raise hidden  # outside of `except`: what was caught tells what must not be shown

    def _installation(self, settings: Settings) -> Installation:
        """Make everything; what can fail comes before the first thing that others see."""
        known = known_provider()
        parts = Parts.of(self._silenced(settings), beside_others=known is not None and known not in self._own)
        provider = known or new_provider(settings)
        processor = self._processors.get(provider) or DelegatingProcessor(
            before_shutdown=self._provider_ends, after_shutdown=AFTER_SHUTDOWN
        )
        installation = make_installation(provider, processor, parts, settings)
        if provider not in self._processors:
            self._processors[provider] = processor
            provider.add_span_processor(processor)
        if known is None:
            self._own.add(provider)
            trace.set_tracer_provider(provider)
        return installation

    def _silenced(self, settings: Settings) -> Settings:
        """Leave the announcement to the process that has started this one."""
        is_silent = is_starting() or (self._parent_announces and is_child())
        return replace(settings, announce=False) if is_silent else settings

    def _provider_ends(self, processor: DelegatingProcessor) -> None:
        if self._installed is not None and self._installed.processor is processor:
            self.take_back()

    def _finish(self, old: Installation, former: DelegatingProcessor) -> bool:
        done = old.finish(former)
        if not done and old.pipeline.is_inside:
            self._leaving.append(old)
        return done

    def take_back(self) -> bool:
        """Take out what is in place; tell whether everything was written and closed in time."""
        with self._lock:
            old, self._installed = self._installed, None
            reloading = self._reload_with(None)
            leaving, self._leaving = self._leaving, []
            former = None if old is None else self._take_out(old)
        if reloading is not None:
            reloading.join()
        done = [self._has_left(other) for other in leaving]
        if old is not None and former is not None:
            done.append(self._finish(old, former))
        with self._lock:
            if self._installed is None:
                carriers.take_out()
        return all(done)

    def _has_left(self, old: Installation) -> bool:
        """Wait for what was taken out inside an output or handler, unless inside of one; tell whether it is done."""
        done = old.pipeline.join(old.exit_seconds)
        if not done and old.pipeline.is_inside:
            self._leaving.append(old)
        return done

    def _take_out(self, old: Installation) -> DelegatingProcessor:
        self._declare(())
        carriers.take_out(but=carriers.UNTIL_THE_END)
        GATE.put(Settings().detail, ())
        KEEPING.ask(None, 0)
        exchange_as_set(Settings(baggage=()))
        return old.take_out()

    def end(self) -> None:
        """Take out what is in place at the end of the program, and have a span that ends even later told."""
        last = self._installed
        if self._reloading is not None:
            self._reloading.ignore_signal()
        try:
            with undisturbed():
                self.take_back()
        except KeyboardInterrupt:
            if last is not None:
                last.pipeline.give_up()
            faults.warn("exit.given_up", "outputs were not waited for after Ctrl-C; what they still held is lost")
        if last is not None:
            last.processor.swap(AFTER_EXIT)


SETUP = Setup()
"""The one setup of this process."""

HOOKS.at_exit = SETUP.end
AT_WORKER_END = AtWorkerEnd()
