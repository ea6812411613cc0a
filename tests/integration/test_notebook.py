"""``%load_ext otel_ops`` in a real kernel: cells that are operations, with their trees below them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

PROGRAM = "def fit(x):\n    return _half(x)\n\ndef _half(x):\n    return x / 2\n"
SETTINGS = 'operations = ["program:*", { target = "program:_half", detail = "DEBUG" }]\nannounce = false\n'

CELLS = {
    "load": "%load_ext otel_ops\nfrom otel_ops import OperationContext, operation\nimport asyncio, program",
    "plain": "program.fit(1)",
    "value": "%%operation\nx = program.fit(2)\nx + 1",
    "names": "x, _, Out[3] == _",
    "silent": "%%operation quietly\nprogram.fit(3);",
    "named": "%%operation fit series --detail DEBUG\nprogram.fit(4)",
    "printed": "%%operation\nprint('hello')\nwith OperationContext('run', user='ada'), operation('step'):\n    pass",
    "failed": "%%operation\n\nprogram.fit('a')",
    "awaited": "%%operation\nasync def wait(): return operation('inner')(len)([1])\nawait wait()",
    "magics": "%%operation\n%matplotlib --list\ntext = '''\na\n  b'''\n!echo shell\ntext",
    "empty": "%%operation nothing at all",
    "unknown": "%%operation --detail LOUD\n1",
    "quotes": "%%operation it's\n1",
    "syntax": "%%operation\nif:",
    "again": "%%operation\nprogram.fit(6)",
    "session": "%%operation\nOperationContext.current().values['session.id']",
    "same session": "%%operation\nOperationContext.current().values['session.id']",
    "outer": "%%operation outer\nprogram.fit(7)\nget_ipython().run_cell('%%operation inner\\nprogram.fit(8);');",
    "unload": "%unload_ext otel_ops\nhasattr(get_ipython(), 'otel_ops_cells'), hasattr(program.fit, '__wrapped__')",
    "unloaded": "%%operation\n1",
    "wrong": "%env OTEL_OPS_DETAIL=LOUD\n%load_ext otel_ops",
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """Run all cells in one kernel; give what stands below each."""
    folder = tmp_path_factory.mktemp("notebook")
    (folder / "program.py").write_text(PROGRAM, encoding="utf-8")
    (folder / "otel_ops.toml").write_text(SETTINGS, encoding="utf-8")
    v4: Any = nbformat.v4
    book = v4.new_notebook(cells=[v4.new_code_cell(text) for text in CELLS.values()])
    NotebookClient(book, timeout=60, allow_errors=True, resources={"metadata": {"path": str(folder)}}).execute()
    return dict(zip(CELLS, [cell.outputs for cell in book.cells], strict=True))


def tree(output: Any) -> list[str]:
    """Give the lines of a tree, without colours, durations and bars."""
    text = re.sub(r"\x1b\[[\d;]*m", "", output["data"]["text/plain"])
    return [re.sub(r" +[\d.]+ [mµn]?s\b.*", "", line).rstrip() for line in text.splitlines()]


def values(outputs: list[Any]) -> list[str]:
    """Give the values that cells have shown."""
    return [output["data"]["text/plain"] for output in outputs if output["output_type"] == "execute_result"]


def told(outputs: list[Any]) -> str:
    """Give what was printed."""
    return "".join(output["text"] for output in outputs if output["output_type"] == "stream")


def test_other_cells_are_as_ever(outputs: dict[str, list[Any]]) -> None:
    """Loading the extension says nothing, and cells without the magic have no tree."""
    assert [] == outputs["load"]
    assert (1, ["0.5"]) == (len(outputs["plain"]), values(outputs["plain"]))


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("value", ["cell 3", "└─ fit"]),
        ("silent", ["quietly", "└─ fit"]),
        ("named", ["fit series", "└─ fit", "   └─ _half"]),
        ("printed", ["cell 7", "└─ run  user=ada", "   └─ step"]),
        (
            "failed",
            [
                "✗ cell 8  TypeError from _half",
                "└─ ✗ fit",
                "      TypeError: unsupported operand type(s) for /: 'str' and 'int' (began in _half)",
            ],
        ),
        ("awaited", ["cell 9", "└─ inner"]),
        ("magics", ["cell 10"]),
        ("empty", ["nothing at all"]),
        ("again", ["cell 15", "└─ fit"]),
    ],
)
def test_the_tree_stands_below_the_cell(outputs: dict[str, list[Any]], cell: str, expected: list[str]) -> None:
    """The operation has the name or the number of the cell; in it stands what ran, at the level asked for."""
    (shown,) = [output for output in outputs[cell] if output["output_type"] == "display_data"]

    assert expected == tree(shown)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("value", ["2.0"]),
        ("names", ["(1.0, 2.0, True)"]),
        ("silent", []),
        ("awaited", ["1"]),
        ("magics", ["'\\na\\n  b'"]),
        ("empty", []),
        ("unload", ["(False, False)"]),
    ],
)
def test_the_value_of_the_last_line_is_shown(outputs: dict[str, list[Any]], cell: str, expected: list[str]) -> None:
    """It is the cell's, as without the magic: a name that is set, `_`, a semicolon, `await`, text of several lines."""
    assert expected == values(outputs[cell])


