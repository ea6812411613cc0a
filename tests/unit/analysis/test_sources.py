"""SpanSource: every file is read, or refused in one line, and nothing good is lost to what is broken."""

import gzip
import io
import itertools
import json
import os
import subprocess
import sys
import textwrap
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otel_ops.analysis import documents, input_file
from otel_ops.analysis.sources import MAX_HOPELESS, MAX_MESSAGES, SpanSource
from otel_ops.exceptions import UnreadableInputError
from otel_ops.otlp_json import encode_line
from otel_ops.span_record import SpanRecord

CAPTURES = Path(__file__).resolve().parents[4] / "shared" / "data" / "traces"
needs_captures = pytest.mark.skipif(not CAPTURES.is_dir(), reason="the captures are not there")


def line(*names: str) -> bytes:
    """Make a line with spans of these names."""
    return encode_line(
        SpanRecord(trace_id="1" * 32, span_id=f"{number:016x}", name=name, start_ns=0, end_ns=1)
        for number, name in enumerate(names, 1)
    )


def pretty(*names: str) -> bytes:
    """Make a pretty-printed document with spans of these names."""
    return json.dumps(json.loads(line(*names)), indent=2).encode()


LINES = line("a", "b") + line("c")


@pytest.fixture
def write(tmp_path: Path) -> Callable[[bytes], Path]:
    """Writes a file."""
    numbers = itertools.count()

    def write(content: bytes) -> Path:
        path = tmp_path / f"spans{next(numbers)}.jsonl"
        path.write_bytes(content)
        return path

    return write


Write = Callable[[bytes], Path]


def names(*paths: Path | str) -> list[str]:
    """Read the names of the spans of files of which nothing is broken."""
    source = SpanSource(paths)
    read = [record.name for record in source]
    assert ([], 0, len(read)) == (source.broken, source.broken_count, source.found)
    return read


def error(*paths: Path | str) -> str:
    """Give the message of the error that reading raises."""
    with pytest.raises(UnreadableInputError) as caught:
        list(SpanSource(paths))
    assert 1 == len(str(caught.value).splitlines())
    return str(caught.value)


def test_a_first_line_that_was_cut_does_not_have_the_whole_file_read_at_once(write: Write) -> None:
    """Where the next line is a document, the file is one of lines; the first one is counted, the others stream."""
    source = SpanSource([write(LINES[:40] + b"\n" + LINES)])
    read = iter(source)

    assert "a" == next(read).name
    assert (1, 2) == (source.broken_count, source.found)
    assert ["b", "c"] == [record.name for record in read]


# What is read.


@pytest.mark.parametrize(
    "content",
    [
        LINES,
        LINES.rstrip(b"\n"),
        LINES.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + LINES,
        b"\n  \n" + LINES.replace(b"\n", b"\n\n\t\n"),
        gzip.compress(LINES),
        gzip.compress(line("a", "b")) + gzip.compress(line("c")),
        pretty("a", "b", "c"),
        b"\xef\xbb\xbf" + pretty("a", "b", "c").replace(b"\n", b"\r\n"),
        gzip.compress(pretty("a", "b", "c")),
        json.dumps([json.loads(line("a")), json.loads(line("b", "c"))]).encode(),
        json.dumps([json.loads(line("a")), json.loads(line("b", "c"))], indent=1).encode(),
        b"[\n" + line("a", "b") + b",\n" + line("c") + b"]\n",
        b"{}\n" + LINES,
    ],
)
def test_spans_are_read_in_order(write: Write, content: bytes) -> None:
    """Lines with any line breaks, pretty-printed documents and lists, plain and packed, give the same spans."""
    assert ["a", "b", "c"] == names(write(content))


@pytest.mark.parametrize(
    "content", [b"", b"  \n\t\r\n\n", b"{}\n", b'{"resourceSpans":[]}\n', gzip.compress(b"", mtime=0)]
)
def test_nothing_in_a_file_is_no_error(write: Write, content: bytes) -> None:
    """Files that are empty, blank, or hold only documents without spans give no spans."""
    assert [] == names(write(content))


