"""What crosses to other programs with the baggage: only what the settings list, and only as far as they accept."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

import pytest
from opentelemetry import baggage, context, propagate, trace
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.propagators.textmap import Setter, TextMapPropagator

from otel_ops import Detail, OperationContext, configure, diagnostics, operation, set_detail, shutdown
from otel_ops.exceptions import SettingsError
from otel_ops.testing import Recorder, Spans

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


def carrying(headers: Carrier, host: str) -> None:
    """Write what leaves for a host into headers that are there."""
    with trace.get_tracer("client").start_as_current_span(
        "GET", kind=trace.SpanKind.CLIENT, attributes={"url.full": f"http://{host}/x"}
    ):
        propagate.inject(headers)


@contextmanager
def served(header: str) -> Iterator[None]:
    """Run under a request that has this baggage."""
    token = context.attach(propagate.extract({"baggage": header}))
    try:
        yield
    finally:
        context.detach(token)


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
        """No host is listed; OpenTelemetry's propagator is left as it is where no baggage is."""
        before = propagate.get_global_textmap()
        configure(trace_file=False)
        with OperationContext(session="s", detail="DEBUG"):
            assert None is calling("a.lab")
        configure(trace_file=False, baggage=[])
        assert before is propagate.get_global_textmap()

    def test_the_session_leaves_for_listed_hosts(self) -> None:
        """It is what is listed by default; nothing else leaves."""
        configure(trace_file=False, baggage_hosts=["*.lab"])
        with OperationContext("run", session="s 1", user="ada", file="f", batch=7, detail="DEBUG"), operation("call"):
            assert ("session.id=s+1", None) == (calling("a.lab"), calling("a.com"))

    def test_what_is_listed_leaves(self) -> None:
        """Of the values in force, inherited ones too; what a context does not have is no member."""
        names = ["user.id", "file.path", "ops.meta.batch", "ops.meta.none", "ops.series"]
        configure(trace_file=False, baggage=names, baggage_hosts=["*"])
        with OperationContext(user="ada=,;é", file="a b", batch=7, other=1), OperationContext():
            assert "user.id=ada%3D%2C%3B%C3%A9,file.path=a+b,ops.meta.batch=7" == calling("a.lab")

    def test_the_programs_own_baggage_stays(self) -> None:
        """It goes where OpenTelemetry sends it, and is not written over."""
        configure(trace_file=False, baggage=["session.id", "user.id"], baggage_hosts=["*.lab"])
        token = context.attach(baggage.set_baggage("session.id", "theirs", baggage.set_baggage("tenant", 7)))
        with OperationContext(session="ours", user="ada"):
            assert "tenant=7,session.id=theirs,user.id=ada" == calling("a.lab")
            assert "tenant=7,session.id=theirs" == calling("a.com")
        context.detach(token)

    def test_what_does_not_fit_is_told(self, caplog: pytest.LogCaptureFixture) -> None:
        """Once, and counted; the program's own baggage has its room first."""
        configure(trace_file=False, baggage=["ops.meta.long", "session.id", "ops.meta.big"], baggage_hosts=["*"])
        theirs = {f"k{number}": "x" * 4_000 for number in range(2)}
        current = context.get_current()
        for name, text in theirs.items():
            current = baggage.set_baggage(name, text, current)
        token = context.attach(current)
        with OperationContext(session="s", long="x" * 5_000, big="y" * 200):
            for _ in range(2):
                assert f"k0={theirs['k0']},k1={theirs['k1']},session.id=s" == calling("a.lab")
        context.detach(token)
        assert {"baggage.cut": 4} == diagnostics()
        (told,) = [record.getMessage() for record in caplog.records if record.name == "otel_ops"]
        assert told.startswith("ops.meta.long, ops.meta.big did not fit into the baggage for another program (8192 by")

    def test_no_more_members_than_programs_take(self) -> None:
        """W3C baggage has 180."""
        values: dict[str, Any] = {f"k{number}": number for number in range(200)}
        names = [f"ops.meta.{key}" for key in values]
        configure(trace_file=False, baggage=names, baggage_hosts=["*"])
        with OperationContext(**values):
            assert 180 == str(calling("a.lab")).count("=")
        assert {"baggage.cut": 20} == diagnostics()

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
        configure(trace_file=False, baggage=["ops.detail", "user.id"])
        with OperationContext(user="ada", detail="DEBUG"):
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
        """Another one is refused, with those there are; metadata is named one by one."""
        with pytest.raises(
            SettingsError, match=r"baggage\[0\] = 'user' .*: no such baggage member; did you mean user.id"
        ):
            configure(baggage=["user"])
        known = "session.id, user.id, file.path, ops.series, ops.detail, ops.meta.<name>"
        for wrong in ("*", 7, ["user.id"]):
            with pytest.raises(SettingsError, match=f"no such baggage member; use one of {known}"):
                configure(baggage=[wrong])
        for wrong in ("ops.meta.*", "ops.meta."):
            with pytest.raises(SettingsError, match=r"no such baggage member; did you mean ops.meta.<name>"):
                configure(baggage=[wrong])


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