def test_a_cell_that_runs_another_one_has_its_tree_too(outputs: dict[str, list[Any]]) -> None:
    """The one that is run is shown when it ends, and in the tree of the one that ran it."""
    shown = [tree(output) for output in outputs["outer"] if output["output_type"] == "display_data"]
    inner = ["├─ fit", "└─ inner", "   └─ fit"]
    assert [["inner", "└─ fit"], ["outer", *inner]] == shown


def test_what_a_cell_prints_stays(outputs: dict[str, list[Any]]) -> None:
    """Output, magics and shell commands are as ever."""
    assert "hello\n" == told(outputs["printed"])
    assert "shell" in told(outputs["magics"])


def test_errors_are_shown_as_ever(outputs: dict[str, list[Any]]) -> None:
    """The exception is the cell's own, with the line of the cell; so is an error of syntax."""
    failed, syntax = outputs["failed"][-1], outputs["syntax"][-1]
    plain = re.sub(r"\x1b\[[\d;]*m", "", "".join(failed["traceback"]))

    assert ("TypeError", "SyntaxError") == (failed["ename"], syntax["ename"])
    assert "----> 3 program.fit('a')" in plain
    assert "notebook.py" not in plain
    assert "line 2" in syntax["evalue"]


def test_one_kernel_is_one_session(outputs: dict[str, list[Any]]) -> None:
    """Operations of all cells have the same session."""
    assert values(outputs["session"]) == values(outputs["same session"]) != []


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("unknown", "UsageError: %%operation [name] [--detail LEVEL]: 'LOUD' is no level of detail"),
        ("quotes", "UsageError: %%operation [name] [--detail LEVEL]: No closing quotation"),
        ("unloaded", "UsageError: Cell magic `%%operation` not found."),
        ("wrong", "UsageError: detail = 'LOUD' (environment variable OTEL_OPS_DETAIL): no such level of detail"),
    ],
)
def test_mistakes_are_one_line(outputs: dict[str, list[Any]], cell: str, expected: str) -> None:
    """They are told as IPython tells of its own."""
    assert expected in told(outputs[cell])


def test_a_shell_in_a_terminal(tmp_path: Path) -> None:
    """The same works in IPython, without a notebook; the magic is known to its help, and can be called by its name."""
    script = (
        "%load_ext otel_ops\n%%operation\n1 + 1\n\n\nget_ipython().run_cell_magic('operation', 'by name', '2 + 2')\n"
    )
    command = [sys.executable, "-m", "IPython", "--simple-prompt", "--no-banner", "--colors=NoColor", "--quick"]

    done = subprocess.run(command, cwd=tmp_path, input=script, capture_output=True, text=True, timeout=60, check=False)

    assert re.search(r"Out\[2\]: 2\n.*cell 2 ", done.stdout, re.DOTALL), done.stdout + done.stderr
    assert re.search(r"4\n.*by name ", done.stdout, re.DOTALL), done.stdout + done.stderr