def test_files_are_read_one_after_the_other(write: Write) -> None:
    """Several files of different forms give their spans in order, and can be read again."""
    source = SpanSource([write(LINES), str(write(gzip.compress(line("d")))), write(b""), write(pretty("e"))])

    assert [list("abcde")] * 2 == [[record.name for record in source] for _ in range(2)]
    assert 5 == source.found


@pytest.mark.parametrize("packed", [False, True])
def test_the_standard_input_is_read(packed: bool) -> None:
    """The path "-" is the standard input, also through a pipe, and unpacked where it is packed."""
    program = "from otel_ops.analysis.sources import SpanSource; print([span.name for span in SpanSource(['-'])])"
    content = gzip.compress(LINES) if packed else LINES
    done = subprocess.run(
        [sys.executable, "-c", program], input=content, stdout=subprocess.PIPE, check=True, timeout=60
    )

    assert b"['a', 'b', 'c']" == done.stdout.strip()


def test_an_input_that_another_program_put_in_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """The standard input may be any text stream over bytes."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LINES)))

    assert ["a", "b", "c"] == names("-")


def test_a_standard_input_that_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a standard input, as under pythonw, reading it is an error."""
    monkeypatch.setattr(sys, "stdin", None)

    assert "stdin: the standard input is closed" == error("-")


def test_lines_are_streamed(write: Write) -> None:
    """Of a file of lines, only a small part is in memory at any time."""
    path = write(line(*["x" * 1_000] * 10) * 2_000)
    tracemalloc.start()
    count = sum(1 for _ in SpanSource([path]))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert 20_000 == count
    assert path.stat().st_size / 10 > peak


def test_reading_may_stop_anywhere(write: Write) -> None:
    """Who needs only the first spans need not read the rest, and the file is closed."""
    reading = iter(SpanSource([write(LINES)]))

    assert "a" == next(reading).name
    reading.close()  # type: ignore[attr-defined]


# What is broken.


def test_broken_lines_are_skipped(write: Write) -> None:
    """Broken lines anywhere are counted and told with file and line, and the others are read."""
    path = write(b"{broken\n" + line("a") + b"\n" + b'{"resourceMetrics":[]}\n' + line("b") + b"nonsense\n" + line("c"))
    source = SpanSource([path])

    assert ["a", "b", "c"] == [record.name for record in source]
    assert 3 == source.broken_count
    assert [
        f"{path}:1: is no whole JSON document: JSON is malformed: object keys must be strings (byte 1)",
        f"{path}:4: seems to be OTLP metrics; give a file of traces",
        f"{path}:6: is no OTLP JSON; export the spans as OTLP JSON",
    ] == source.broken


def test_lines_of_logs_beside_spans_are_no_spans(write: Write) -> None:
    """They are neither spans nor broken; what is broken in them is told."""
    log = b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"late"},{"body":{"stringValue":"a"}}]}]}]}\n'
    source = SpanSource([path := write(log + LINES + log.replace(b'"late"', b'"5"'))])

    assert ["a", "b", "c"] == [record.name for record in source]
    assert 3 == source.found
    assert [f"{path}:1: a log record of '': timeUnixNano = 'late' is no number"] == source.broken


@pytest.mark.parametrize("signal", ["resourceLogs", "resourceMetrics"])
def test_files_of_other_signals_stand_beside_those_of_spans(tmp_path: Path, signal: str) -> None:
    """In a folder as the collector's file exporter writes it, the spans are read, and nothing is broken."""
    (tmp_path / "a.jsonl").write_bytes(b'{"%s":[]}\n' % signal.encode())
    (tmp_path / "b.jsonl").write_bytes(LINES + b"nonsense\n")
    source = SpanSource([tmp_path])

    assert ["a", "b", "c"] == [record.name for record in source]
    assert [f"{tmp_path}/b.jsonl:3: is no OTLP JSON; export the spans as OTLP JSON"] == source.broken
    assert 1 == source.broken_count


