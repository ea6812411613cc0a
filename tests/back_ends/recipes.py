"""What each back end is made from: folders of ``sources``, which pin every version and checksum."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tests.back_ends.java import java_home

SOURCES = Path(__file__).parent / "sources"
SECONDS = 3_600
"""Longest time of one command: an empty cache of modules, on one slow core."""


class NotMadeError(Exception):
    """A back end cannot be made here; the text says what is missing or went wrong."""


class MissingToolError(NotMadeError):
    """What makes or runs a back end is not on this machine."""


class Recipe(Protocol):
    """How a back end is made. What it prints as tells all that is not in its sources."""

    @property
    def name(self) -> str:
        """Name of the folder of sources, and of the one in the cache."""

    def check_tools(self) -> None:
        """Raise `MissingToolError` where this machine cannot make it."""

    def make(self, folder: Path) -> None:
        """Make it into a folder, or raise `NotMadeError`."""


@dataclass(frozen=True)
class GoPrograms:
    """Programs that Go builds in a folder of sources.

    Attributes:
        name: Name of the folders.
        packages: The package of each program, by the program's name.
        tags: Build tags.
    """

    name: str
    packages: Mapping[str, str] = field(hash=False)
    tags: str = ""

    def check_tools(self) -> None:
        """Raise `MissingToolError` where there is no Go."""
        if shutil.which("go") is None:
            raise MissingToolError("Go is not on PATH")

    def make(self, folder: Path) -> None:
        """Build the programs into a folder."""
        self.check_tools()
        for program, package in self.packages.items():
            _run(
                *(
                    "go",
                    "build",
                    "-mod=readonly",
                    "-trimpath",
                    "-buildvcs=false",
                    "-ldflags=-s -w",
                    f"-tags={self.tags}",
                ),
                *("-o", str(folder / program), package),
                cwd=SOURCES / self.name,
                GOTOOLCHAIN="local",
                GOWORK="off",
                CGO_ENABLED="0",
            )


@dataclass(frozen=True)
class JavaLibraries:
    """Libraries that Maven fetches, held to the checksums that stand beside its ``pom.xml``."""

    name: str

    def check_tools(self) -> None:
        """Raise `MissingToolError` where there is no Maven, or no Java that is new enough."""
        if shutil.which("mvn") is None:
            raise MissingToolError("Maven (mvn) is not on PATH")
        if java_home() is None:
            raise MissingToolError("no Java of version 21 or newer was found; set JAVA_HOME")

    def make(self, folder: Path) -> None:
        """Fetch the libraries into a folder."""
        self.check_tools()
        sources = SOURCES / self.name
        _run(
            *("mvn", "--quiet", "--batch-mode", "--file", str(sources / "pom.xml")),
            *("dependency:copy-dependencies", f"-DoutputDirectory={folder / 'lib'}"),
            cwd=folder,
            JAVA_HOME=str(java_home()),
        )
        _compare(folder / "lib", (sources / "SHA256SUMS").read_text(encoding="utf-8"))


RECIPES: tuple[Recipe, ...] = (
    GoPrograms("otelcol-0.158", {"otelcol": "."}, tags="grpcnotrace"),
    GoPrograms("otelcol-0.141", {"otelcol": "."}, tags="grpcnotrace"),
    GoPrograms("jaeger", {"jaeger": "github.com/jaegertracing/jaeger/cmd/jaeger"}),
    GoPrograms(
        "prometheus",
        {name: f"github.com/prometheus/prometheus/cmd/{name}" for name in ("prometheus", "promtool")},
        tags="remove_all_sd,builtinassets_no",
    ),
    GoPrograms("grafana-schema", {"grafana-schema": "."}),
    JavaLibraries("opensearch"),
    JavaLibraries("jruby"),
)
"""All of them, in the order in which they are made."""


def digest_of(recipe: Recipe) -> str:
    """Give the digest of all that a back end is made from."""
    digest = hashlib.sha256(repr(recipe).encode())
    for path in sorted((SOURCES / recipe.name).iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _run(*command: str, cwd: Path, **environment: str) -> None:
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()[-20:]
        raise NotMadeError("\n".join([f"{' '.join(command)} ended with {done.returncode}", *said]))


def _compare(folder: Path, sums: str) -> None:
    expected = {name: digest for digest, name in map(str.split, sums.splitlines())}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    differing = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
    if differing:
        raise NotMadeError(f"{folder}: not what SHA256SUMS tells: {', '.join(differing)}")
