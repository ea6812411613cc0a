"""Finds a Java that is new enough for OpenSearch."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

OLDEST = 21

_JDKS = Path("/usr/lib/jvm")


@cache
def java_home() -> Path | None:
    """Give the folder of a Java of version 21 or newer: ``JAVA_HOME``, else the newest installed; None without one."""
    homes = [Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []
    installed = sorted(_JDKS.glob("*"), key=_version, reverse=True) if _JDKS.is_dir() else []
    return next((home for home in [*homes, *installed] if _version(home) >= OLDEST), None)


def _version(home: Path) -> int:
    """Read the version in the file that each Java has; 0 where there is none."""
    release = home / "release"
    if not release.is_file() or not (home / "bin" / "java").exists():
        return 0
    found = re.search(r'^JAVA_VERSION="(\d+)', release.read_text(encoding="utf-8"), re.MULTILINE)
    return int(found[1]) if found else 0
