"""Names of files made from any text: they stay in their folder, are short, and tell texts apart."""

from __future__ import annotations

from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from otel_ops.outputs.file_names import MARK, MAX_NAME, MAX_VALUE, bounded_name, safe_name

TEXTS = st.text(st.characters(), min_size=1)
DEVICES = {"con", "prn", "aux", "nul", *(f"{kind}{number}" for kind in ("com", "lpt") for number in range(10))}


@pytest.mark.parametrize("text", ["cryostat-2.1 (old)", "Kälte", "名前", "a=b,c+d@e_f", "run1.csv"])
def test_a_name_that_is_safe_stays(text: str) -> None:
    """What may stand in a name everywhere is not touched."""
    assert text == safe_name(text)


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        ("a/b\\c:d\0", "a_b_c_d_"),
        ("..", "__"),
        ("../x", "___x"),
        ("/etc/passwd", "_etc_passwd"),
        ("nul.txt", "_nul.txt"),
        ("COM1", "_COM1"),
        ("a. ", "a__"),
        ("~1", "_1"),
        ("\udc80", "_"),
    ],
)
def test_what_was_changed_is_marked(text: str, beginning: str) -> None:
    """What leads elsewhere, or stands in no name on some system, becomes `_`, with a hash behind it."""
    name, mark, digest = safe_name(text).rpartition(MARK)

    assert (beginning, MARK, 8) == (name, mark, len(digest))


@given(TEXTS)
@example("../" * 20)
@example("x" * 5_000)
@example("🦉" * 2_000)
@example("con")
@example("\0")
def test_no_text_leads_out_of_a_folder(text: str) -> None:
    """Whatever the text, it names something directly in the folder, here and on Windows."""
    name = safe_name(text)

    assert Path("/folder") == Path("/folder", name).parent
    assert ("folder", name) == PureWindowsPath("folder", name).parts
    assert name.partition(".")[0].strip().lower() not in DEVICES
    assert 0 < len(name.encode()) <= MAX_VALUE


@given(TEXTS, TEXTS)
@example("a/b", "a_b")
@example("x" * 5_000, "x" * 5_001)
def test_two_texts_have_two_names(one: str, other: str) -> None:
    """Values that become alike are told apart by their hash."""
    assert (one == other) == (safe_name(one) == safe_name(other))


@pytest.mark.parametrize("suffix", ["", ".json", ".tar.gz"])
def test_a_long_name_is_cut_and_keeps_its_suffix(suffix: str) -> None:
    """Names fit into what file systems take; others that begin alike are other names."""
    name = bounded_name("ä" * 300 + suffix)

    assert len(name.encode()) <= MAX_NAME
    assert name.endswith(suffix)
    assert name != bounded_name("ä" * 301 + suffix)
    assert "short.json" == bounded_name("short.json")
