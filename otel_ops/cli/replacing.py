"""Writes a file as a whole: it is as it was before until all is written."""

from __future__ import annotations

import gzip
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from otel_ops.exceptions import OtelOpsError

Write = Callable[[bytes], object]

_LONGEST_NAME = 200


@contextmanager
def replaced(path: str | None) -> Iterator[Write]:
    """Give what writes to a file, which takes the place of the former one where the block ends well.

    A pipe or device is written at once. A name that ends in ``.gz`` is compressed.

    Args:
        path: The file; None or ``-`` is stdout.

    Raises:
        OtelOpsError: It cannot be made; the message names it.
        OSError: It cannot be written.
    """
    if path is None or path == "-":
        yield sys.stdout.buffer.write
        sys.stdout.flush()
        return
    target = _resolved(path)
    if target.exists() and not target.is_file():
        with _compressed(path, target, "wb") as write:
            yield write
        return
    beside = target.with_name(f".{target.name[:_LONGEST_NAME]}.{os.getpid()}.tmp")
    try:
        with _compressed(path, beside, "xb") as write:
            yield write
        _take_place(beside, target)
    finally:
        beside.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make the folder, or a folder below it, that the option ``--folder`` names.

    Raises:
        OtelOpsError: It cannot be made; the message names it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"--folder {folder}: cannot be made: {error.strerror}; name another folder"
        raise OtelOpsError(msg) from None


def is_same(path: str, target: str | None) -> bool:
    """Tell whether a file that is read is the one that is to be written."""
    try:
        return target is not None and Path(path).samefile(target)
    except (OSError, ValueError):
        return False


def _resolved(path: str) -> Path:
    try:
        return Path(path).resolve()
    except (OSError, ValueError, RuntimeError) as error:
        msg = f"{path}: is no path that can be written: {error}"
        raise OtelOpsError(msg) from None


@contextmanager
def _compressed(path: str, place: Path, mode: str) -> Iterator[Write]:
    """Open a file; where its name asks for it, what is written is compressed."""
    with _opened(path, place, mode) as file:
        if not path.lower().endswith(".gz"):
            yield file.write
            return
        with gzip.GzipFile(filename="", fileobj=file, mode="wb") as compressing:
            yield compressing.write


def _opened(path: str, place: Path, mode: str) -> BinaryIO:
    try:
        return cast("BinaryIO", place.open(mode))
    except OSError as error:
        msg = f"{path}: cannot be written: {error.strerror}; name another file"
        raise OtelOpsError(msg) from None


def _take_place(beside: Path, target: Path) -> None:
    with suppress(FileNotFoundError):
        beside.chmod(target.stat().st_mode)
    beside.replace(target)
