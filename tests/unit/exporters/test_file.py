"""OTLPFileSpanExporter: whole lines, whoever else writes, and never an exception into the program."""

import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult

from otel_ops.exporters import OTLPFileSpanExporter
from otel_ops.faults import diagnostics
from otel_ops.otlp_json.reading import decode
from otel_ops.span_record import SpanRecord, record_of
from otel_ops.testing import Recorder

FULL_DISK = Path("/dev/full")


def spans(*names: str) -> list[ReadableSpan]:
    """Make spans of the SDK."""
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("scope")
    made = [tracer.start_span(name) for name in names]
    for span in made:
        span.end()
    return [span for span in made if isinstance(span, ReadableSpan)]


def record(name: str, text: str = "") -> SpanRecord:
    """Make a record of a span."""
    attributes = {"text": text}
    return SpanRecord(trace_id="1" * 32, span_id="2" * 16, name=name, start_ns=0, end_ns=0, attributes=attributes)


def names_in(path: Path) -> list[str]:
    """Read the names of the spans, when each line is whole."""
    decoded = [decode(line) for line in path.read_bytes().splitlines() if line]
    assert all(not document.broken for document in decoded)
    return [span.name for document in decoded for span in document.spans]


def test_a_batch_becomes_a_line(tmp_path: Path) -> None:
    """The spans of each batch are one line, and read back as the records of the spans."""
    path = tmp_path / "spans.jsonl"
    exporter = OTLPFileSpanExporter(path)
    batches = [spans("a", "b"), spans("c")]

    assert [SpanExportResult.SUCCESS] * 2 == [exporter.export(batch) for batch in batches]
    assert [list(map(record_of, batch)) for batch in batches] == [
        decode(line).spans for line in path.read_bytes().splitlines()
    ]


def test_spans_of_a_provider_arrive(recorder: Recorder, tmp_path: Path) -> None:
    """Behind a span processor of the SDK, each span that ends is in the file at once."""
    path = tmp_path / "spans.jsonl"
    provider = recorder.provider
    provider.add_span_processor(SimpleSpanProcessor(OTLPFileSpanExporter(path)))
    with provider.get_tracer("scope").start_as_current_span("outer"):
        provider.get_tracer("scope").start_span("inner").end()

    assert ["inner", "outer"] == names_in(path)


def test_the_file_is_made_with_the_first_batch(tmp_path: Path) -> None:
    """Neither an exporter that gets nothing nor an empty batch leaves a file or folder behind."""
    path = tmp_path / "deep" / "down" / "spans.jsonl"
    exporter = OTLPFileSpanExporter(str(path))

    assert SpanExportResult.SUCCESS == exporter.export([])
    assert [] == list(tmp_path.iterdir())
    exporter.export(spans("a"))
    assert ["a"] == names_in(path)


def test_what_is_there_stays(tmp_path: Path) -> None:
    """A second exporter goes on where the first one stopped."""
    path = tmp_path / "spans.jsonl"
    OTLPFileSpanExporter(path).export_records([record("a")])
    OTLPFileSpanExporter(path).export_records([record("b")])

    assert ["a", "b"] == names_in(path)


def test_a_line_that_a_crash_has_cut_costs_only_itself(tmp_path: Path) -> None:
    """Behind a cut line a new one begins; behind a whole one none does."""
    path = tmp_path / "spans.jsonl"
    path.write_bytes(b'{"resourceSpans":[{"re')
    exporter = OTLPFileSpanExporter(path)
    exporter.export_records([record("a")])
    exporter.export_records([record("b")])
    cut, *lines = path.read_bytes().split(b"\n")

    assert b'{"resourceSpans":[{"re' == cut
    assert [["a"], ["b"]] == [[span.name for span in decode(line).spans] for line in lines if line]
    assert 2 == len(list(filter(None, lines)))


def test_a_file_that_is_moved_away_is_made_anew(tmp_path: Path) -> None:
    """Rotating or removing the file, or its folder, while it is written to loses nothing."""
    path = tmp_path / "folder" / "spans.jsonl"
    exporter = OTLPFileSpanExporter(path)
    exporter.export_records([record("a")])
    path.parent.rename(tmp_path / "old")
    exporter.export_records([record("b")])

    assert (["a"], ["b"]) == (names_in(tmp_path / "old" / "spans.jsonl"), names_in(path))


@pytest.mark.usefixtures("quiet")
def test_after_shutdown_nothing_is_written(tmp_path: Path) -> None:
    """An exporter that was shut down, even twice, refuses spans and counts them."""
    path = tmp_path / "spans.jsonl"
    exporter = OTLPFileSpanExporter(path)
    exporter.shutdown()
    exporter.shutdown()

    assert SpanExportResult.FAILURE == exporter.export(spans("a", "b"))
    assert not path.exists()
    assert {"file_exporter.failed": 1, "file_exporter.lost": 2} == diagnostics()
    assert exporter.force_flush()


