"""Formatters by name: ours, those of installed packages, and options that are checked against the signature."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from otel_ops import Detail
from otel_ops.exceptions import SettingsError
from otel_ops.formatters import (
    JSONFormatter,
    OutputFormatter,
    TableFormatter,
    TreeFormatter,
    XMLFormatter,
    formatter_named,
)
from otel_ops.operation_log import OperationLog
from otel_ops.testing import make_log

PLUG_INS = """
from otel_ops.formatters import OutputFormatter

class Lines(OutputFormatter):
    def __init__(self, *, mark: str, width: int = 80) -> None:
        if width < 0:
            raise ValueError("too narrow")
        self.mark = mark
    def format_operation_log(self, operation_log):
        return f"{self.mark} {operation_log.name}\\n"

def anything(**options):
    return Lines(mark=options.get("mark", "*"))

def nothing():
    return "text"

number = 7
"""


@pytest.fixture
def _plug_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install two distributions with formatters, by putting what installers write on the path."""
    (tmp_path / "plug_ins.py").write_text(PLUG_INS)
    (tmp_path / "plug_ins_broken.py").write_text("import a_module_that_is_nowhere")
    points = {
        "ops-lines": "lines = plug_ins:Lines\nanything = plug_ins:anything\nnothing = plug_ins:nothing\ntwice = a:b",
        "ops-broken": "broken = plug_ins_broken:X\nabsent = plug_ins:Absent\nnumber = plug_ins:number\n"
        "twice = c:d\ntree = plug_ins:Lines",
    }
    for name, text in points.items():
        folder = tmp_path / f"{name.replace('-', '_')}-1.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        (folder / "entry_points.txt").write_text(f"[otel_ops_formatter]\n{text}\n")
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("tree", TreeFormatter),
        ("table", TableFormatter),
        ("json", JSONFormatter),
        ("jsonl", JSONFormatter),
        ("xml", XMLFormatter),
    ],
)
def test_ours_have_names(name: str, kind: type[OutputFormatter]) -> None:
    """Of these, only XML is a whole document; JSON is one line in both of its names."""
    formatter = formatter_named(name)

    assert kind is type(formatter)
    assert (name == "xml") is formatter.is_document


def test_options_are_handed_on() -> None:
    """As their types say; a level may be named."""
    text = formatter_named("json", indent=2).format_operation_log(make_log("a", 0, 1))
    log = make_log("a", 0, 1, make_log("b", 0, 1, detail=Detail.DEBUG))

    assert text.startswith('{\n  "')
    assert formatter_named("json", indent=2).is_document
    assert "b" not in formatter_named("tree", detail="STANDARD").format_operation_log(log)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("tre", {}, "format = 'tre': no such format; did you mean tree? installed are tree, table, json, jsonl, xml"),
        ("json", {"indnt": 2}, "options.indnt = 2: no such option; did you mean indent? json takes indent"),
        ("json", {"indent": "2"}, "options.indent = '2': must be a whole number"),
        ("jsonl", {"indent": 2}, "options.indent = 2: no such option; jsonl takes none"),
        ("table", {"xyz": 2}, "options.xyz = 2: no such option; table takes by, detail, max_rows, page"),
        ("tree", {"detail": "LOUD"}, "options.detail = 'LOUD': no such level of detail; "),
        ("tree", {"max_rows": True}, "options.max_rows = True: must be a whole number"),
    ],
)
def test_what_cannot_be_made_is_told(name: str, options: dict[str, Any], message: str) -> None:
    """Key, value, and what there is."""
    with pytest.raises(SettingsError) as caught:
        formatter_named(name, **options)

    assert str(caught.value).startswith(message)


@pytest.mark.usefixtures("_plug_ins")
def test_installed_ones_have_names() -> None:
    """A class or a function that gives one; a name of ours stays ours."""
    log = make_log("fit", 0, 1)

    assert "- fit\n" == formatter_named("lines", mark="-").format_operation_log(log)
    assert "+ fit\n" == formatter_named("anything", mark="+", whatever=7).format_operation_log(log)
    assert TreeFormatter is type(formatter_named("tree"))


@pytest.mark.usefixtures("_plug_ins")
@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("broken", {}, "format = 'broken': plug_ins_broken:X of ops-broken cannot be imported: ModuleNotFoundError"),
        ("absent", {}, "format = 'absent': plug_ins:Absent of ops-broken cannot be imported: AttributeError"),
        ("number", {}, "format = 'number': plug_ins:number of ops-broken is a int, no class or function"),
        ("nothing", {}, "format = 'nothing': plug_ins:nothing of ops-lines is a str, no OutputFormatter; mend"),
        ("twice", {}, "format = 'twice': ops-broken and ops-lines both have a format of this name; uninstall one"),
        ("lines", {}, "options = {}: lines needs the option mark"),
        ("lines", {"marks": "-"}, "options.marks = '-': no such option; did you mean mark?"),
        ("lines", {"mark": "-", "width": -1}, "format = 'lines': cannot be made with these options: too narrow"),
        ("lines", {"mark": 7}, "options.mark = 7: must be text"),
        (
            "line",
            {},
            "format = 'line': no such format; did you mean lines? installed are tree, table, json, jsonl, xml, abs",
        ),
    ],
)
def test_a_broken_package_is_named(name: str, options: dict[str, Any], message: str) -> None:
    """The error says which distribution it is, and what is wrong with it."""
    with pytest.raises(SettingsError) as caught:
        formatter_named(name, **options)

    assert str(caught.value).startswith(message)


def test_a_class_whose_types_cannot_be_told_is_made_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that only type checkers know are no reason to refuse an option."""

    class Odd(OutputFormatter):
        def __init__(self, thing: Nowhere) -> None:  # type: ignore[name-defined] # noqa: F821 - that is the point
            self.thing = thing

        def format_operation_log(self, operation_log: OperationLog) -> str:
            return f"{self.thing}\n"

    monkeypatch.setattr(EntryPoint, "load", lambda point: Odd)

    assert "7\n" == formatter_named("tree", thing=7).format_operation_log(make_log("a", 0, 1))


@pytest.mark.parametrize("module", ["otel_ops.sdk", "otel_ops.formatters", "otel_ops.formatters.by_name"])
def test_formatters_are_imported_when_they_are_used(module: str) -> None:
    """Setting up loads neither rich nor a formatter that nobody asked for."""
    program = f"""
import sys, {module}
otel_ops = sys.modules["otel_ops"]
loaded = {{"rich", *(f"otel_ops.formatters.{{each}}" for each in ("tree", "table", "json", "xml"))}} & set(sys.modules)
sys.exit(f"loaded: {{loaded}}" if loaded else 0)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (0, "") == (done.returncode, done.stderr)
