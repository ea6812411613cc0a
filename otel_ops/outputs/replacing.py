"""Files that are replaced as a whole: whoever reads one sees the old or the new one, never a part."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path


def replace(path: Path, data: bytes) -> None:
    """Put a new file in the place of one that is there or not; the folder must exist.

    Raises:
        OSError: The file cannot be written; the old one is as it was.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink()
        raise
