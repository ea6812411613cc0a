"""Stories: what a person is told of a failure, bounded and without secrets, as text and as HTML."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lxml import html as lxml_html

from otel_ops.errors.report import Report
from otel_ops.errors.story import TraceLink, brief_text_of, html_of, story_of, text_of
from otel_ops.errors.story.excerpts import MAX_TEXT
from otel_ops.errors.story.tree import MAX_ROWS
from otel_ops.operation_log import OperationLog
from otel_ops.span_record import EventRecord, LogRecord, ResourceRecord
from otel_ops.testing import make_log, sample_logs
from tests.unit.errors.reports import failed_log, failure, occurrence, report

LINK = "http://localhost:16686/trace/{trace_id}?uiFind={operation}"


def told(told: Report, link: str = "") -> str:
    """Give the text of a report."""
    return text_of([story_of(told, TraceLink(link))])


def shown(told: Report, link: str = "") -> str:
    """Give the HTML of a report."""
    return html_of([story_of(told, TraceLink(link))])


def plain(document: str) -> str:
    """Give what a reader of HTML sees."""
    return str(lxml_html.fromstring(document).text_content())


def test_a_story_tells_what_failed_where_and_what_led_to_it() -> None:
    """Title, time, operation, error, origin, duration, host, context, tree and stack are there, in text and HTML."""
    resource = ResourceRecord({"service.name": "thermal", "host.name": "lab-3", "os.type": "linux"})
    log = failed_log(None, make_log("open", 0, 5), context={"user.id": "ada", "ops.meta.batch": 7}, resource=resource)
    made = report(occurrence(log))

    for text in (told(made), plain(shown(made))):
        for expected in (
            "load failed: ValueError: row 7 is bad",
            "Began in",
            "99.5 ms",
            "service thermal, host lab-3",
            "ada",
            "batch",
            "├─ open",
            "└─ ✗ parse",
            'File "load.py", line 7, in parse',
        ):
            assert expected in text
        assert "linux" not in text


def test_a_service_without_a_name_is_not_told() -> None:
    """What the SDK calls a program that has no name says nothing."""
    log = failed_log(resource=ResourceRecord({"service.name": "unknown_service:python"}))

    assert "Where" not in told(report(occurrence(log)))


def test_several_failures_are_told_by_the_first_and_the_last() -> None:
    """The count, both times and both examples are told; the last one in full."""
    first = occurrence(failed_log(failure("row 1 is bad")))
    late = failed_log(failure("row 9 is bad"))
    last = occurrence(replace(late, end_ns=late.end_ns + 60 * 10**9))
    text = told(report(first, last, count=1_234))

    assert "1 234 times from " in text
    assert text.index("row 9 is bad") < text.index("First time") < text.rindex("row 1 is bad")
    assert "Operation, first time" in text


def test_failures_of_one_second_have_one_time() -> None:
    """What is read to the second is not told as a period from and to the same."""
    text = told(report(occurrence(), occurrence(), count=2))

    assert "2 times at " in text
    assert "2 times from" not in text


def test_one_failure_has_no_first_time() -> None:
    """Nothing is told twice."""
    assert "First time" not in told(report())


def test_a_failure_inside_is_told_with_the_operation_around_it() -> None:
    """A suboperation's story names it and the operation that it is part of."""
    log = failed_log()
    inner = replace(occurrence(log), log=log.suboperations[0])

    assert "parse in load" in told(report(inner))


def test_links_lead_to_the_trace() -> None:
    """The template's placeholders are filled in, fit for an address."""
    log = replace(failed_log(), name="load run 1&2")
    address = f"http://localhost:16686/trace/{log.trace_id}?uiFind=load%20run%201%262"

    assert address in told(report(occurrence(log)), LINK)
    (link,) = lxml_html.fromstring(shown(report(occurrence(log)), LINK)).findall(".//a")
    assert address == link.get("href")


def test_what_was_not_recorded_has_no_link() -> None:
    """There is no trace to look at."""
    log = replace(failed_log(), trace_id="0" * 32)

    assert "Trace " not in told(report(occurrence(log)), LINK)


def test_without_links_the_trace_is_told_by_its_id() -> None:
    """It can be looked for all the same."""
    log = failed_log()

    assert f"Trace         {log.trace_id}\n" in told(report(occurrence(log)))


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("ftp://host/{trace_id}", "trace_link = 'ftp://host/{trace_id}': must begin with http:// or https://"),
        ("javascript:alert({trace_id})", "must begin with http"),
        ("http://host/{trace}", "there is no {trace}; use any of {trace_id}, {span_id}, {operation}, {service}"),
        ("http://host/{trace_id.__class__}", "there is no {trace_id.__class__}"),
        ("http://host/{trace_id!r:>9}", "there is no {trace_id!r:>9}"),
        ("http://host/{}", "there is no {}"),
        ("http://host/{trace_id", "braces that are meant"),
    ],
)
def test_wrong_links_are_told(template: str, told: str) -> None:
    """The message names the option, its value and what would be right."""
    with pytest.raises(ValueError) as raised:
        TraceLink(template)

    assert told in str(raised.value)
    assert "trace_link = " in str(raised.value)


