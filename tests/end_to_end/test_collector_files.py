"""``otel-ops collector files`` as a person uses it."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from otel_ops.collector.shipped import FILE_SETS, files_of, shipped
from tests.end_to_end.conftest import Command


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def ours(*names: str) -> dict[str, bytes]:
    return {file: shipped(file).read_bytes() for file in files_of(names)}


def test_sets_are_listed(otel_ops: Command) -> None:
    """Each with what it is for."""
    done = otel_ops("collector", "files")
    assert (0, "") == (done.returncode, done.stderr)
    assert set(FILE_SETS) <= {line.split(" ")[0] for line in done.stdout.splitlines()}


def test_files_of_sets_are_listed(otel_ops: Command) -> None:
    """Nothing is written."""
    done = otel_ops("collector", "files", "kubernetes", "jaeger")
    assert (0, files_of(["kubernetes", "jaeger"])) == (done.returncode, done.stdout.splitlines())


def test_files_are_copied_as_they_are(otel_ops: Command, tmp_path: Path) -> None:
    """All that a set needs, so that its paths hold; each is told."""
    done = otel_ops("collector", "files", *FILE_SETS, "--folder", "some/where")
    assert (0, "") == (done.returncode, done.stderr)
    assert ours(*FILE_SETS) == contents(tmp_path / "some" / "where")
    assert [f"some/where/{file}" for file in files_of(FILE_SETS)] == done.stdout.replace("\\", "/").splitlines()


def test_what_is_there_as_ours_is_no_obstacle(otel_ops: Command, tmp_path: Path) -> None:
    """A second time, and another set that shares files, go well."""
    for name in ("kubernetes", "kubernetes", "jaeger"):
        assert 0 == otel_ops("collector", "files", name, "--folder", "here").returncode
    assert ours("kubernetes", "jaeger") == contents(tmp_path / "here")


def test_nothing_of_somebodys_is_replaced_unless_forced(otel_ops: Command, tmp_path: Path) -> None:
    """All that is in the way is told, and nothing is written; with --force it is ours again."""
    for name in ("base.yaml", "kustomization.yaml"):
        (tmp_path / name).write_text("mine: 1\n", "utf-8")
    before = contents(tmp_path)
    done = otel_ops("collector", "files", "kubernetes", "--folder", tmp_path)
    assert (2, "", before) == (done.returncode, done.stdout, contents(tmp_path))
    assert [
        f"otel-ops: {tmp_path / 'kustomization.yaml'}: is there, and not as ours",
        f"otel-ops: {tmp_path / 'base.yaml'}: is there, and not as ours",
        "otel-ops: nothing was copied; name another --folder, or replace them with --force",
    ] == done.stderr.splitlines()
    assert 0 == otel_ops("collector", "files", "kubernetes", "--folder", tmp_path, "--force").returncode
    assert ours("kubernetes") == contents(tmp_path)


def test_nobody_needs_to_read_what_is_told(tmp_path: Path) -> None:
    """All is copied, also where the other end of the pipe is gone."""
    read, write = os.pipe()
    os.close(read)
    program = Path(sys.executable).with_name("otel-ops")
    command = [str(program), "collector", "files", "kubernetes", "--folder", str(tmp_path)]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, check=False, timeout=60)
    os.close(write)
    assert (141, b"", ours("kubernetes")) == (done.returncode, done.stderr, contents(tmp_path))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_others_can_read_copies(otel_ops: Command, tmp_path: Path) -> None:
    """A program in a container has another user; the folder that was named is as private as it was."""
    (tmp_path / "here").mkdir(mode=0o700)
    former = os.umask(0o077)
    try:
        assert 0 == otel_ops("collector", "files", "kubernetes", "--folder", "here").returncode
    finally:
        os.umask(former)
    modes = {name: stat.S_IMODE((tmp_path / "here" / name).stat().st_mode) for name in (".", "kubernetes", "base.yaml")}
    assert {".": 0o700, "kubernetes": 0o755, "base.yaml": 0o644} == modes


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nothing", "--folder", "here"], "nothing: no such set of files; use one of "),
        (["kubernets"], "kubernets: no such set of files; did you mean kubernetes?"),
        (["--folder", "here"], "--folder here: name what is to be copied there: "),
        (["jaeger", "--folder", "file"], "cannot be made: "),
        (["jaeger", "--folder", "taken"], "is there, and not as ours"),
        (["jaeger", "--folder", "taken", "--force"], "jaeger.yaml: cannot be written: "),
    ],
)
def test_what_cannot_be_done_is_told(otel_ops: Command, tmp_path: Path, arguments: list[str], told: str) -> None:
    """A line with the remedy, and 2; never a traceback."""
    (tmp_path / "file").write_text("", "utf-8")
    (tmp_path / "taken" / files_of(["jaeger"])[0]).mkdir(parents=True)
    done = otel_ops("collector", "files", *arguments)
    assert (2, "") == (done.returncode, done.stdout)
    assert told in done.stderr
    assert "Traceback" not in done.stderr
