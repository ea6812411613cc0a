"""The command on operation logs: converted with what is lost told, shown, and analyzed."""

import gzip
import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
from lxml import etree
from opentelemetry import trace as otel

from otel_ops import OperationContext, configure, operation
from otel_ops.cli.outcome import exit_code_of
from otel_ops.formatters import JSONFormatter, XMLFormatter, read_operation_log
from otel_ops.log_builder import logs_of
from otel_ops.operation_log import OperationLog
from otel_ops.otlp_json import encode_line
from otel_ops.otlp_json.reading import decode
from otel_ops.span_record import ScopeRecord, SpanRecord
from otel_ops.testing import Recorder, make_log
from tests.end_to_end.conftest import Command

SCOPE = ScopeRecord("otel_ops.standard")
LOG = make_log("fit", 0, 5, scope=SCOPE, attributes={"digest": b"\x00\xff", "rows": 600})


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """A trace file with a context, an operation that fails, a span of others, and a second trace."""
    path = tmp_path / "trace.jsonl"
    with Recorder():
        configure(trace_file=str(path), announce=False)
        with OperationContext("night run", user="ada", file="run1.csv"):
            with operation("good") as good, operation("inner"):
                good.set(rows=3, text="é\n\u2028")
            with otel.get_tracer("http.client").start_as_current_span("GET /", kind=otel.SpanKind.CLIENT):
                pass
            with pytest.raises(ValueError, match="row"), operation("bad"):
                raise ValueError("no such row")
        with operation("later"):
            pass
    return path


Convert = Callable[..., tuple[int, str]]


@pytest.fixture
def convert(capsys: pytest.CaptureFixture[str]) -> Convert:
    """Run the subcommand in this process; give its exit code and what it says on stderr."""

    def run(*arguments: object) -> tuple[int, str]:
        code = exit_code_of(["convert", *map(str, arguments)])
        return code, capsys.readouterr().err

    return run


def logs_in(path: Path) -> list[OperationLog]:
    """Read the logs of a file of lines."""
    return list(map(read_operation_log, path.read_bytes().splitlines()))


def lost(told: str) -> list[str]:
    """Give what is said not to be held."""
    return [line.partition(" does not hold: ")[2] for line in told.splitlines()]


def written(path: Path, *logs: OperationLog) -> Path:
    formatter = XMLFormatter() if path.suffix == ".xml" else JSONFormatter()
    path.write_text("".join(map(formatter.format_operation_log, logs)), encoding="utf-8")
    return path


def test_there_and_back(convert: Convert, trace: Path, tmp_path: Path) -> None:
    """From a trace to JSON, XML and OTLP, and back: the logs stay equal, the texts the same."""
    names = [
        "one.json",
        "two.xml",
        "three.jsonl",
        "four.otlp.jsonl",
        "five.xml",
        "six.json.gz",
        "seven.otlp.json.gz",
        "eight.json",
    ]
    source = trace
    for name in names:
        code, told = convert(source, tmp_path / name)
        assert (0, source == trace) == (code, bool(told)), told
        source = tmp_path / name
    assert logs_of(decode(trace.read_bytes()).spans) == logs_in(tmp_path / "one.json")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "three.jsonl").read_bytes()
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "eight.json").read_bytes()
    assert (tmp_path / "two.xml").read_bytes() == (tmp_path / "five.xml").read_bytes()
    assert (tmp_path / "one.json").read_bytes() == gzip.decompress((tmp_path / "six.json.gz").read_bytes())


def test_xml_is_one_element(convert: Convert, trace: Path, tmp_path: Path) -> None:
    """Several logs stand in one element, one is a document; both are well-formed and have the schema's form."""
    schema = etree.XMLSchema(etree.fromstring((files("otel_ops") / "schema" / "operation_log_v1.xsd").read_bytes()))
    convert(trace, tmp_path / "several.xml")
    convert(written(tmp_path / "log.json", LOG), tmp_path / "one.xml")
    (tmp_path / "empty.jsonl").touch()
    convert(tmp_path / "empty.jsonl", tmp_path / "none.xml")
    for name, tag, inside in [
        ("several", "operation_logs", 2),
        ("one", "operation_log", 1),
        ("none", "operation_logs", 0),
    ]:
        root = etree.parse(tmp_path / f"{name}.xml").getroot()
        schema.assertValid(root)
        assert (tag, inside) == (root.tag, len(root))


