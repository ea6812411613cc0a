"""Files that are replaced as a whole: whoever reads one sees the old or the new one, never a part."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_IMODE


@contextmanager
def written_beside(path: Path, data: bytes) -> Iterator[Path]:
    """Give a new file that is to take the place of one that is there or not; the folder must exist.

    Whoever may read the old one, and nobody else, may read the new one. It is removed where it took no place.

    Raises:
        OSError: The file cannot be written; the old one is as it was.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        if path.exists():
            make_with(temporary, path.stat().st_mode)
        temporary.write_bytes(data)
        yield temporary
    finally:
        with suppress(OSError):
            temporary.unlink()


def make_with(path: Path, mode: int) -> None:
    """Make an empty file with the permissions of another one, as far as the file system has some."""
    path.touch(S_IMODE(mode))
    with suppress(OSError):
        path.chmod(S_IMODE(mode))