def test_nothing_but_other_signals_is_refused(tmp_path: Path) -> None:
    """Where no file of a folder has spans, it is told what there is instead."""
    (tmp_path / "a.jsonl").write_bytes(b'{"resourceMetrics":[]}\n')
    with pytest.raises(UnreadableInputError, match=r"a\.jsonl:1: seems to be OTLP metrics; give a file of traces"):
        list(SpanSource([tmp_path]))


def test_broken_spans_are_skipped(write: Write) -> None:
    """A broken span is told with its line, and the others of the line are read."""
    path = write(LINES + line("x", "d").replace(b"0000000000000001", b"?", 1))
    source = SpanSource([path])

    assert ["a", "b", "c", "d"] == [record.name for record in source]
    assert [
        f"{path}:3: span 'x': spanId = '?' is no id: it needs 16 hexadecimal digits, or base64 of 8 bytes"
    ] == source.broken


@given(cut=st.integers(1, len(line("d")) - 2))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_truncated_last_line_is_skipped(write: Write, cut: int) -> None:
    """Wherever the last line is cut, the lines before are read and the cut is told."""
    path = write(LINES + line("d")[:cut])
    source = SpanSource([path])

    assert ["a", "b", "c"] == [record.name for record in source]
    assert [f"{path}:3: the last line is cut short: its writer was stopped, or is still writing"] == source.broken


def test_a_last_line_without_an_end_is_read(write: Write) -> None:
    """A whole last line counts also where its line break is missing, and is not said to be cut."""
    source = SpanSource([path := write(LINES + b'{"resourceMetrics":[]}')])

    assert 3 == len(list(source))
    assert [f"{path}:3: seems to be OTLP metrics; give a file of traces"] == source.broken


