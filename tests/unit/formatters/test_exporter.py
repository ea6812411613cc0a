"""Formatters behind span processors: where their text goes, and what happens when it cannot."""

import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter, SpanExportResult

from otel_ops import Detail, diagnostics
from otel_ops.formatters import FormattedSpanExporter, OutputFormatter, Page, TreeFormatter, page_of
from otel_ops.operation_log import OperationLog
from otel_ops.testing import FreshProcess
from tests.logs import report


class Names(OutputFormatter):
    """The names of a log, the outer ones first."""

    def format_operation_log(self, operation_log: OperationLog) -> str:
        return ">".join(log.name for log in operation_log.walk()) + "\n"


class Broken(OutputFormatter):
    """Cannot format anything."""

    def format_operation_log(self, operation_log: OperationLog) -> str:
        raise LookupError(operation_log.name)


def run_spans(exporter: SpanExporter, *, batch: bool = False) -> None:
    """Make spans of somebody else's, one inside the other, with a provider of their own."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter) if batch else SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("somebody")
    with tracer.start_as_current_span("outer"), tracer.start_as_current_span("inner"):
        pass
    provider.shutdown()


@pytest.mark.parametrize("batch", [False, True])
def test_whole_trees_are_written_behind_any_processor(batch: bool) -> None:
    """Spans come children first, one by one or in batches; the text has the whole tree, once."""
    texts: list[str] = []
    run_spans(FormattedSpanExporter(Names(), texts.append), batch=batch)
    assert ["outer>inner\n"] == texts


def test_a_path_is_appended_to(tmp_path: Path) -> None:
    """A file and its folders are made where they are missing, and what was there stays."""
    path = tmp_path / "logs" / "names.txt"
    for _ in range(2):
        run_spans(FormattedSpanExporter(Names(), path))
    assert "outer>inner\nouter>inner\n" == path.read_text(encoding="utf-8")


def test_a_path_stays_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path does not follow the program into other folders."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    exporter = FormattedSpanExporter(Names(), "names.txt")
    monkeypatch.chdir(tmp_path / "elsewhere")
    exporter.write(report())
    assert (tmp_path / "names.txt").exists()


def test_what_is_no_text_is_written_nowhere(tmp_path: Path) -> None:
    """A formatter that gives something else fails, whatever the output would make of it."""

    class Numbers(OutputFormatter):
        def format_operation_log(self, operation_log: OperationLog) -> str:
            return 7  # type: ignore[return-value] # that is the point

    got: list[str] = []
    for output in (got.append, io.StringIO(), tmp_path / "numbers.txt"):
        with pytest.raises(TypeError, match="Numbers gave int instead of text"):
            FormattedSpanExporter(Numbers(), output).write(report())
    assert ([], False) == (got, (tmp_path / "numbers.txt").exists())


def test_spans_that_an_output_makes_are_left_out() -> None:
    """An output that runs spans of the provider that it is attached to is not called again by them."""
    provider = TracerProvider(shutdown_on_exit=False)
    texts: list[str] = []

    def tell(text: str) -> None:
        texts.append(text)
        provider.get_tracer("output").start_span("telling").end()

    provider.add_span_processor(SimpleSpanProcessor(FormattedSpanExporter(Names(), tell)))
    provider.get_tracer("somebody").start_span("a").end()
    assert ["a\n"] == texts


@pytest.mark.parametrize("name", ["stderr", "stdout"])
def test_standard_streams_are_found_when_they_are_written_to(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that was put in the place of sys.stderr or sys.stdout later on is the one that is written to."""
    exporter = FormattedSpanExporter(Names(), name)
    stream = io.StringIO()
    monkeypatch.setattr(sys, name, stream)
    exporter.write(report())
    assert "report>load>GET /fit>fit>step\n" == stream.getvalue()


def test_the_level_of_an_output_prunes_its_copy() -> None:
    """An output at MINIMAL shows the operation and its failures only."""
    texts: list[str] = []
    FormattedSpanExporter(Names(), texts.append, detail=Detail.MINIMAL).write(report())
    assert ["report>fit>step\n"] == texts


@pytest.mark.parametrize("stream", [None, "closed"])
def test_a_stream_that_is_gone_is_counted(
    stream: str | None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a stderr, or with a closed one, nothing is raised."""
    gone = io.StringIO()
    gone.close()
    monkeypatch.setattr(sys, "stderr", None if stream is None else gone)
    FormattedSpanExporter(Names()).write(report())
    assert {"output.closed": 1} == diagnostics()
    assert "output Names to stderr is closed; left out: the log of operation 'report'" in caplog.text


def test_a_formatter_that_raises_is_a_failed_export(caplog: pytest.LogCaptureFixture) -> None:
    """The exporter answers FAILURE, counts it, and names the formatter; the processor that calls it goes on."""
    results: list[SpanExportResult] = []

    class Watching(FormattedSpanExporter):
        def export(self, spans: object) -> SpanExportResult:
            results.append(super().export(spans))  # type: ignore[arg-type] # passed on as it comes
            return results[-1]

    with FreshProcess(faults="counted") as process:
        run_spans(Watching(Broken(), print))
    assert [SpanExportResult.SUCCESS, SpanExportResult.FAILURE] == results
    assert {"output.failed": 1} == process.diagnostics
    assert "left out: the log of operation 'outer'. Your program goes on" in caplog.text


def test_an_exporter_says_what_it_is(tmp_path: Path) -> None:
    """Messages name its formatter and, where it has a name, what it writes to."""
    outputs = ("stdout", tmp_path / "a.txt", io.StringIO())
    assert [
        "Names to stdout",
        f"Names to {tmp_path / 'a.txt'}",
        "Names",
    ] == [repr(FormattedSpanExporter(Names(), output)) for output in outputs]


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("make", "environment", "page"),
    [
        (io.StringIO, {}, Page(100, color=False)),
        (io.StringIO, {"COLUMNS": "70", "FORCE_COLOR": "1"}, Page(70, color=True)),
        (Terminal, {"COLUMNS": "70"}, Page(70, color=True)),
        (Terminal, {"COLUMNS": "70", "NO_COLOR": "1"}, Page(70, color=False)),
    ],
)
def test_pages_fit_their_streams(
    make: Callable[[], io.StringIO], environment: dict[str, str], page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Colour on terminals and where it is forced, unless it is switched off; the width that the environment says."""
    for name in ("COLUMNS", "FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert page == page_of(make())


def test_a_stream_that_writes_ascii_only_gets_ascii(tmp_path: Path) -> None:
    """Lines are drawn with what the stream's encoding has."""
    with (tmp_path / "out.txt").open("w", encoding="ascii") as stream:
        FormattedSpanExporter(TreeFormatter(), stream).write(report())
    assert "`- x step" in (tmp_path / "out.txt").read_text(encoding="ascii")


def test_a_log_behind_a_line_that_was_cut_begins_a_new_one(tmp_path: Path) -> None:
    """What a crash or a full disk has left of a line ruins no other."""
    path = tmp_path / "a.txt"
    path.write_text("cut")
    run_spans(FormattedSpanExporter(Names(), path))

    assert "cut\nouter>inner\n" == path.read_text()
