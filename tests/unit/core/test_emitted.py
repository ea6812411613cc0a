"""Log records of the standard library are in the operation that they were emitted in, or in none; never in another."""

from __future__ import annotations

import logging
import logging.handlers
import queue
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.instrumentation.utils import suppress_instrumentation

from otel_ops import Detail, OperationContext, diagnostics, operation
from otel_ops.core.carried import carry
from otel_ops.core.emitted import KEEPING, MAX_BODY, MAX_SPANS
from otel_ops.operation_log import OperationLog
from otel_ops.testing import Clock, Recorder

LOGGER = logging.getLogger("tests.lab")


@pytest.fixture(autouse=True)
def _all_levels() -> Iterator[None]:
    before = LOGGER.level
    LOGGER.setLevel(logging.DEBUG)
    yield
    LOGGER.setLevel(before)


class _List(logging.Handler):
    """Keeps the records that it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def handled() -> Iterator[list[logging.LogRecord]]:
    """Give the records that a handler gets."""
    handler = _List()
    LOGGER.addHandler(handler)
    yield handler.records
    LOGGER.removeHandler(handler)


def bodies(log: OperationLog | None) -> list[str]:
    assert log is not None
    return [record.body for record in log.log_records]


def ids(record: logging.LogRecord) -> tuple[str, str, bool]:
    told: Any = record
    return told.otelTraceID, told.otelSpanID, told.otelTraceSampled


def test_they_are_in_the_innermost_operation() -> None:
    """Each stands where it was emitted, with logger, level and time; what is below the level is left out."""
    with Recorder(log_level="INFO") as recorder, operation("load"):
        LOGGER.info("begin %s", "run1.csv")
        with operation("parse"):
            LOGGER.warning("row %d", 7)
            LOGGER.debug("too fine")
        LOGGER.info("done")
    tree = recorder.tree

    assert ["begin run1.csv", "done"] == bodies(tree)
    assert ["row 7"] == bodies(tree.find("parse"))
    record = tree.suboperations[0].log_records[0]
    assert ("tests.lab", "WARNING", 13, {}) == (
        record.logger,
        record.severity_text,
        record.severity_number,
        record.attributes,
    )
    assert tree.start_ns <= tree.log_records[0].time_ns <= tree.end_ns


def test_it_is_the_same_with_spans_of_the_sdk() -> None:
    """Also those that give a copy of themselves to processors when they end."""
    with Recorder(log_level="INFO", clock=Clock()) as recorder, operation("load"):
        LOGGER.info("here")
    assert ["here"] == bodies(recorder.tree)


def test_nothing_is_kept_unless_it_is_asked_for() -> None:
    """Without a level there is nothing to keep."""
    with Recorder() as recorder, operation("load"):
        LOGGER.error("no")
    assert () == recorder.tree.log_records


def test_outside_of_operations_there_is_nothing_to_be_in(handled: list[logging.LogRecord]) -> None:
    """A record outside is kept nowhere, and its ids say so, so that a format with them can be used everywhere."""
    with Recorder(log_level="DEBUG") as recorder:
        LOGGER.error("before")
        with operation("load"):
            pass
        LOGGER.error("after")
    assert [] == bodies(recorder.tree)
    assert [("0", "0", False)] * 2 == [ids(record) for record in handled]


def test_they_have_the_ids_of_their_span(handled: list[logging.LogRecord]) -> None:
    """Under the names that OpenTelemetry's own instrumentation of logging gives them."""
    with Recorder(log_level="DEBUG") as recorder, operation("load"):
        LOGGER.info("here")
    log = recorder.tree
    told: Any = handled[0]
    assert (log.trace_id, log.span_id, True) == ids(handled[0])
    assert "test" == told.otelServiceName


def test_what_has_ids_keeps_them(handled: list[logging.LogRecord]) -> None:
    """Where somebody else has put them on the record, nothing is done twice."""
    with Recorder(log_level="DEBUG"), operation("load"):
        LOGGER.info("here", extra={"otelTraceID": "a", "otelSpanID": "b", "otelTraceSampled": False})
    assert ("a", "b", False) == ids(handled[0])


def test_only_the_latest_are_kept() -> None:
    """Of many, the last ones before the end are kept, the others counted; long bodies are cut."""
    with Recorder(log_level="INFO") as recorder:
        KEEPING.ask(logging.INFO, 3)
        with operation("load"):
            for number in range(10):
                LOGGER.info("line %d", number)
            LOGGER.info("x" * 5_000)
    log = recorder.tree
    assert ["line 8", "line 9"] == bodies(log)[:2]
    assert (MAX_BODY, "x…") == (len(bodies(log)[2]), bodies(log)[2][-2:])
    assert (8, {}) == (log.dropped_log_records, log.attributes)