@pytest.mark.usefixtures("quiet")
def test_a_path_that_cannot_be_written_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Where the path is a folder, export fails without an exception, tells the path once and counts each span."""
    exporter = OTLPFileSpanExporter(tmp_path)

    assert [SpanExportResult.FAILURE] * 2 == [exporter.export(spans("a", "b")) for _ in range(2)]
    assert {"file_exporter.failed": 2, "file_exporter.lost": 4} == diagnostics()
    assert 1 == len(caplog.messages)
    assert str(tmp_path) in caplog.messages[0]


@pytest.mark.usefixtures("quiet")
def test_a_parent_that_is_a_file_is_no_folder(tmp_path: Path) -> None:
    """Where the folder's name is taken by a file, export fails and the file stays as it is."""
    (tmp_path / "taken").write_text("mine")

    assert SpanExportResult.FAILURE == OTLPFileSpanExporter(tmp_path / "taken" / "spans.jsonl").export(spans("a"))
    assert "mine" == (tmp_path / "taken").read_text()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    """Where the folder may not be written, export fails without an exception."""
    tmp_path.chmod(0o500)

    assert SpanExportResult.FAILURE == OTLPFileSpanExporter(tmp_path / "spans.jsonl").export(spans("a"))


@pytest.mark.usefixtures("quiet")
@pytest.mark.skipif(not FULL_DISK.exists(), reason="the system has no /dev/full")
def test_a_full_disk(caplog: pytest.LogCaptureFixture) -> None:
    """Where the disk is full, export fails without an exception and says why."""
    assert SpanExportResult.FAILURE == OTLPFileSpanExporter(FULL_DISK).export(spans("a"))
    assert "No space left on device" in caplog.text
    assert {"file_exporter.failed": 1, "file_exporter.lost": 1} == diagnostics()


FILLING = """
    import resource, sys
    from otel_ops.exporters import OTLPFileSpanExporter
    from otel_ops.span_record import SpanRecord

    def record(name):
        return SpanRecord(trace_id="1" * 32, span_id="2" * 16, name=name, start_ns=0, end_ns=0)

    exporter = OTLPFileSpanExporter(sys.argv[1])
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, unlimited[1]))
    try:
        exporter.export_records([record("lost")])
    except OSError:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
        exporter.export_records([record("kept")])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the system limits no file sizes")
def test_a_disk_that_fills_up_in_the_middle_of_a_line(tmp_path: Path) -> None:
    """Where only a part of a line fitted, it is an error, and the next batch begins a new line."""
    path = tmp_path / "spans.jsonl"
    subprocess.run([sys.executable, "-c", textwrap.dedent(FILLING), path], check=True, timeout=60)
    cut, whole = path.read_bytes().splitlines()

    assert 100 == len(cut)
    assert ["kept"] == [span.name for span in decode(whole).spans]


def test_records_that_cannot_be_written_raise(tmp_path: Path) -> None:
    """`export_records` leaves the error to its caller, and counts the spans."""
    with pytest.raises(OSError, match="Is a directory"):
        OTLPFileSpanExporter(tmp_path).export_records([record("a")])
    assert {"file_exporter.lost": 1} == diagnostics()


def test_threads_write_whole_lines(tmp_path: Path) -> None:
    """Lines of threads that write at the same time, longer than any buffer, are never mixed."""
    path = tmp_path / "spans.jsonl"
    exporter = OTLPFileSpanExporter(path)

    def write(thread: int) -> None:
        for number in range(25):
            exporter.export_records([record(f"{thread}.{number}", "x" * 100_000)])

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(f"{thread}.{number}" for thread in range(4) for number in range(25)) == sorted(names_in(path))


FORKING = """
    import os, sys
    from otel_ops.exporters import OTLPFileSpanExporter
    from otel_ops.span_record import SpanRecord

    exporter = OTLPFileSpanExporter(sys.argv[1])

    def write(process):
        for number in range(25):
            exporter.export_records(
                [
                    SpanRecord(
                        trace_id="1" * 32, span_id="2" * 16, start_ns=0, end_ns=0,
                        name=f"{process}.{number}", attributes={"text": "x" * 100_000},
                    )
                ]
            )

    exporter.export_records([])
    children = []
    for process in range(3):
        child = os.fork()
        if not child:
            write(process)
            os._exit(0)
        children.append(child)
    write(3)
    statuses = [os.waitpid(child, 0)[1] for child in children]
    sys.exit(any(statuses))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_forked_processes_write_whole_lines(tmp_path: Path) -> None:
    """Children of a fork go on with the exporter of their parent, all into the same file."""
    path = tmp_path / "spans.jsonl"
    subprocess.run([sys.executable, "-c", textwrap.dedent(FORKING), path], check=True, timeout=60)

    assert sorted(f"{process}.{number}" for process in range(4) for number in range(25)) == sorted(names_in(path))
