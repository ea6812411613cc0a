"""Levels that cross to other programs with the baggage: only what the settings list, and only as far as they accept."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

import pytest
from opentelemetry import baggage, context, propagate, trace
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.propagators.textmap import TextMapPropagator

from otel_ops import Detail, OperationContext, configure, diagnostics, operation, set_detail, shutdown
from otel_ops.exceptions import SettingsError
from otel_ops.testing import Recorder

Carrier = dict[str, str]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)
    before = propagate.get_global_textmap()
    yield
    shutdown()
    propagate.set_global_textmap(before)


def sending(*hosts: str) -> None:
    configure(trace_file=False, baggage=["ops.detail"], baggage_hosts=hosts)


def sent() -> str | None:
    """Give the baggage that leaves."""
    carrier: Carrier = {}
    propagate.inject(carrier)
    return carrier.get("baggage")


def calling(host: str, kind: trace.SpanKind = trace.SpanKind.CLIENT) -> str | None:
    """Give the baggage that leaves for a host."""
    with trace.get_tracer("client").start_as_current_span("GET", kind=kind, attributes={"server.address": host}):
        return sent()


def recorded(member: str | None, level: str = "DEBUG", **settings: object) -> list[str]:
    """Name the operations that are recorded for a request with this member of baggage."""
    recorder = Recorder()
    with recorder:
        configure(trace_file=False, **settings)
        incoming = propagate.extract({} if member is None else {"baggage": member})
        token = context.attach(incoming)
        try:
            with operation("served"), operation("inner", detail=level):
                pass
        finally:
            context.detach(token)
    return sorted(recorder.spans.names)


class TestSending:
    """What leaves."""

    def test_nothing_leaves_by_default(self) -> None:
        """OpenTelemetry's propagator is left as it is."""
        before = propagate.get_global_textmap()
        configure(trace_file=False)
        with OperationContext(detail="DEBUG"):
            assert (before, None) == (propagate.get_global_textmap(), calling("a.lab"))

    def test_the_level_of_the_context_leaves_for_listed_hosts(self) -> None:
        """It is the one that the nearest context asks for, also where that was set later."""
        sending("*.lab", "::1")
        assert None is calling("a.lab")
        with OperationContext() as outer, OperationContext():
            assert None is calling("a.lab")
            set_detail("DEBUG", context=outer)
            assert ("ops.detail=DEBUG", "ops.detail=DEBUG", None) == (
                calling("A.lab"),
                calling("::1"),
                calling("a.com"),
            )
        with OperationContext(detail="DETAILED"):
            assert ("ops.detail=DETAILED", None) == (calling("a.lab"), calling("a.lab", trace.SpanKind.INTERNAL))

    def test_a_host_that_is_not_known(self) -> None:
        """Without a CLIENT span that tells the host, nothing leaves, unless all hosts are listed."""
        sending("*.lab")
        with OperationContext(detail="DEBUG"), operation("work"):
            assert None is sent()
        sending("*")
        with OperationContext(detail="DEBUG"), operation("work"):
            assert "ops.detail=DEBUG" == sent()

    def test_no_host_is_listed_by_default(self) -> None:
        """The member alone is not enough."""
        configure(trace_file=False, baggage=["ops.detail"])
        with OperationContext(detail="DEBUG"):
            assert None is calling("a.lab")

    def test_what_came_in_does_not_go_on(self) -> None:
        """A member that a caller has sent leaves only where ours would; other members are not touched."""
        sending("*.lab")
        token = context.attach(propagate.extract({"baggage": "ops.detail=DEBUG,tenant=7"}))
        try:
            assert "tenant=7" == calling("a.lab")
        finally:
            context.detach(token)

    def test_what_was_accepted_does_not_go_on_where_nothing_is_sent(self) -> None:
        """Accepting a level from callers sends none to third parties."""
        configure(trace_file=False, accepted_detail="DEBUG")
        token = context.attach(propagate.extract({"baggage": "ops.detail=DEBUG,tenant=7"}))
        try:
            assert "tenant=7" == calling("a.com")
        finally:
            context.detach(token)

    def test_other_values_stay(self) -> None:
        """Nothing of the context but its level leaves."""
        sending("*")
        with OperationContext("run", user="ada", session="s", file="f", batch=7, detail="DEBUG"):
            assert "ops.detail=DEBUG" == calling("a.lab")

    def test_only_known_members_can_be_listed(self) -> None:
        """Another one is refused, with those there are."""
        with pytest.raises(
            SettingsError, match=r"baggage\[0\] = 'user' .*: no such baggage member; use one of ops.detail"
        ):
            configure(baggage=["user"])