def test_what_logs_cannot_hold_of_spans_is_told(convert: Convert, trace: Path, tmp_path: Path) -> None:
    """A line for each field, with the number of spans."""
    code, told = convert(trace, tmp_path / "out.xml")
    assert (0, ["events of 1 span", "kind of 1 span"]) == (code, lost(told))


def test_what_spans_cannot_hold_of_logs_is_told(convert: Convert, tmp_path: Path) -> None:
    """So do fields of logs, with the number of operations; the rest is read back as it was."""
    twin = make_log("twin", 1, 2, scope=SCOPE, parent_id=LOG.span_id)
    log = make_log(
        "fit", 0, 5, twin, twin, scope=SCOPE, lost=3, partial=True, late_of="0a" * 8, unknown={"/colour": "red"},
        attributes={"big": 2**70}, start_ns=-1,
    )  # fmt: skip
    code, told = convert(written(tmp_path / "log.xml", log), tmp_path / "out.otlp.jsonl")
    assert 0 == code
    assert [
        "1 operation",
        "attributes of 1 operation",
        "late_of of 1 operation",
        "lost of 1 operation",
        "partial of 1 operation",
        "start_ns of 1 operation",
        "suboperations of 1 operation",
        "unknown of 1 operation",
    ] == lost(told)
    (read,) = logs_of(decode((tmp_path / "out.otlp.jsonl").read_bytes()).spans)
    assert ("fit", ["twin"]) == (read.name, [inside.name for inside in read.suboperations])


def test_operations_without_an_id_are_left_out_of_spans(convert: Convert, tmp_path: Path) -> None:
    """What would be unreadable is not written, and told."""
    log = make_log("fit", 0, 5, make_log("lost", 1, 2, span_id="0" * 16, scope=SCOPE), scope=SCOPE)
    code, told = convert(written(tmp_path / "log.json", log), tmp_path / "out.otlp.jsonl")
    assert (0, True) == (code, "does not hold: 1 operation\n" in told)
    spans, broken = decode((tmp_path / "out.otlp.jsonl").read_bytes())
    assert (["fit"], []) == ([span.name for span in spans], broken)


def test_nothing_is_lost_between_json_and_xml(convert: Convert, tmp_path: Path) -> None:
    """Not even what spans cannot hold, or what is unknown."""
    odd = {"\ud800": "\x00", "big": 2**70}
    log = make_log("fit", 0, 5, lost=3, attributes=odd, unknown={"/a": {"b": [1]}, "../generator": "tomorrow"})
    assert (0, "") == convert(written(tmp_path / "log.json", log), tmp_path / "log.xml")
    assert (0, "") == convert(tmp_path / "log.xml", tmp_path / "again.json")
    assert (tmp_path / "log.json").read_bytes() == (tmp_path / "again.json").read_bytes()