def test_html_is_text_and_nothing_else() -> None:
    """Whatever the program says, the document has no elements but ours, and loads nothing."""
    evil = "<script src='http://evil'>alert(1)</script><img onerror=x src=y>\" onclick=\"z"
    log = failed_log(failure(evil), attributes={evil: evil}, context={"user.id": evil, f"ops.meta.{evil}": evil})
    document = lxml_html.fromstring(shown(report(occurrence(replace(log, name=evil))), LINK))

    tags = {element.tag for element in document.iter()}
    assert tags <= {
        *("html", "head", "meta", "title", "body", "div", "h1", "h2", "table", "tr", "th", "td", "a", "pre", "span")
    }
    attributes = {name for element in document.iter() for name in element.attrib}
    assert attributes <= {"lang", "charset", "name", "content", "style", "href"}
    assert evil.replace("'", "'") in document.text_content()


def test_failures_are_red() -> None:
    """Colours tell outcomes in HTML, and no escape sequence is left in it."""
    document = shown(report())
    marked = [each.text for each in lxml_html.fromstring(document).findall(".//span") if "c62828" in each.get("style")]

    assert "✗ " in marked or any((text or "").startswith("✗") for text in marked)
    assert "\x1b" not in document


def secretive_log() -> OperationLog:
    """Make a log that has a secret in every place."""
    why = failure("password=hunter2", stacktrace="connect(password='hunter2')\n")
    log = failed_log(why, attributes={"api_key": "hunter2", "url": "http://ada:hunter2@host"})
    return replace(
        log,
        context={"ops.meta.db_password": "hunter2", "ops.meta.token": 4711, "user.id": "token=hunter2"},
        events=(EventRecord("sent", log.start_ns, {"secret": "hunter2"}),),
        log_records=(LogRecord("password=hunter2", log.start_ns, 17, "ERROR", "lab"),),
        status_message="token=hunter2",
        name="load token=hunter2",
    )


def test_secrets_are_hidden() -> None:
    """What looks like a credential, or is called one, is in neither form."""
    log = secretive_log()
    made = report(occurrence(log), occurrence(log))

    for text in (told(made), shown(made), brief_text_of(story_of(made), 10_000)):
        assert "hunter2" not in text
        assert "4711" not in text
        assert "***" in text


def test_a_tree_of_100_000_operations_is_bounded() -> None:
    """Failures among them are too many to be shown, too; the one that is told is there, and how many are not."""
    bad = [make_log(f"{number} bad", number, number, failure=failure()) for number in range(99_999)]
    log = make_log("load", 0, 99_999, *bad, failure=failure())
    made = report(replace(occurrence(log), log=log.suboperations[77_777]))
    text = told(made)

    assert "✗ 77777 bad " in text
    assert f"… {99_999 + 1 - MAX_ROWS:,} more".replace(",", " ") in text
    assert len(text) < 50_000
    assert len(shown(made)) < 100_000


def test_the_way_to_a_failure_deep_down_is_shown() -> None:
    """Where a tree is as deep as it is wide, what failed is shown below what it ran in."""
    deep = make_log("bad", 0, 1, failure=failure())
    for level in reversed(range(200)):
        deep = make_log(f"level {level}", 0, 1, deep, failure=failure())
    made = report(replace(occurrence(deep), log=list(deep.walk())[-1]))

    text = told(made)
    assert "✗ bad" in text
    assert "level 199" in text


def test_a_stack_of_a_megabyte_is_bounded() -> None:
    """Its beginning and its end are kept, where the stack began and what was raised."""
    lines = [f'  File "a.py", line {number}, in f{number}' for number in range(30_000)]
    why = failure(stacktrace="\n".join(["Traceback (most recent call last):", *lines, "ValueError: row 7"]))
    text = told(report(occurrence(failed_log(why))))

    assert len(text) < MAX_TEXT + 5_000
    assert "Traceback (most recent call last):\n" in text
    assert "lines or more are left out …" in text
    assert text.rstrip().endswith("ValueError: row 7")


def test_one_endless_line_is_bounded() -> None:
    """A message of megabytes without a line break is cut wherever it stands."""
    why = failure("x" * 5_000_000, stacktrace="y" * 5_000_000)
    made = report(occurrence(failed_log(why)))

    assert len(told(made)) < 10_000
    assert len(shown(made)) < 20_000


@pytest.mark.parametrize("name", list(sample_logs()))
def test_every_log_has_a_story(name: str) -> None:
    """Logs of every kind, odd ones among them, are told; the text can be sent."""
    log = sample_logs()[name]
    made = report(occurrence(log), occurrence(log))

    assert told(made, LINK).encode()
    assert shown(made, LINK).encode()
    assert "\x1b" not in told(made)


def test_stories_together_have_a_list_of_titles() -> None:
    """A digest tells each story, and of the rest the titles."""
    stories = [story_of(report()), story_of(report(occurrence(replace(failed_log(), name="save"))))]
    others = [f"step {number} failed" for number in range(150)]
    document = lxml_html.fromstring(html_of(stories, others))

    assert 100 + 2 + 1 == len(document.findall(".//li"))
    assert 2 == len(document.findall(".//h1"))
    text = text_of(stories, others)
    assert "Other failures\n\nstep 0 failed\n" in text
    assert "… 50 more" in text


def test_a_brief_text_keeps_whole_lines() -> None:
    """A message for a chat is as long as it may be, and says when something is missing."""
    story = story_of(report())
    whole = brief_text_of(story, 10_000)
    brief = brief_text_of(story, 120)

    assert "✗ parse" in whole
    assert len(brief) <= 120
    assert brief.endswith("\n…")
    assert whole.startswith(brief[:-2])
