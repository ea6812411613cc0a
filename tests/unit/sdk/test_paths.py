"""Paths that are written to: names that stay in their folder, and one writer for each file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_ops.exceptions import SettingsError
from otel_ops.exporters import OTLPFileSpanExporter
from otel_ops.formatters import FormattedSpanExporter, TreeFormatter
from otel_ops.sdk.paths import file_name, keep_apart


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("cryostat-2.1 (old)", "cryostat-2.1 (old)"),
        ("Kälte", "Kälte"),
        ("a/b\\c:d\0", "a_b_c_d_"),
        ("..", "__"),
        ("../x", "___x"),
    ],
)
def test_a_service_becomes_a_part_of_a_name(text: str, name: str) -> None:
    """What may stand in a name stays; the rest becomes `_`."""
    assert name == file_name(text)


@given(st.text(min_size=1))
def test_no_text_leads_out_of_a_folder(text: str) -> None:
    """Whatever the text, it names something directly in the folder."""
    assert Path("/folder") == Path("/folder", file_name(text)).parent
    assert ".." != file_name(text)


def writers(*paths: str) -> list[tuple[str, object]]:
    """Name an exporter for each path: one of spans first, then outputs."""
    outputs = [FormattedSpanExporter(TreeFormatter(), path) for path in paths[1:]]
    return [
        ("trace_file", OTLPFileSpanExporter(paths[0])),
        *((f"outputs[{n}]", made) for n, made in enumerate(outputs)),
    ]


@pytest.mark.parametrize(
    ("paths", "keys"),
    [
        (("a", "b", "a"), "trace_file and outputs[1]"),
        (("a", "b", "./x/../b"), "outputs[0] and outputs[1]"),
        (("a", "link"), "trace_file and outputs[0]"),
    ],
)
def test_two_writers_of_one_file_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, paths: tuple[str, ...], keys: str
) -> None:
    """The error names both keys, however the path is written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to("a")
    with pytest.raises(SettingsError, match=r"give each a path of its own") as caught:
        keep_apart(writers(*paths))

    assert str(caught.value).startswith(f"{keys} write to one file, ")


def test_what_is_no_file_may_be_shared() -> None:
    """Streams and devices take what several write."""
    keep_apart(writers("/dev/null", "/dev/null", "stderr", "stderr"))
