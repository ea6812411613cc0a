"""Files that logs fill in: which output writes which, and what is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from otel_ops.outputs import Claims, FilePlace, FileRules, PathTemplate, place_of
from otel_ops.outputs.place import Place
from otel_ops.testing import make_log


def place(template: Path, mode: str, claims: Claims) -> Place:
    """Make a place of this mode."""
    return FilePlace(PathTemplate(template), FileRules(mode), claims)  # type: ignore[arg-type] # one of two


@pytest.mark.parametrize(("modes", "refused"), [(("append", "append"), False), (("append", "replace"), True)])
def test_outputs_that_meet_do_each_other_no_harm(tmp_path: Path, modes: tuple[str, str], refused: bool) -> None:
    """Two that append both write whole lines; where one replaces, the file is the first one's."""
    claims, log = Claims(), make_log("a", 0, 1, context={"user.id": "a"})
    place(tmp_path / "{user}", modes[0], claims).write("one\n", log)
    other = place(tmp_path / "{operation}", modes[1], claims)
    if refused:
        with pytest.raises(FileExistsError, match=r"is written by another output, which appends to .*\{user\}; give"):
            other.write("two\n", log)
    else:
        other.write("two\n", log)

    assert ("one\n" if refused else "one\ntwo\n") == (tmp_path / "a").read_text()


def test_devices_are_nobodys() -> None:
    """What is only written to belongs to no output, whatever the mode."""
    claims, log = Claims(), make_log("null", 0, 1)
    for template, mode in (("/dev/null", "append"), ("/dev/null", "replace"), ("/dev/{operation}", "append")):
        place(Path(template), mode, claims).write("text\n", log)


def test_the_same_output_made_anew_goes_on(tmp_path: Path) -> None:
    """A second place of the same template and claims is the same writer."""
    claims, log = Claims(), make_log("a", 0, 1)
    for text in ("one\n", "two\n"):
        place(tmp_path / "{operation}", "replace", claims).write(text, log)

    assert "two\n" == (tmp_path / "a").read_text()


def test_what_utf_8_cannot_carry_costs_no_log(tmp_path: Path) -> None:
    """A lone surrogate stands as its escape."""
    place_of(tmp_path / "a").write("\ud800\n", make_log("a", 0, 1))

    assert "\\ud800\n" == (tmp_path / "a").read_text()


def test_many_files_are_no_trouble(tmp_path: Path) -> None:
    """None is held open, and what is remembered of them has a bound."""
    claims = Claims()
    for number in range(5_000):
        claims.claim(f"/{number}", "append", PathTemplate("/{user}"))

    assert len(claims._claims) <= 2_000
