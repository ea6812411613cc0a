"""Lanes: what ran beside what, by thread, process and session."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from otel_ops import Detail
from otel_ops.exceptions import SettingsError
from otel_ops.formatters import Page, TableFormatter, TreeFormatter, formatter_named
from otel_ops.formatters.grouping import GROUPS, MAX_LANES, By, Grouping
from otel_ops.operation_log import OperationFailure, OperationLog
from otel_ops.semconv import Kind
from otel_ops.span_record import ResourceRecord
from otel_ops.testing import make_log
from otel_ops.testing.logs import sample_logs
from tests.logs import logs

FAILURE = OperationFailure("ValueError", "singular", "0f" * 8, "solve")
WORKER = {"thread.id": 7, "thread.name": "worker"}


def program() -> OperationLog:
    """Make the log of a report whose fits run on a worker thread."""
    return make_log(
        "report",
        0,
        100,
        make_log("read", 0, 30),
        make_log("fit a", 30, 60, make_log("load", 30, 40), attributes=WORKER),
        make_log("fit b", 60, 90, make_log("solve", 70, 90, failure=FAILURE), attributes=WORKER),
        context={"user.id": "ada"},
    )


TREE = """\
thread     0                           50.0 ms                      busy
           ┬───────────────────────────┬──────────────────────────
MainThread ├report───────────────────────────────────────────────┤ 100 %
           ├read──────────┤
worker                     ├fit a──────────┤├fit b──────────┤       60 %
                           ├load┤                ├✗ solve───┤

MainThread  user=ada                            100 ms
└─ report                                       100 ms  ━━━━━━━━━━━━━━━━
   └─ read                                     30.0 ms  ━━━━━
worker                                         60.0 ms
├─ fit a                                       30.0 ms      ╺━━━━╸
│  └─ load                                     10.0 ms      ╺━╸
└─ fit b                                       30.0 ms           ╺━━━━╸
   └─ ✗ solve                                  20.0 ms             ━━━╸
         ValueError: singular
"""

ASCII_PICTURE = """\
thread     0           50.0 ms        busy
           +-----------+------------
MainThread [report-----------------] 100 %
           [read--]
worker            [fit a-][fit b]     60 %
                  [~]       [x ~]
