"""Paths with placeholders: each log fills them in, and stays in the folder given."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from otel_ops.outputs import PathTemplate
from otel_ops.semconv import Kind
from otel_ops.span_record import ResourceRecord
from otel_ops.testing import make_log

HOSTILE = [
    "../" * 9 + "etc/passwd",
    "/etc/passwd",
    "\0",
    "x" * 5_000,
    "..",
    ".",
    "nul",
    "a\nb",
    "🦉" * 999,
    "\ud800",
    "",
]


def path_for(template: str, **fields: Any) -> str:
    """Fill a template in, in the folder /d."""
    return os.path.relpath(PathTemplate(f"/d/{template}").path_for(make_log("fit", 0, 1, **fields)), "/d")


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("{operation}-{outcome}.txt", "fit-ok.txt"),
        ("{trace}", "5b8efff798038103d269b633813fc60c"),
        ("{service}/{pid}", "kiln/PID"),
        ("{session}/{user}/{series}.json", "s1/ada/10 K_min~9816a1a9.json"),
        ("{meta.batch}.{meta.left.right}", "7.8"),
        ("{file}", "run1.csv"),
        ("{meta.unknown}", "none"),
        ("{meta.empty}", "none"),
        ("{{x}}.json", "{x}.json"),
    ],
)
def test_placeholders_are_filled_in(template: str, path: str) -> None:
    """They stand for what the log tells; what it does not tell is `none`."""
    context = {
        "session.id": "s1",
        "user.id": "ada",
        "file.path": "run1.csv",
        "ops.series": "10 K/min",
        "ops.meta.batch": 7,
        "ops.meta.left.right": 8,
        "ops.meta.empty": "",
    }
    path = path.replace("PID", str(os.getpid()))
    assert path == path_for(template, context=context, resource=ResourceRecord({"service.name": "kiln"}))


def test_date_and_time_are_those_of_the_start() -> None:
    """In local time; a start that no calendar has is `none`."""
    assert 10 + 1 + 6 == len(path_for("{date} {time}"))
    assert "none" == path_for("{date}", start_ns=10**40, end_ns=10**40)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{sesion}", r"no such placeholder as \{sesion\}; did you mean session\? there are date, time,"),
        ("{}", r"no such placeholder as \{\}; there are date"),
        ("{meta.}", r"no such placeholder as \{meta.\}; did you mean meta"),
        ("{meta.a!r}", r"no such placeholder as \{meta.a!r\}; "),
        ("{meta.a/../b}", r"no such placeholder as \{meta.a/../b\}; "),
        ("{user!r}", r"no such placeholder as \{user!r\}; did you mean user\?"),
        ("{pid:>9}", r"no such placeholder as \{pid:>9\}"),
        ("{user", "expected '}' before end of string; write a brace twice"),
    ],
)
def test_a_placeholder_that_does_not_exist_is_refused(template: str, message: str) -> None:
    """The nearest name and all that there are stand in the message."""
    with pytest.raises(ValueError, match=message):
        PathTemplate(template)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("template", ["{user}", "x/{user}/{meta.a}.json", ".{user}", "{user}{meta.a}"])
def test_hostile_values_stay_in_the_folder_and_can_be_written(tmp_path: Path, template: str, text: str) -> None:
    """A file can be made there, in the folder before the first placeholder, whatever a value holds."""
    path = PathTemplate(tmp_path / template).path_for(
        make_log("fit", 0, 1, context={"user.id": text, "ops.meta.a": text})
    )
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text("", encoding="utf-8")

    assert Path(os.path.realpath(path)).is_relative_to(tmp_path)
    assert path == os.path.normpath(path)


@given(st.text(), st.text())
@example("..", "..")
def test_no_values_lead_out(one: str, other: str) -> None:
    """The path has the folders that the template has, and none is `..`."""
    path = path_for("{user}/{meta.a}.json", context={"user.id": one, "ops.meta.a": other})
    parts = Path(path).parts

    assert 2 == len(parts)
    assert not {"..", "."} & set(parts)


def test_many_placeholders_in_one_name_are_no_trouble(tmp_path: Path) -> None:
    """A name that would be too long for the file system is cut, and keeps its suffix."""
    keys = ["user", "session", "series", "file", "operation"]
    template = PathTemplate(tmp_path / ("-".join(f"{{{key}}}" for key in keys) + ".json"))
    values = {"user.id": "u" * 99, "session.id": "s" * 99, "ops.series": "r" * 99, "file.path": "f" * 99}
    path = Path(template.path_for(make_log("n" * 99, 0, 1, context=values)))
    path.write_text("")

    assert ".json" == path.suffix


def test_a_symbolic_link_does_not_lead_out(tmp_path: Path) -> None:
    """One that somebody put into the folder is refused; the folder itself may be one."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "real").mkdir()
    (tmp_path / "logs").symlink_to("real")
    (tmp_path / "real" / "ada").symlink_to(tmp_path / "elsewhere")
    template = PathTemplate(tmp_path / "logs" / "{user}" / "a.json")

    with pytest.raises(OSError, match="a symbolic link leads out of"):
        template.path_for(make_log("fit", 0, 1, context={"user.id": "ada"}))
    assert str(tmp_path / "logs" / "bob" / "a.json") == template.path_for(
        make_log("fit", 0, 1, context={"user.id": "bob"})
    )


def test_a_template_says_what_it_is() -> None:
    """With braces and placeholders, and where it is."""
    template = PathTemplate("/d/{{x}}/../{user}.json")

    assert ("/d/{user}.json", None, False) == (str(template), template.path, template.is_fixed)
    assert ("/d/{x}", True) == (PathTemplate("/d/{{x}}").path, PathTemplate("/d/{{x}}").is_fixed)


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({}, "MainThread-PID.json"),
        ({"attributes": {"thread.id": 7, "thread.name": "reader/1"}}, "reader_1~06831b4d-PID.json"),
        ({"process_root": True, "attributes": {"process.pid": 4242}}, "MainThread-4242.json"),
        ({"kind": Kind.SUBOPERATION, "late_of": "0c" * 8}, "none-PID.json"),
    ],
)
def test_thread_and_process(fields: dict[str, Any], path: str) -> None:
    """What stands on no span is the main thread and this process; what ends late may have run anywhere."""
    assert path.replace("PID", str(os.getpid())) == path_for("{thread}-{process}.json", **fields)


def test_threads_that_share_a_name_share_no_file() -> None:
    """The first one has the name alone, the others with their identifier."""
    names = [path_for("{thread}", attributes={"thread.id": number, "thread.name": "twin"}) for number in (8, 9, 8)]

    assert ["twin", "twin-9", "twin"] == names