def test_spans_stay_as_they_are(convert: Convert, trace: Path, tmp_path: Path) -> None:
    """From OTLP to OTLP, however many, nothing is changed but the lines on which they stand."""
    spans = [
        SpanRecord("0a" * 16, f"{number:016x}", "a", 0, 1, kind=3, trace_state="a=1") for number in range(1, 1_201)
    ]
    (tmp_path / "spans.jsonl").write_bytes(b"".join(encode_line([span]) for span in spans))
    assert (0, "") == convert(tmp_path / "spans.jsonl", tmp_path / "out.jsonl", "--to", "otlp")
    lines = (tmp_path / "out.jsonl").read_bytes().splitlines()
    assert 3 == len(lines)
    assert spans == [span for line in lines for span in decode(line).spans]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["log.json"], "--to is missing, and stdout does not tell the format; say --to json, jsonl, xml, otlp"),
        (["log.json", "out.txt"], "--to is missing, and out.txt does not tell the format"),
        (["log.json", "out.xml", "--from", "otlp"], "log.json:1: is json, not otlp"),
        (["log.json", "out.xml", "--from", "xml"], "log.json:1: is json, not xml"),
        (["missing.json", "out.xml"], "missing.json: there is no such file"),
        (["other.html", "out.xml"], "other.html: seems to be XML or HTML"),
        (["newer.json", "out.xml"], "version=9"),
        (["log.json", "missing/out.xml"], "missing/out.xml: cannot be written: No such file or directory"),
        (["log.json", "folder", "--to", "xml"], "folder: cannot be written: Is a directory"),
        (["log.json", "\0.xml"], "is no path that can be written"),
    ],
)
def test_what_goes_wrong_is_told_in_one_line(
    convert: Convert, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], told: str
) -> None:
    """With exit code 2; the former file stays as it was, and nothing else is left behind."""
    monkeypatch.chdir(tmp_path)
    text = written(tmp_path / "log.json", LOG).read_text()
    (tmp_path / "newer.json").write_text(text.replace('"version":1', '"version":9'))
    (tmp_path / "other.html").write_text("<html></html>")
    (tmp_path / "out.xml").write_text("as before")
    (tmp_path / "folder").mkdir()
    before = sorted(tmp_path.iterdir())
    code, said = convert(*arguments)
    assert (2, 1) == (code, len(said.splitlines()))
    assert told in said
    assert ("as before", before) == ((tmp_path / "out.xml").read_text(), sorted(tmp_path.iterdir()))


def test_newer_versions_are_converted_where_that_is_asked_for(convert: Convert, tmp_path: Path) -> None:
    """--lenient reads them as far as they are understood."""
    text = written(tmp_path / "log.json", LOG).read_text()
    (tmp_path / "newer.json").write_text(text.replace('"version":1', '"version":9'))
    assert (0, "") == convert(tmp_path / "newer.json", tmp_path / "out.xml", "--lenient")
    assert LOG == read_operation_log((tmp_path / "out.xml").read_text())


def test_a_file_may_be_converted_into_itself(convert: Convert, tmp_path: Path) -> None:
    """Its name, mode, and those who point to it stay."""
    path = written(tmp_path / "log.json", LOG)
    path.chmod(0o640)
    (tmp_path / "link.json").symlink_to(path)
    assert (0, "") == convert(path, tmp_path / "link.json", "--to", "xml")
    assert LOG == read_operation_log(path.read_text())
    assert (0o640, True) == (path.stat().st_mode & 0o777, (tmp_path / "link.json").is_symlink())


def test_broken_documents_are_skipped_and_told(convert: Convert, tmp_path: Path) -> None:
    """The others are converted; the exit code is 0, as elsewhere."""
    path = written(tmp_path / "logs.json", LOG, LOG)
    path.write_text("{broken}\n" + path.read_text())
    code, told = convert(path, tmp_path / "out.json")
    assert (0, 1) == (code, len(told.splitlines()))
    assert told.startswith(f"otel-ops: skipped {path}:1: ")
    assert [LOG, LOG] == logs_in(tmp_path / "out.json")