class TestTheCallersContext:
    """What a caller has sent, as the context of what runs for it."""

    def test_listed_members_are_its_values(self, spans: Spans) -> None:
        """Spans of ours and of others have them; a context inside inherits them; the first operation is one."""
        configure(trace_file=False)
        with served("tenant=7,session.id=s%201,user.id=eve"):
            with trace.get_tracer("server").start_as_current_span("GET"), operation("serve"):
                with OperationContext(user="ada") as inner:
                    assert {"session.id": "s 1", "user.id": "ada"} == dict(inner.attributes)
        assert ["s 1", "s 1"] == [spans.attributes(name)["session.id"] for name in ("GET", "serve")]
        assert ("operation", "GET") == (spans.kinds["serve"], spans.parents["serve"])
        assert "user.id" not in spans.attributes("serve")

    def test_a_trace_without_baggage(self, spans: Spans) -> None:
        """Goes on as without us."""
        configure(trace_file=False)
        token = context.attach(propagate.extract({"traceparent": f"00-{7:032x}-{8:016x}-01"}))
        with operation("serve"):
            pass
        context.detach(token)
        parent = spans.named("serve").parent
        assert parent is not None
        assert (7, 8) == (parent.trace_id, parent.span_id)
        assert {"ops.kind": "operation"} == spans.attributes("serve")

    def test_it_is_bounded(self, caplog: pytest.LogCaptureFixture) -> None:
        """A caller's text is cut, counted and told once."""
        configure(trace_file=False)
        for _ in range(2):
            with served(f"session.id={'x' * 4_000}"):
                assert "x" * 1_000 == OperationContext.current().attributes["session.id"]  # type: ignore[union-attr]
        assert {"baggage.shortened": 2} == diagnostics()
        assert 1 == len([record for record in caplog.records if record.name == "otel_ops"])

    @pytest.mark.parametrize("junk", ["", "%", "%00%0D%0A", "%F0%9F", "{", "[" * 900, "null", '"', "%22a%22x"])
    def test_junk_is_text(self, junk: str) -> None:
        """Whatever it is: an operation runs under it, and nothing of ours fails."""
        configure(trace_file=False, baggage=["session.id", "ops.meta.batch"])
        with served(f"session.id={junk},ops.meta.batch={junk}"), operation("serve"):
            pass
        assert {} == diagnostics()

    def test_it_does_not_go_on_to_others(self, caplog: pytest.LogCaptureFixture) -> None:
        """It is not the program's own baggage: only listed hosts get it, and who does not is told once."""
        configure(trace_file=False, baggage_hosts=["*.lab"])
        with served("tenant=7,session.id=s"), operation("serve"):
            assert "tenant=7,session.id=s" == calling("a.lab")
            assert ("tenant=7", "tenant=7") == (calling("a.com"), sent())
            with OperationContext(session="other"):
                assert ("tenant=7,session.id=other", "tenant=7") == (calling("a.lab"), calling("a.com"))
            assert "s" == baggage.get_baggage("session.id")
        assert {"baggage.withheld": 3} == diagnostics()
        (told,) = [record.getMessage() for record in caplog.records if record.name == "otel_ops"]
        assert told.startswith(
            "session.id, which a caller has sent, did not go on to a.com: list the host in baggage_h"
        )

    def test_what_is_not_listed_passes_on(self) -> None:
        """As OpenTelemetry passes on any baggage, except for members that only otel_ops makes."""
        configure(trace_file=False, baggage=["user.id"])
        with served("session.id=s,ops.meta.batch=7"), operation("serve"):
            assert "session.id=s" == calling("a.com")


class TestCopiedHeaders:
    """Headers that were written for one host and are sent to another."""

    def test_what_was_written_for_another_host_is_taken_out(self) -> None:
        """Others' members remain; where nothing remains, no header does."""
        configure(trace_file=False, baggage=["session.id", "ops.meta.batch"], baggage_hosts=["*.lab"])
        with OperationContext(session="s", batch=7):
            headers = {"accept": "*/*"}
            carrying(headers, "a.lab")
            assert "session.id=s,ops.meta.batch=7" == headers["baggage"]
            carrying(headers, "a.com")
            assert "baggage" not in headers
            headers["baggage"] = "tenant=7;p=1, session.id=s,x"
            carrying(headers, "a.com")
            assert "tenant=7;p=1,x" == headers["baggage"]

    def test_what_the_program_has_written_remains(self) -> None:
        """A header of the program's own, too, as without us."""
        configure(trace_file=False, baggage_hosts=["*.lab"])
        headers = {"baggage": "session.id=theirs"}
        with OperationContext(session="s"):
            carrying(headers, "a.com")
        assert "session.id=theirs" == headers["baggage"]

    def test_other_carriers(self) -> None:
        """Lists of pairs are written by their setter, and left alone otherwise."""

        class Pairs(Setter["list[tuple[str, str]]"]):
            def set(self, carrier: list[tuple[str, str]], key: str, value: str) -> None:
                carrier.append((key, value))

        configure(trace_file=False, baggage_hosts=["*"])
        pairs: list[tuple[str, str]] = []
        with OperationContext(session="s"):
            propagate.inject(pairs, setter=Pairs())
        assert [("baggage", "session.id=s")] == pairs


class TestThePropagator:
    """How it stands beside others."""

    def test_it_goes_with_the_settings(self) -> None:
        """Reconfigured or shut down, the program's own propagator is back; its fields are those of the inner one."""
        before = propagate.get_global_textmap()
        sending("*")
        sending("*")
        ours = propagate.get_global_textmap()
        assert (before.fields, before) == (ours.fields, ours.inner)  # type: ignore[attr-defined] # ours has it
        configure(trace_file=False, baggage=[])
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
