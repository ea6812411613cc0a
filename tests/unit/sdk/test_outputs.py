"""The outputs that are asked for: one writer for each file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from otel_ops.exceptions import SettingsError
from otel_ops.exporters import OTLPFileSpanExporter
from otel_ops.formatters import FormattedSpanExporter, TreeFormatter
from otel_ops.sdk.outputs import keep_apart


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
        (("a", "{session}.json", "./{session}.json"), "outputs[0] and outputs[1]"),
    ],
)
def test_two_writers_of_one_file_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, paths: tuple[str, ...], keys: str
) -> None:
    """The error names both keys, however the path is written, and whatever fills it in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to("a")
    with pytest.raises(SettingsError, match=r"give each a path of its own") as caught:
        keep_apart(writers(*paths))

    assert str(caught.value).startswith(f"{keys} write to one file, ")


def test_what_is_no_file_may_be_shared() -> None:
    """Streams, loggers and devices take what several write; so do templates that differ."""
    keep_apart(writers("/dev/null", "/dev/null", "stderr", "stderr", "logger:a", "logger:a", "{user}", "{file}"))


def test_a_pipe_behind_a_link_may_be_shared() -> None:
    """``/dev/stdout`` and its like lead to pipes that have no path."""
    reading, writing = os.pipe()
    path = f"/dev/fd/{writing}"
    keep_apart(writers(path, path, path))
    os.close(reading)
    os.close(writing)


@pytest.mark.parametrize("name", ["n" * 300, "loop"])
def test_paths_that_cannot_be_are_told_when_they_are_written_to(tmp_path: Path, name: str) -> None:
    """A name that is too long, or a link to itself, is no fault of the settings; two of them still are one file."""
    (tmp_path / "loop").symlink_to("loop")
    keep_apart(writers(str(tmp_path / "a"), str(tmp_path / name)))
    with pytest.raises(SettingsError, match="write to one file"):
        keep_apart(writers(str(tmp_path / "a"), str(tmp_path / name), str(tmp_path / name)))
