"""What makes and runs real back ends: nothing but what was pinned, nothing half made, nothing left behind."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.back_ends import cache, recipes
from tests.back_ends.answers import eventually
from tests.back_ends.recipes import RECIPES, JavaLibraries, NotMadeError
from tests.back_ends.server import NotServingError, Server, answers, free_ports

HTTP_SERVER = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1"]


class Copied:
    """A recipe that makes a file, or fails."""

    name = "opensearch"

    def __init__(self, fails: bool = False) -> None:
        self.fails = fails

    def __repr__(self) -> str:
        return "Copied"

    def check_tools(self) -> None:
        pass

    def make(self, folder: Path) -> None:
        (folder / "program").write_text("works", encoding="utf-8")
        if self.fails:
            raise NotMadeError("no disk")


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Use an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return cache.cache_folder()


def test_every_folder_of_sources_has_a_recipe() -> None:
    """There are no sources that nothing is made of."""
    assert {path.name for path in recipes.SOURCES.iterdir()} == {recipe.name for recipe in RECIPES}


def test_a_back_end_is_made_once(folder: Path) -> None:
    """What was made is known as long as its sources stay the same."""
    recipe = Copied()
    assert not cache.is_made(recipe)
    cache.make(recipe)
    assert cache.is_made(recipe)
    assert [folder / "opensearch"] == list(folder.iterdir())


def test_other_sources_are_made_again(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A changed file of the sources makes what is in the cache count as not made."""
    cache.make(Copied())
    changed = shutil.copytree(recipes.SOURCES, tmp_path / "sources")
    monkeypatch.setattr(recipes, "SOURCES", changed)
    assert cache.is_made(Copied())
    with (changed / "opensearch" / "SHA256SUMS").open("a", encoding="utf-8") as sums:
        sums.write("0" * 64 + "  another.jar\n")
    assert not cache.is_made(Copied())


def test_what_fails_leaves_the_old_one(folder: Path) -> None:
    """A build that fails leaves in place what was there."""
    cache.make(Copied())
    with pytest.raises(NotMadeError, match="no disk"):
        cache.make(Copied(fails=True))
    assert "works" == (folder / "opensearch" / "program").read_text(encoding="utf-8")
    assert cache.is_made(Copied())


def test_what_is_not_made_says_how(folder: Path) -> None:
    """Who asks for a back end that is not there is told the command, or what is missing to make it."""
    with pytest.raises(NotMadeError, match=r"jaeger is not made; run: make backends|Go is not on PATH"):
        cache.folder_of("jaeger")


def test_without_tools_the_rest_is_made(folder: Path) -> None:
    """Where neither Go nor Java is there, each back end is named, loudly, and that is no failure."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.back_ends"],
        env={**os.environ, "PATH": ""},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode
    assert [
        *("*** Go is not on PATH. TESTS WILL BE SKIPPED: all that need " + name + " ***" for name in GO_PROGRAMS),
        *(f"*** Maven (mvn) is not on PATH. TESTS WILL BE SKIPPED: all that need {name} ***" for name in LIBRARIES),
    ] == [line for line in done.stderr.splitlines() if line.startswith("***")]


LIBRARIES = ("opensearch", "jruby")
GO_PROGRAMS = ("otelcol-0.158", "otelcol-0.141", "jaeger", "prometheus", "grafana-schema")


@pytest.mark.parametrize("change", ["altered", "missing", "added"])
def test_libraries_are_held_to_their_checksums(change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that is another, missing, or not listed is refused by name."""
    (tmp_path / "mvn").write_text(FETCHED[change], encoding="utf-8")
    (tmp_path / "mvn").chmod(0o755)
    sources = tmp_path / "sources" / "opensearch"
    sources.mkdir(parents=True)
    (sources / "pom.xml").touch()
    (sources / "SHA256SUMS").write_text(f"{EMPTY}  a.jar\n", encoding="utf-8")
    monkeypatch.setattr(recipes, "SOURCES", sources.parent)
    monkeypatch.setattr(recipes, "java_home", lambda: tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(NotMadeError, match=r"not what SHA256SUMS tells: [ab]\.jar$"):
        JavaLibraries("opensearch").make(tmp_path)


EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
FETCHED = {
    "altered": "#!/bin/sh\nmkdir lib && echo altered > lib/a.jar\n",
    "missing": "#!/bin/sh\nmkdir lib\n",
    "added": "#!/bin/sh\nmkdir lib && : > lib/a.jar && : > lib/b.jar\n",
}


def test_a_server_is_there_in_its_block(tmp_path: Path) -> None:
    """It answers inside of the block, also after it was killed and started again, and is gone after it."""
    (port,) = free_ports(1)
    address = f"http://127.0.0.1:{port}/"
    with Server([*HTTP_SERVER, port], address, tmp_path / "log") as server:
        assert answers(address)
        server.kill()
        assert not answers(address)
        server.start()
        assert answers(address)
        pid = server.pid
    assert not answers(address)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="only setpriv, of Linux, has programs end with others")
def test_a_server_ends_with_who_started_it(tmp_path: Path) -> None:
    """Where the tests are killed, their back ends end."""
    (port,) = free_ports(1)
    address = f"http://127.0.0.1:{port}/"
    command = [sys.executable, "-c", STARTER, str(port), address, str(tmp_path / "log")]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        assert b"up\n" == starter.stdout.readline()
        starter.kill()
    assert not eventually(lambda: answers(address), lambda up: not up)


STARTER = """
import sys, time
from pathlib import Path
from tests.back_ends.server import Server
port, address, log = sys.argv[1:]
with Server([sys.executable, "-m", "http.server", "--bind", "127.0.0.1", port], address, Path(log)):
    print("up", flush=True)
    time.sleep(60)
"""


def test_a_server_that_ends_says_why(tmp_path: Path) -> None:
    """Where a back end ends at once, the error has its exit code and what it wrote."""
    with pytest.raises(NotServingError, match=r"(?s)ended with 1:.*No module named nothing_of_this_name"):
        Server([sys.executable, "-m", "nothing_of_this_name"], "http://127.0.0.1:9/", tmp_path / "log").start()


def test_free_ports_differ() -> None:
    """Ports that are asked for at once are different ones."""
    assert 50 == len(set(free_ports(50)))