def test_records_become_events_of_their_span_where_that_is_asked_for() -> None:
    """At their own time, as text that OTLP can carry; those below the level do not, nor does what nobody asks for."""
    with Recorder(log_level="INFO") as recorder:
        with operation("quiet"):
            LOGGER.info("not here")
        KEEPING.ask(logging.INFO, 3, events=True)
        with operation("load"):
            LOGGER.debug("nor this")
            LOGGER.warning("%s of %s", "1\udc80", 2)
    quiet, load = recorder.logs
    (event,) = load.events
    assert ("log", load.log_records[0].time_ns) == (event.name, event.time_ns)
    assert {"log.message": "1\\udc80 of 2", "log.level": "WARNING", "log.logger": LOGGER.name} == event.attributes
    assert () == quiet.events


def test_many_threads_lose_no_count() -> None:
    """Threads that log in one operation at once are counted exactly."""
    with Recorder(log_level="INFO") as recorder:
        KEEPING.ask(logging.INFO, 5)
        with operation("load"):
            carried = carry()
            assert carried is not None
            threads = [threading.Thread(target=carried.run, args=(_log_many,)) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    log = recorder.tree
    assert (5, 8 * 500 - 5) == (len(log.log_records), log.dropped_log_records)


def _log_many() -> None:
    for _ in range(500):
        LOGGER.info("again")


def test_another_thread_is_told() -> None:
    """What a thread logs in an operation that was carried to it tells the thread; what it logs in none is left out."""
    with Recorder(log_level="INFO") as recorder, operation("load"):
        carried = carry()
        assert carried is not None
        for thread in (
            threading.Thread(target=carried.run, args=(LOGGER.info, "carried"), name="reader"),
            threading.Thread(target=_outside, name="stranger"),
        ):
            thread.start()
            thread.join()
    (record,) = recorder.tree.log_records
    assert ("carried", "reader") == (record.body, record.attributes["thread.name"])


def _outside() -> None:
    from opentelemetry.context import Context, attach

    attach(Context())
    LOGGER.info("outside")


def test_an_operation_that_has_ended_takes_nothing_more() -> None:
    """A thread that outlives its operation logs into no operation, and nothing is held for it."""
    with Recorder(log_level="INFO") as recorder:
        with operation("load"):
            carried = carry()
        assert carried is not None
        carried.run(LOGGER.info, "late")
        assert {} == KEEPING._of_spans
    assert [] == bodies(recorder.tree)


def test_hidden_operations_leave_theirs_to_the_one_around() -> None:
    """Where an operation is not recorded, what is logged in it is in the innermost one that is."""
    with Recorder(log_level="INFO") as recorder, operation("load"), operation("detail", detail=Detail.DEBUG):
        LOGGER.info("inside")
    assert ["inside"] == bodies(recorder.tree)


def test_contexts_and_foreign_spans_have_theirs() -> None:
    """A named context, or somebody else's span, is a span as any other."""
    with Recorder(log_level="INFO") as recorder, OperationContext("run"):
        LOGGER.info("in the context")
        with operation("load"), trace.get_tracer("db").start_as_current_span("SELECT"):
            LOGGER.info("in the query")
    tree = recorder.tree
    assert (["in the context"], ["in the query"]) == (bodies(tree), bodies(tree.find("SELECT")))


class _Broken:
    def __str__(self) -> str:
        msg = "no text"
        raise ValueError(msg)


def test_arguments_that_cannot_be_read_are_left_to_logging(
    handled: list[logging.LogRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call goes well, the handlers get the record, and the operation has the message as the program has it."""
    monkeypatch.setattr(LOGGER, "propagate", False)  # pytest's own handler raises
    with Recorder(log_level="INFO") as recorder, operation("load"):
        LOGGER.info("value %s", _Broken())
        LOGGER.info("too %s few %s", *[1])
        LOGGER.info(_Broken())
    assert 3 == len(handled)
    assert ["value %s", "too %s few %s"] == bodies(recorder.tree)[:2]
    assert "unreadable" in bodies(recorder.tree)[2]


class _Chatty:
    def __str__(self) -> str:
        LOGGER.info("asked")
        with operation("telling"):
            return "told"


def test_arguments_may_log_and_be_operations() -> None:
    """Whatever an argument does when its text is made, nothing hangs and nothing is lost."""
    with Recorder(log_level="INFO") as recorder, operation("load"):
        LOGGER.info("%s", _Chatty())
    assert {"asked", "told"} == set(bodies(recorder.tree))


class _LogsItself:
    def __init__(self) -> None:
        self.asked = 0

    def __str__(self) -> str:
        self.asked += 1
        for _ in range(2):
            LOGGER.debug("again %s", self)
            LOGGER.debug(self, exc_info=ValueError(self))
        return "itself"


def test_arguments_that_log_themselves_are_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is an end, where no handler makes the text, as in a program whose records nobody is told of."""
    monkeypatch.setattr(LOGGER, "propagate", False)
    itself = _LogsItself()
    with Recorder(log_level="DEBUG") as recorder, operation("load"):
        LOGGER.debug("%s", itself)
    assert 1 == itself.asked
    assert {"itself", "again %s", "<unreadable _LogsItself>"} == set(bodies(recorder.tree))


class _Leaves:
    def __str__(self) -> str:
        raise SystemExit(3)


def test_arguments_that_raise_anything_end_no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """What no handler would have asked for raises nothing."""
    monkeypatch.setattr(LOGGER, "propagate", False)
    with Recorder(log_level="DEBUG") as recorder, operation("load"):
        LOGGER.debug("%s", _Leaves())
    assert ["%s"] == bodies(recorder.tree)


def test_records_without_a_logger_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was made of a few fields, as those that come through sockets are, costs no span."""
    monkeypatch.setattr(LOGGER, "propagate", False)
    made: Any = logging.makeLogRecord({"msg": "remote", "levelno": logging.INFO, "levelname": None})
    with Recorder(log_level="INFO") as recorder, operation("load"):
        LOGGER.handle(made)
    (record,) = recorder.tree.log_records
    assert ("remote", "", "", 9) == (record.body, record.logger, record.severity_text, record.severity_number)


def test_exceptions_are_told() -> None:
    """A record with an exception has its class and what it says."""
    with Recorder(log_level="INFO") as recorder, operation("load"):
        try:
            raise KeyError("row")
        except KeyError:
            LOGGER.exception("cannot go on")
    assert {"exception.type": "KeyError", "exception.message": "'row'"} == recorder.tree.log_records[0].attributes


def test_records_of_queues_and_other_processes_are_left_out(handled: list[logging.LogRecord]) -> None:
    """A record that is handled elsewhere than it was emitted is in no operation that is open there."""
    waiting: queue.Queue[logging.LogRecord] = queue.Queue()
    handler = logging.handlers.QueueHandler(waiting)
    LOGGER.addHandler(handler)
    try:
        thread = threading.Thread(target=LOGGER.info, args=("from a thread",))
        thread.start()
        thread.join()
    finally:
        LOGGER.removeHandler(handler)
    received = logging.makeLogRecord({**vars(waiting.get()), "name": LOGGER.name})
    with Recorder(log_level="INFO") as recorder, operation("load"):
        LOGGER.handle(received)
        LOGGER.handle(logging.makeLogRecord({"msg": "of a process", "levelno": 40, "process": 1}))
    assert [] == bodies(recorder.tree)
    assert [("0", "0", False)] * 2 == [ids(record) for record in handled[-2:]]


def test_the_programs_own_factory_stays(handled: list[logging.LogRecord]) -> None:
    """Whoever sets a factory of records before or after us gets what it makes, with our ids on it."""
    before = logging.getLogRecordFactory()

    class Own(logging.LogRecord):
        colour = "blue"

    try:
        with Recorder(log_level="INFO") as recorder, operation("load"):
            logging.setLogRecordFactory(Own)
            LOGGER.info("own")
            assert Own is logging.getLogRecordFactory()
    finally:
        logging.setLogRecordFactory(before)
    told: Any = handled[0]
    assert ("blue", recorder.tree.span_id) == (told.colour, told.otelSpanID)
    assert ["own"] == bodies(recorder.tree)


def test_filters_decide_first() -> None:
    """What a filter of the logger holds back was not emitted; what it changes is as it was changed."""

    def rewrite(record: logging.LogRecord) -> bool:
        record.msg = f"filtered {record.msg}"
        return record.levelno > logging.INFO

    LOGGER.addFilter(rewrite)
    try:
        with Recorder(log_level="INFO") as recorder, operation("load"):
            LOGGER.info("one")
            LOGGER.error("two")
    finally:
        LOGGER.removeFilter(rewrite)
    assert ["filtered two"] == bodies(recorder.tree)


def test_loggers_that_do_not_propagate_are_heard() -> None:
    """It needs no handler, least of all one of the root logger."""
    LOGGER.propagate = False
    try:
        with Recorder(log_level="INFO") as recorder, operation("load"):
            LOGGER.info("alone")
    finally:
        LOGGER.propagate = True
    assert ["alone"] == bodies(recorder.tree)


def test_where_instrumentation_is_suppressed_nothing_is_kept() -> None:
    """As in the threads of exporters, and in outputs."""
    with Recorder(log_level="INFO") as recorder, operation("load"), suppress_instrumentation():
        LOGGER.info("quiet")
    assert [] == bodies(recorder.tree)


def test_spans_that_nobody_ends_are_bounded() -> None:
    """Where more spans are open than records are kept of, those that began to log first lose theirs."""
    with Recorder(log_level="INFO"):
        tracer = trace.get_tracer("other")
        for _ in range(MAX_SPANS + 5):
            with trace.use_span(tracer.start_span("left open")):
                LOGGER.info("more")
        assert MAX_SPANS == len(KEEPING._of_spans)
        assert 5 == diagnostics()["log_record.given_up"]


def test_afterwards_logging_is_as_before() -> None:
    """When nobody asks for it any more, the class of loggers is Python's own."""
    before = logging.Logger.callHandlers
    with Recorder(log_level="INFO"):
        assert before is not logging.Logger.callHandlers
    assert before is logging.Logger.callHandlers
