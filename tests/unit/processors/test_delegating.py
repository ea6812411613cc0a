"""The one processor of a provider: passes on, and lets no delegate's exception through."""

from __future__ import annotations

import threading

import pytest
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider

from otel_ops.faults import diagnostics
from otel_ops.processors import DelegatingProcessor
from otel_ops.processors import delegating as module
from otel_ops.testing import FreshProcess
from tests.live import Broken


class Watching(SpanProcessor):
    """A processor that keeps what it is told."""

    def __init__(self, flushes: bool = True) -> None:
        self.told: list[str] = []
        self.times: list[int] = []
        self._flushes = flushes

    def on_start(self, span: Span, parent_context: object = None) -> None:
        self.told.append(f"start {span.name}")

    def on_end(self, span: ReadableSpan) -> None:
        self.told.append(f"end {span.name}")

    def shutdown(self) -> None:
        self.told.append("shutdown")

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        self.times.append(timeout_millis)
        return self._flushes


def provider_with(*delegates: SpanProcessor) -> tuple[TracerProvider, DelegatingProcessor]:
    """Make a provider with a delegating processor."""
    processor = DelegatingProcessor(*delegates)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(processor)
    return provider, processor


def run(provider: TracerProvider, name: str) -> None:
    """Run a span."""
    with provider.get_tracer("test").start_as_current_span(name):
        pass


def test_delegates_are_told_in_order_of_everything() -> None:
    """Start, end and shutdown of the provider reach each delegate."""
    one, other = Watching(), Watching()
    provider, _ = provider_with(one, other)
    run(provider, "a")
    provider.shutdown()

    assert ["start a", "end a", "shutdown"] == one.told == other.told


@pytest.mark.usefixtures("quiet")
def test_exceptions_of_delegates_reach_neither_the_program_nor_the_next() -> None:
    """The block runs, its own exception comes out unchanged, the next delegate is told, and the faults are counted."""
    watching = Watching()
    provider, _ = provider_with(Broken(), watching)
    with pytest.raises(KeyError, match="mine"), provider.get_tracer("test").start_as_current_span("a"):
        raise KeyError("mine")
    provider.shutdown()

    counts = {f"processor.{what}.failed": 1 for what in ("on_start", "on_end", "shutdown")}
    assert ["start a", "end a", "shutdown"] == watching.told
    assert counts == diagnostics()


def test_faults_are_loud_under_test() -> None:
    """Where tests want it, a delegate's exception comes out."""
    provider, _ = provider_with(Broken())

    with pytest.raises(ValueError, match="on_start"), FreshProcess():
        run(provider, "a")


def test_delegates_can_be_swapped() -> None:
    """From the moment of the swap, the new delegates are told and the old ones are not, also of open spans."""
    old, new = Watching(), Watching()
    provider, processor = provider_with(old)
    with provider.get_tracer("test").start_as_current_span("a"):
        former = processor.swap(new)
    former.shutdown()

    assert (["start a", "shutdown"], ["end a"]) == (old.told, new.told)


def test_former_delegates_have_been_told_of_everything_when_they_are_given_back() -> None:
    """A swap waits for threads that are telling the former delegates of an end, so that these can be shut down."""
    begun, goes_on = threading.Event(), threading.Event()

    class Slow(Watching):
        def on_end(self, span: ReadableSpan) -> None:
            begun.set()
            goes_on.wait(20)
            super().on_end(span)

    slow = Slow()
    provider, processor = provider_with(slow)
    thread = threading.Thread(target=run, args=(provider, "a"))
    thread.start()
    begun.wait(20)
    threading.Timer(0.05, goes_on.set).start()
    processor.swap()

    assert ["start a", "end a"] == slow.told
    thread.join(20)


def test_a_swap_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """A delegate that itself has the delegates swapped is not waited for longer than a moment."""
    monkeypatch.setattr(module, "SWAP_SECONDS", 0.01)

    class Swapping(Watching):
        def on_end(self, span: ReadableSpan) -> None:
            processor.swap()
            super().on_end(span)

    swapping = Swapping()
    provider, processor = provider_with(swapping)
    run(provider, "a")
    run(provider, "b")

    assert ["start a", "end a"] == swapping.told


def test_before_its_shutdown_the_delegates_may_be_taken_out() -> None:
    """Who put the delegates in hears of the provider's shutdown first, and can end them in another way."""
    watching = Watching()
    ends: list[DelegatingProcessor] = []
    processor = DelegatingProcessor(watching, before_shutdown=lambda processor: ends.append(processor.swap()))
    processor.shutdown()

    assert ([watching], []) == ([*ends[0].delegates], watching.told)


def test_shutdown_lets_the_delegates_go() -> None:
    """After its shutdown the processor tells nobody of anything, and shuts nobody down again."""
    watching = Watching()
    provider, processor = provider_with(watching)
    processor.shutdown()
    run(provider, "a")
    processor.shutdown()

    assert ["shutdown"] == watching.told


@pytest.mark.parametrize(
    ("each", "all_flushed"), [((True, True), True), ((False, True), False), ((True, False), False)]
)
def test_a_flush_tells_whether_all_have_flushed(each: tuple[bool, bool], all_flushed: bool) -> None:
    """One delegate that did not flush in time makes the flush incomplete; all are asked."""
    delegates = [Watching(flushes) for flushes in each]

    assert all_flushed is DelegatingProcessor(*delegates).force_flush()
    assert [1, 1] == [len(delegate.times) for delegate in delegates]


def test_the_time_of_a_flush_is_shared() -> None:
    """No delegate is given more time than is left."""
    delegates = [Watching(), Watching()]
    DelegatingProcessor(*delegates).force_flush(500)

    assert all(0 <= delegate.times[0] <= 500 for delegate in delegates)


@pytest.mark.usefixtures("quiet")
def test_a_delegate_that_fails_to_flush_has_not_flushed() -> None:
    """A flush in which a delegate raised is incomplete, and the next delegate is flushed all the same."""
    watching = Watching()

    assert not DelegatingProcessor(Broken(), watching).force_flush()
    assert 1 == len(watching.times)