def test_from_stdin_to_stdout(otel_ops: Command, trace: Path) -> None:
    """A dash, or no name, is what is piped; files are UTF-8, whatever the encoding of stdout."""
    done = otel_ops("convert", "-", "--to", "xml", stdin=trace.read_bytes(), PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert 0 == done.returncode
    assert "é" in done.stdout
    nothing = otel_ops("convert", "-", "--to", "xml", stdin=b"{}")
    assert (0, "<operation_logs>\n</operation_logs>\n") == (nothing.returncode, nothing.stdout)
    other = otel_ops("convert", "-", "--to", "xml", stdin=b"<html/>")
    assert (2, "") == (other.returncode, other.stdout)
    back = otel_ops("convert", "-", "-", "--to", "json", stdin=done.stdout.encode())
    assert (0, "") == (back.returncode, back.stderr)
    shown = otel_ops("show", trace, "--json")
    assert list(map(json.loads, shown.stdout.encode().splitlines())) == list(
        map(json.loads, back.stdout.encode().splitlines())
    )


@pytest.mark.parametrize("form", ["json", "xml", "otlp"])
def test_show_and_analyze_read_what_was_converted(
    convert: Convert, capsys: pytest.CaptureFixture[str], trace: Path, tmp_path: Path, form: str
) -> None:
    """Trees, tables and statistics are those of the trace itself."""
    convert(trace, tmp_path / "out", "--to", form)
    for arguments in (["show"], ["show", "--format", "table"], ["show", "--format", "xml"], ["analyze", "--json"]):
        outputs = []
        for path in (trace, tmp_path / "out"):
            assert 0 == exit_code_of([arguments[0], str(path), *arguments[1:]])
            outputs.append(capsys.readouterr().out)
        assert outputs[0] == outputs[1]


def test_show_tells_what_only_logs_have(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A log is shown as it was written, with the count of what was given up; and so is what is unknown, in JSON."""
    log = make_log("fit", 0, 5, scope=SCOPE, lost=3, unknown={"/colour": "red"})
    assert 0 == exit_code_of(["show", str(written(tmp_path / "log.xml", log)), "--json"])
    assert log == read_operation_log(capsys.readouterr().out)


def test_show_finds_a_trace_among_logs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """--trace chooses among logs, too."""
    path = written(tmp_path / "logs.json", LOG, make_log("plot", 5, 6, trace_id="0a" * 16))
    assert 0 == exit_code_of(["show", str(path), "--trace", "0A0A"])
    shown = capsys.readouterr().out
    assert ("plot" in shown, "fit" in shown) == (True, False)


def test_a_folder_of_traces_and_logs_shows_each_operation_once(otel_ops: Command, trace: Path) -> None:
    """What stands in a trace file and in operation logs of the same run is told once."""
    shown = otel_ops("show", trace)
    for form in ("json", "xml"):
        otel_ops("convert", trace, trace.with_name(f"logs.{form}"))
    analyzed = otel_ops("analyze", trace)
    assert shown.stdout == otel_ops("show", trace.parent).stdout
    assert analyzed.stdout == otel_ops("analyze", trace.parent).stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_is_told(convert: Convert, tmp_path: Path) -> None:
    """A device is written at once, and what it refuses is told."""
    logs = [make_log(f"step {number}", number, number + 1) for number in range(200)]
    expected = (2, "otel-ops: the output cannot be written: No space left on device\n")
    assert expected == convert(written(tmp_path / "logs.json", *logs), "/dev/full", "--to", "xml")


@pytest.mark.parametrize("broken", ['{"schema"', '{"schema":"otel_ops.operation_log","version":99}'])
def test_a_file_is_not_replaced_by_a_part_of_itself(convert: Convert, tmp_path: Path, broken: str) -> None:
    """What cannot be read would be lost, and so the file stays as it is; another one takes what can be read."""
    path = written(tmp_path / "logs.jsonl", LOG)
    path.write_text(f"{path.read_text()}{broken}\n{path.read_text()}")
    before = path.read_bytes()
    code, told = convert(path, path)

    assert (2, before) == (code, path.read_bytes())
    assert f"otel-ops: {path}: stays as it is, for what was skipped would be lost; name another file" in told
    assert "skipped" in told.splitlines()[0]
    assert 0 == convert(path, tmp_path / "other.jsonl")[0]
    assert [LOG, LOG] == logs_in(tmp_path / "other.jsonl")


@pytest.mark.parametrize("name", ["new.jsonl", "new.xml"])
def test_known_fields_of_a_newer_form_are_told(convert: Convert, tmp_path: Path, name: str) -> None:
    """Where a newer version has another type for a known field, it is read without, and what is lost is told."""
    document = json.loads(JSONFormatter().format_operation_log(LOG))
    document["version"] = 2
    document["operation"]["start_ns"] = {"exact": 1}
    (tmp_path / "newer.json").write_text(json.dumps(document))

    assert (0, ["unknown of 1 operation"]) == (
        (result := convert(tmp_path / "newer.json", tmp_path / name, "--lenient"))[0],
        lost(result[1]),
    )