def test_a_truncated_gzip_gives_what_is_there(write: Write) -> None:
    """Of a packed file that is cut, the whole lines before are read, and the cut is told."""
    packed = gzip.compress(b"".join(line(str(number)) for number in range(5_000)))
    source = SpanSource([path := write(packed[: len(packed) // 2])])
    read = [record.name for record in source]

    assert list(map(str, range(len(read)))) == read
    assert 1_000 < len(read) < 5_000
    assert [f"{path}:{len(read) + 1}: the file is cut short or damaged here"] == [
        message.rpartition(": ")[0] for message in source.broken
    ]


def test_a_truncated_gzip_that_begins_with_a_broken_line(write: Write) -> None:
    """Where the first line is broken and the file is cut, the whole lines between are read."""
    packed = gzip.compress(b"{broken\n" + b"".join(line(str(number)) for number in range(5_000)))
    source = SpanSource([path := write(packed[: len(packed) // 2])])
    read = [record.name for record in source]

    assert list(map(str, range(len(read)))) == read
    assert 1_000 < len(read)
    assert {f"{path}:1", f"{path}:{len(read) + 2}"} == {message.partition(": ")[0] for message in source.broken}


def test_lines_are_numbered_behind_a_first_one_that_is_broken(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file whose first line is broken is looked at as one document first; the numbers of its lines stay right."""
    monkeypatch.setattr(documents, "MAX_LINE", 1_000)
    source = SpanSource([path := write(b"\n{broken\n" + line("a") * 100 + b"\n?\n" + line("b"))])

    assert 101 == len(list(source))
    assert [f"{path}:2", f"{path}:104"] == [message.partition(": ")[0] for message in source.broken]


def test_a_damaged_gzip_is_told(write: Write) -> None:
    """A packed file whose data is not what it was gives what could be read."""
    packed = bytearray(gzip.compress(LINES))
    packed[-8:-4] = b"\0\0\0\0"
    source = SpanSource([path := write(bytes(packed))])
    list(source)

    assert [f"{path}:3: the file is cut short or damaged here: CRC check failed 0x0 != "] == [
        message.rpartition("0x")[0] for message in source.broken
    ]


def test_messages_are_bounded(write: Write) -> None:
    """However much is broken, only the first messages are kept, and all are counted."""
    source = SpanSource([write(line("a") + b"?\n" * 2_000), write(line("b") + b"?\n" * 10)])

    assert ["a", "b"] == [record.name for record in source]
    assert (2_010, MAX_MESSAGES) == (source.broken_count, len(source.broken))


def test_a_line_that_is_too_long_is_skipped(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line beyond the limit is told without being held in memory, and the lines around it are read."""
    monkeypatch.setattr(input_file, "MAX_LINE", 1_000)
    source = SpanSource([path := write(line("a") + line("b" * 3_500) + line("c"))])

    assert ["a", "c"] == [record.name for record in source]
    assert [f"{path}:2: is longer than 128 MiB; write a document a line, such as with: jq -c . FILE"] == source.broken


def test_a_document_that_is_too_long_is_an_error(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pretty-printed document beyond the limit is refused with a remedy."""
    monkeypatch.setattr(documents, "MAX_LINE", 100)
    path = write(pretty("a"))

    assert f"{path}: is longer than 128 MiB; write a document a line, such as with: jq -c . FILE" == error(path)


# What is refused.


def test_a_file_without_anything_readable_is_an_error(write: Write) -> None:
    """Where there is something in a file and nothing can be read, the first problem is the error."""
    path = write(b"{}\n{broken\nnonsense\n")

    assert f"{path}:2: is no whole JSON document: JSON is malformed: object keys must be strings (byte 1)" == error(
        path
    )


def test_a_hopeless_file_is_given_up(write: Write) -> None:
    """After a thousand broken lines without a good one, the rest is not read."""
    path = write(b"1,2,3\n" * MAX_HOPELESS + LINES)

    assert f"{path}:1: seems to be CSV; export the spans as OTLP JSON" == error(path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"PAR1\x15\x04", ": seems to be a Parquet file; export the spans as OTLP JSON"),
        (b"\n\x90\x01\n\x1f", ": seems to be OTLP protobuf; export the spans as OTLP JSON"),
        (gzip.compress(b"\n\x90\x01\n\x1f", mtime=0), ": seems to be OTLP protobuf; export the spans as OTLP JSON"),
        (b"\x28\xb5\x2f\xfd\x04\x00", ": seems to be compressed with zstd; unpack it first: zstd -d"),
        (gzip.compress(gzip.compress(LINES)), ": seems to be compressed with gzip twice; unpack it once: gzip -d"),
        (LINES.decode().encode("utf-16"), ": seems to be UTF-16 text; convert it to UTF-8"),
        (b"\x1f\x8b\x08\x00", ":1: the file is cut short or damaged here: "),
        (b'{"resourceLogs":[]}\n', ":1: seems to be OTLP logs; give a file of traces"),
        (b'{\n "resourceLogs": []\n}', ": seems to be OTLP logs; give a file of traces"),
        (b'{"data":\n [{"traceID":"1"}\n]}\n', ": seems to be Jaeger UI JSON; "),
        (pretty("a")[:-10], ": is no whole JSON document: Input data was truncated"),
        (line("a")[:-10], ": is no whole JSON document: Input data was truncated"),
        (b"a,b\n1,2\n", ":1: seems to be CSV; export the spans as OTLP JSON"),
        (b"hello\n", ":1: is no OTLP JSON; export the spans as OTLP JSON"),
    ],
)
def test_something_else_is_refused(write: Write, content: bytes, problem: str) -> None:
    """A file that is something else gives one line that names it, what it seems to be, and the remedy."""
    path = write(content)

    assert error(path).startswith(f"{path}{problem}")


def test_a_missing_file_is_told_with_the_nearest_name(tmp_path: Path) -> None:
    """A file that is not there is named, with a file beside it that has nearly the same name."""
    (tmp_path / "run.jsonl").touch()

    assert f"{tmp_path / 'rum.jsonl'}: there is no such file; did you mean 'run.jsonl'?" == error(
        tmp_path / "rum.jsonl"
    )
    assert f"{tmp_path / 'a' / 'b'}: there is no such file" == error(tmp_path / "a" / "b")


def test_the_trace_files_of_a_folder_are_read(tmp_path: Path) -> None:
    """Of a folder the files that are named as trace files are read, in order of name, and nothing below them."""
    contents = {"c.jsonl": line("c"), "a.json": pretty("a"), "b.jsonl.gz": gzip.compress(line("b")), "d.txt": b"junk"}
    for name, content in {**contents, ".hidden.json": b"junk"}.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "folder.json" / "e.json").write_bytes(line("e"))

    assert list("abc") == names(tmp_path)
    assert list("abce") == names(str(tmp_path), tmp_path / "folder.json")


def test_a_folder_without_trace_files_is_told(tmp_path: Path) -> None:
    """A folder in which there is nothing to read is an error that says what is looked for."""
    (tmp_path / "notes.txt").touch()

    expected = f"{tmp_path}: is a folder without trace files; their names end in "
    expected += ".jsonl, .json, .xml, .jsonl.gz, .json.gz, .xml.gz"
    assert expected == error(tmp_path)


def test_a_name_that_no_file_can_have() -> None:
    """A path that the system refuses is an error like others."""
    assert "a\0b: cannot be opened: embedded null byte" == error("a\0b")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(write: Write) -> None:
    """A file that may not be read is an error that says so."""
    path = write(LINES)
    path.chmod(0)

    assert f"{path}: cannot be opened: Permission denied" == error(path)


@given(st.binary(max_size=200) | st.text(st.characters(codec="utf-8")).map(str.encode))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_read_or_refused(write: Write, content: bytes) -> None:
    """Whatever is in a file, between good lines or alone, nothing but the one error is raised."""
    try:
        list(SpanSource([write(content)]))
    except UnreadableInputError as refused:
        assert 1 == len(str(refused).splitlines())  # noqa: PT017 - either outcome is right

    source = SpanSource([write(LINES + content.replace(b"\n", b"").replace(b"\r", b"") + b"\n" + LINES)])
    assert 6 == len(list(source))


# Progress.


def test_progress_goes_up_to_the_size_of_all_files(write: Write) -> None:
    """Progress counts the bytes on disk, over all files, and ends at their total."""
    big = write(line("x" * 10_000) * 200)
    packed = write(gzip.compress(LINES))
    told: list[tuple[int, int]] = []
    list(SpanSource([big, packed], progress=lambda done, total: told.append((done, total))))
    total = big.stat().st_size + packed.stat().st_size

    assert (total, total) == told[-1]
    assert sorted(told) == told
    assert 4 < len(told) < 50


def test_progress_of_a_pipe_has_no_total(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the size is not known, the total is 0 and the bytes that came are counted."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LINES)))
    told: list[tuple[int, int]] = []
    list(SpanSource(["-"], progress=lambda done, total: told.append((done, total))))

    assert [(len(LINES), 0)] == told


# Real captures.


def spans_in(path: Path) -> int:
    """Count the spans of a file with the json module: those of lines that are JSON, or of the whole file."""
    text = path.read_text()
    try:
        parsed = [json.loads(text)]
    except ValueError:
        parsed = []
        for candidate in text.splitlines():
            try:
                parsed.append(json.loads(candidate))
            except ValueError:
                continue
    return sum(
        len(scope["spans"])
        for document in parsed
        for resource in document.get("resourceSpans", document.get("batches", []))
        for scope in resource["scopeSpans"]
    )


VALID = [
    *sorted((CAPTURES / "jaeger").rglob("*.json")),
    *(CAPTURES / "otelq").glob("*.jsonl"),
    *(CAPTURES / "otel_proto").glob("*.json"),
    *(CAPTURES / "kiali").glob("*.json"),
    *(CAPTURES / "otlp2parquet" / name for name in ("trace.json", "traces.jsonl")),
    *sorted((CAPTURES / "duckdb_otlp").glob("[!m]*.jsonl")),
    *(CAPTURES / "duckdb_otlp" / name for name in ("multifile_valid_traces.jsonl", "malformed.jsonl")),
]


@needs_captures
@pytest.mark.parametrize("path", VALID, ids=lambda path: path.name)
def test_real_captures_are_read_whole(path: Path) -> None:
    """Every span of a real capture that a plain reading finds is read, plain and packed."""
    assert spans_in(path) == len(list(SpanSource([path])))


@needs_captures
def test_the_malformed_lines_of_a_real_capture_are_told() -> None:
    """A capture with three malformed lines gives its one span and three messages."""
    source = SpanSource([path := CAPTURES / "duckdb_otlp" / "malformed.jsonl"])

    assert ["valid span"] == [record.name for record in source]
    assert [f"{path}:{number}" for number in (1, 2, 4)] == [message.partition(": ")[0] for message in source.broken]


@needs_captures
@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("otlp2parquet/malformed.json", "is no whole JSON document: JSON is malformed: expected ',' or '}' (byte 447)"),
        ("otlp2parquet/trace_invalid_base64.json", "span 'test-span': traceId = '!!!INVALID_BASE64!!!' is no id"),
        ("otlp2parquet/trace_invalid_kind.json", "span 'test-span': kind = 'SPAN_KIND_INVALID_TYPE' is unknown"),
        ("otlp2parquet/trace_mixed_encoding.json", "span 'test-span': traceId = 'zzz' is no id"),
        ("otlp2parquet/traces.parquet", "seems to be a Parquet file"),
        ("otlp2parquet/traces.pb", "seems to be OTLP protobuf"),
        ("otlp2parquet/trace.pb", "seems to be OTLP protobuf"),
        ("duckdb_otlp/otlp_traces.pb", "seems to be OTLP protobuf"),
        ("duckdb_otlp/traces-initial.otlp", "seems to be OTLP protobuf"),
        ("duckdb_otlp/traces-initial.bar", "seems to be binary data"),
        ("duckdb_otlp/multifile_malformed_traces.jsonl", "is no whole JSON document"),
        ("deathstarbench/traces-1695947455229.json", "seems to be Jaeger UI JSON"),
        ("deathstarbench/trace.csv", "seems to be CSV"),
        ("nezha/online_boutique_03_53_trace.csv", "seems to be CSV"),
    ],
)
def test_real_files_that_are_something_else_are_refused(name: str, problem: str) -> None:
    """Each invalid or foreign file is refused in one line that names it and says what it is."""
    path = CAPTURES / name
    message = error(path)

    assert message.startswith(str(path))
    assert problem in message


def test_a_program_reads_its_own_file_while_it_writes(tmp_path: Path) -> None:
    """What a killed program left behind, with a cut line in it, is read by the next one."""
    program = """
        import os, sys
        from otel_ops.exporters import OTLPFileSpanExporter
        from otel_ops.span_record import SpanRecord
        exporter = OTLPFileSpanExporter(sys.argv[1])
        for number in range(3):
            exporter.export_records(
                [SpanRecord(trace_id="1" * 32, span_id="2" * 16, name=str(number), start_ns=0, end_ns=0)]
            )
        open(sys.argv[1], "ab").write(b'{"resourceSpans":[{"res')
        os.kill(os.getpid(), 9)
    """
    path = tmp_path / "spans.jsonl"
    for _ in range(2):
        subprocess.run([sys.executable, "-c", textwrap.dedent(program), path], check=False, timeout=60)
    source = SpanSource([path])

    assert ["0", "1", "2"] * 2 == [record.name for record in source]
    assert 2 == source.broken_count