class TestAccepting:
    """What is heeded."""

    @pytest.mark.parametrize(
        ("names", "accepted", "member"),
        [
            (["served"], None, "ops.detail=DEBUG"),
            (["inner", "served"], "DEBUG", "ops.detail=DEBUG"),
            (["inner", "served"], "DEBUG", "tenant=7,ops.detail=debug"),
            (["served"], "DETAILED", "ops.detail=DEBUG"),
            (["served"], "DEBUG", "ops.detail=DETAILED"),
            (["served"], "DEBUG", "tenant=7"),
            (["served"], "DEBUG", None),
        ],
    )
    def test_a_caller_raises_the_level_as_far_as_is_accepted(
        self, names: list[str], accepted: str | None, member: str | None
    ) -> None:
        """By default not at all; where it asks for more, it gets what is accepted."""
        assert names == recorded(member, accepted_detail=accepted)

    def test_a_caller_gets_what_is_accepted_at_most(self) -> None:
        """Who asks for more gets that."""
        assert ["inner", "served"] == recorded("ops.detail=DEBUG", "DETAILED", accepted_detail="DETAILED")

    def test_a_caller_cannot_lower_the_level(self) -> None:
        """Nobody hides what a program records."""
        assert ["inner", "served"] == recorded("ops.detail=MINIMAL", "STANDARD", accepted_detail="DEBUG")

    @pytest.mark.parametrize("junk", ["LOUD", "", "4", "DEBUG;", quote("\0\r\n"), quote("é"), "x" * 4_000])
    def test_junk_is_not_heeded(self, junk: str, caplog: pytest.LogCaptureFixture) -> None:
        """It is counted, told once, and goes no further."""
        caplog.set_level(logging.WARNING, "otel_ops")
        assert ["served"] == recorded(f"ops.detail={junk}", accepted_detail="DEBUG")

    def test_junk_is_counted(self, caplog: pytest.LogCaptureFixture) -> None:
        """One warning names the member and what it holds."""
        configure(trace_file=False, accepted_detail="DEBUG")
        for _ in range(3):
            incoming = propagate.extract({"baggage": "ops.detail=LOUD,tenant=7"})
            assert {"tenant": "7"} == baggage.get_all(incoming)
        assert {"baggage.refused": 3} == diagnostics()
        (told,) = [record.getMessage() for record in caplog.records if record.name == "otel_ops"]
        assert told.startswith("a caller's baggage member ops.detail was not heeded: 'LOUD' is no level of detail; use")

    def test_it_holds_for_what_runs_below(self) -> None:
        """In contexts of the request, which have their own values, and nowhere else."""
        recorder = Recorder()
        with recorder:
            configure(trace_file=False, accepted_detail="DEBUG")
            token = context.attach(propagate.extract({"baggage": "ops.detail=DEBUG"}))
            with OperationContext("request", user="ada") as request, operation("a", detail="DEBUG"):
                pass
            assert {"user.id": "ada", "session.id": request.attributes["session.id"]} == dict(request.attributes)
            assert ["a"] == [log.name for log in request.operations]
            with OperationContext(detail="MINIMAL"), operation("b"):
                pass
            context.detach(token)
            with operation("c", detail="DEBUG"):
                pass
        assert ["a", "request"] == sorted(recorder.spans.names)

    def test_what_was_accepted_goes_on_where_it_is_sent(self) -> None:
        """The level of a request is that of the calls which it makes."""
        configure(trace_file=False, accepted_detail="DETAILED", baggage=["ops.detail"], baggage_hosts=["*.lab"])
        token = context.attach(propagate.extract({"baggage": "ops.detail=DEBUG"}))
        assert "ops.detail=DETAILED" == calling("a.lab")
        context.detach(token)

    def test_an_operation_around_is_left_alone(self) -> None:
        """Where a context is extracted into the current one, that is ours and decides."""
        configure(trace_file=False, accepted_detail="DEBUG")
        with OperationContext(user="ada") as inside:
            token = context.attach(propagate.extract({"baggage": "ops.detail=DEBUG"}, context.get_current()))
            assert inside is OperationContext.current()
            context.detach(token)


class TestThePropagator:
    """How it stands beside others."""

    def test_it_goes_with_the_settings(self) -> None:
        """Reconfigured or shut down, the program's own propagator is back; its fields are those of the inner one."""
        before = propagate.get_global_textmap()
        sending("*")
        sending("*")
        ours = propagate.get_global_textmap()
        assert (before.fields, before) == (ours.fields, ours.inner)  # type: ignore[attr-defined] # ours has it
        configure(trace_file=False)
        assert before is propagate.get_global_textmap()
        sending("*")
        shutdown()
        assert before is propagate.get_global_textmap()

    def test_wrapped_by_somebody_else_it_goes_quiet(self) -> None:
        """A propagator that was put around ours stays; ours does nothing any more after the shutdown."""
        sending("*")
        theirs = CompositePropagator([propagate.get_global_textmap()])
        propagate.set_global_textmap(theirs)
        with OperationContext(detail="DEBUG"):
            assert "ops.detail=DEBUG" == sent()
            sending("*")
            assert "ops.detail=DEBUG" == sent()
            configure(trace_file=False)
            assert None is sent()

    def test_a_propagator_that_raises_is_the_programs(self) -> None:
        """What it raises comes through, as without us."""

        class Broken(TextMapPropagator):
            fields: ClassVar[set[str]] = set()

            def inject(self, *_: object, **__: object) -> None:
                raise RuntimeError("theirs")

            def extract(self, *_: object, **__: object) -> context.Context:
                raise RuntimeError("theirs")

        propagate.set_global_textmap(Broken())
        configure(trace_file=False, accepted_detail=Detail.DEBUG)
        for call in (propagate.inject, propagate.extract):
            with pytest.raises(RuntimeError, match="theirs"):
                call({})
