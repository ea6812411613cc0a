"""Installs the Debian packages that tests of windows and notifications need, where that can be done.

Elsewhere it says loudly what will be skipped. Nothing here ends ``make ci``: what is missing is skipped, with a reason.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

PACKAGES = (
    "xvfb",
    "dbus",
    "dunst",
    "trayer",
    "imagemagick",
    "fonts-dejavu-core",
    "libegl1",
    "libgl1",
    "libfontconfig1",
    "libxkbcommon0",
    "libxkbcommon-x11-0",
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-image0",
    "libxcb-keysyms1",
    "libxcb-randr0",
    "libxcb-render-util0",
    "libxcb-shape0",
    "libxcb-xkb1",
)
"""A screen, a bus, who shows notifications and a tray there, who takes pictures; and what Qt loads."""

_INSTALL = ("apt-get", "install", "--yes", "--quiet", "--no-install-recommends")
_SECONDS = 600


def main() -> None:
    """Install what is missing, or say what that costs."""
    if shutil.which("dpkg-query") is None:
        _warn("this is no Debian", "what finds no X server, session bus or notification daemon")
        return
    missing = _missing()
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"installing {' '.join(missing)}", flush=True)
        _install(missing)
        missing = _missing()
    if missing:
        _warn(
            f"not installed: {' '.join(missing)}",
            f"what needs them; as root: {' '.join(_INSTALL[:2])} {' '.join(missing)}",
        )


def _missing() -> list[str]:
    command = ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *PACKAGES]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    there = {line.partition(" ")[0] for line in told if line.endswith(" installed")}
    return [package for package in PACKAGES if package not in there]


def _install(packages: Sequence[str]) -> None:
    """Install packages; where their list is too old, or there is none, ask for a new one first."""
    if not _run(*_INSTALL, *packages):
        _run("apt-get", "update", "--quiet")
        _run(*_INSTALL, *packages)


def _run(*command: str) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _warn(what: str, skipped: str) -> None:
    print(f"*** {what}. TESTS WILL BE SKIPPED: {skipped} ***", file=sys.stderr)


if __name__ == "__main__":
    main()