"""


def picture(log: OperationLog, width: int = 72, **options: Any) -> list[str]:
    """Give the lines of the picture alone."""
    text = TreeFormatter(page=Page(width), by="thread", **options).format_operation_log(log)
    return text.partition("\n\n")[0].splitlines()


def test_a_tree_in_lanes() -> None:
    """A picture of all lanes on one axis, and below it what ran in each, under the nearest that ran there, too."""
    assert TREE == TreeFormatter(page=Page(72), by="thread").format_operation_log(program())


def test_a_table_in_lanes_without_unicode() -> None:
    """The picture is drawn with ASCII, and the table has a row for each lane, in the time of the whole."""
    text = TableFormatter(page=Page(42, unicode=False), by="thread").format_operation_log(program())

    assert text.startswith(ASCII_PICTURE)
    assert text.isascii()
    assert re.search(r"^worker +60.0 ms", text, re.MULTILINE)


def test_colours_change_nothing_but_the_ends_of_blocks() -> None:
    """Blocks are painted: the same name has the same colour, and what failed is red."""
    text = TreeFormatter(page=Page(72, color=True), by="thread").format_operation_log(program())

    assert "\x1b[1;37;41m▏✗ solve" in text
    assert ["report", "read", "fit a", "fit b", "load"] == re.findall(r"\x1b\[30;4\dm▏([a-z ]*[a-z])", text)


def test_threads_of_one_name_have_a_lane_each() -> None:
    """The identifier tells them apart; where there are several processes, their ids stand before the threads."""
    twins = [make_log(f"fit {number}", 0, 1, attributes={**WORKER, "thread.id": number}) for number in (1, 2)]
    child = make_log("fit 3", 0, 1, process_root=True, attributes={"process.pid": 42})
    resource = ResourceRecord({"service.name": "run"})

    assert ["MainThread", "worker 1", "worker 2"] == names(make_log("all", 0, 1, *twins))
    assert ["process 42 MainThread", "run MainThread"] == sorted(names(make_log("all", 0, 1, child, resource=resource)))


@pytest.mark.parametrize("by", ["thread", "process"])
def test_what_the_lane_tells_is_not_told_again(by: By) -> None:
    """The process of an operation is in the name of its lane, as its thread is."""
    child = make_log("fit", 0, 1, process_root=True, attributes={"process.pid": 42, "rows": 3})

    assert "process.pid" not in TreeFormatter(by=by).format_operation_log(make_log("all", 0, 1, child))


def names(log: OperationLog) -> list[str]:
    return [lane.log.name for lane in Grouping([log], "thread").lanes]


def test_processes_and_sessions() -> None:
    """What says nothing of its process or session is in that of what stands around it."""
    inside = make_log("load", 0, 1)
    child = make_log("fit", 0, 1, inside, process_root=True, attributes={"process.pid": 42})
    root = make_log("all", 0, 2, child, context={"session.id": "s1"}, resource=ResourceRecord({"service.name": "run"}))
    by_process, by_session = (Grouping([root], by).lanes for by in ("process", "session"))

    assert [("run", 1), ("process 42", 2)] == [(lane.log.name, lane.number) for lane in by_process]
    assert [("s1", 3)] == [(lane.log.name, lane.number) for lane in by_session]


def test_long_names_are_cut_in_the_middle() -> None:
    """What tells threads of one pool apart stands at their end."""
    workers = [
        make_log("fit", 0, 9, attributes={"thread.id": number, "thread.name": f"{'long ' * 20}worker {number}"})
        for number in (1, 2)
    ]
    picture = TreeFormatter(by="thread").format_operation_log(make_log("all", 0, 10, *workers))

    assert ["1", "2"] == re.findall(r"^long .*….*worker (\d) [├┃]", picture, re.MULTILINE)


def test_processes_of_one_service_have_a_lane_each() -> None:
    """What tells no process id is told apart by the instance of the service; its thread is the main one there."""
    first, second = (ResourceRecord({"service.name": "shop", "service.instance.id": name * 9}) for name in "ab")
    inside = make_log("load", 0, 1, resource=second)
    handled = make_log("handle", 0, 1, inside, resource=second)
    asked = make_log("ask", 0, 2, handled, resource=first, attributes={"thread.id": 7, "thread.name": "asker"})

    assert {"shop aaaaaaaa asker", "shop bbbbbbbb MainThread"} == set(names(asked))
    assert {"shop aaaaaaaa": 1, "shop bbbbbbbb": 2} == {
        lane.log.name: lane.number for lane in Grouping([asked], "process").lanes
    }


def test_a_context_stands_in_each_lane_in_which_something_ran() -> None:
    """It groups, and is no block; one in which nothing ran is in the main thread."""
    run = make_log("run", 0, 9, make_log("fit", 2, 6, attributes=WORKER), kind=Kind.CONTEXT)
    (lane,) = Grouping([run], "thread").lanes

    assert ("worker", ["worker", "run", "fit"]) == (lane.log.name, [log.name for log in lane.log.walk()])
    assert (lane.log.start_ns, lane.log.end_ns) == (run.suboperations[0].start_ns, run.suboperations[0].end_ns)
    assert not any("run" in line for line in picture(run))
    assert ["MainThread"] == names(make_log("run", 0, 9, kind=Kind.CONTEXT))


def test_what_runs_at_the_same_time_stands_side_by_side() -> None:
    """Tasks of one thread that overlap have lines of their own; those beyond are counted."""
    tasks = [make_log(f"task {number}", number, 50 + number) for number in range(20)]
    lines = picture(make_log("all", 0, 100, *tasks))

    assert [f"task {number}" for number in range(11)] == [re.findall(r"task \d+", line)[0] for line in lines[3:14]]
    assert "… 9 more, further inside or beside" == lines[14].strip()


def test_what_is_too_short_stands_together() -> None:
    """A thousand steps are one block with their number; a failure among them is seen."""
    steps = [make_log("step", number, number + 1, failure=FAILURE if number == 7 else None) for number in range(1_000)]

    assert re.search(r"├✗ step × 1 000─+┤", "\n".join(picture(make_log("all", 0, 1_000, *steps))))


@pytest.mark.parametrize("number", [1, 64, MAX_LANES + 30])
def test_any_number_of_threads(number: int) -> None:
    """Each has a line, up to a number; beyond it those with a failure stay, and the others are counted."""
    tasks = [
        make_log(f"task {each}", each, each + 9, attributes={"thread.id": each, "thread.name": f"worker {each}"})
        for each in range(1, number)
    ]
    failed = make_log("solve", 500, 501, failure=FAILURE, attributes={"thread.id": 900, "thread.name": "broken"})
    lines = picture(make_log("all", 0, 600, *tasks, failed))

    assert 1 == sum(line.startswith("broken") for line in lines)
    assert min(number + 1, MAX_LANES) == sum(bool(re.match("worker|broken|Main", line)) for line in lines)
    assert (number > MAX_LANES) == ("… 31 more, in each of which less time was spent, with 31 operations" in lines[-1:])


@settings(max_examples=50)
@given(logs, st.integers(1, 200), st.booleans(), st.booleans(), st.sampled_from(GROUPS))
def test_no_line_is_wider_than_the_page(log: OperationLog, width: int, color: bool, unicode: bool, by: Any) -> None:
    """Whatever a log holds, lines fit, and nothing is lost of the number of operations."""
    text = TreeFormatter(page=Page(width, color, unicode), by=by).format_operation_log(log)

    assert all(cell_len(re.sub(r"\x1b\[[\d;]*m", "", line)) <= max(32, width) for line in text.splitlines())
    assert (
        sum(each.kind != Kind.CONTEXT for each in log.walk())
        == sum(lane.number for lane in Grouping([log], by).lanes) + Grouping([log], by).left_out
    )


@pytest.mark.parametrize("by", GROUPS)
@pytest.mark.parametrize("name", sample_logs())
def test_odd_logs(name: str, by: Any) -> None:
    """Logs of every kind have lanes."""
    assert TableFormatter(by=by, detail=Detail.DEBUG).format_operation_log(sample_logs()[name])


def test_several_logs_share_one_picture() -> None:
    """Logs of several traces stand on one axis; none give no text."""
    text = TreeFormatter(by="session").format_together(
        [make_log(f"run {each}", each, each + 1, context={"session.id": f"s{each}"}) for each in range(3)]
    )

    assert ["s0", "s1", "s2"] == re.findall(r"^(s\d) .*├run", text, re.MULTILINE)
    assert "" == TreeFormatter(by="session").format_together([])


def test_unknown_groups_are_refused() -> None:
    """The error names key, value and remedy, also where settings ask."""
    with pytest.raises(ValueError, match="by = 'colour': no such group; use one of thread, process, session"):
        TreeFormatter(by="colour")  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="by = 'colour': must be one of thread, process, session"):
        formatter_named("table", by="colour")


def test_a_lane_is_never_busier_than_all_of_the_time() -> None:
    """Where a clock has jumped, what is beside the axis does not count."""
    jumped = make_log("jumped", 0, 10**18, attributes={"thread.id": 7, "thread.name": "worker"})
    (line,) = (line for line in picture(make_log("all", 0, 600, jumped)) if line.startswith("worker"))
    assert line.endswith(" 100 %")
