"""``otel-ops collector files``: what comes with the package for back ends, dashboards and containers, copied out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from otel_ops.cli.parsing import subcommand
from otel_ops.cli.replacing import make_folder, replaced
from otel_ops.collector.shipped import FILE_SETS, files_of, shipped
from otel_ops.exceptions import CollectorError
from otel_ops.formatters import page_of
from otel_ops.formatters.rendering import rendered

if TYPE_CHECKING:
    from otel_ops.cli.parsing import Subparsers

_EXAMPLES = """  otel-ops collector files
  otel-ops collector files compose --folder monitoring
  otel-ops collector files compose
"""
_READ_BY_ALL = 0o444
_ENTERED_BY_ALL = 0o555


def add_to(subparsers: Subparsers) -> None:
    """Add the subcommand."""
    summary = "copy out what comes with otel_ops for containers, back ends and dashboards"
    parser = subcommand(subparsers, "files", run, summary, _EXAMPLES)
    parser.add_argument("names", nargs="*", metavar="SET", help="sets of files; none: list the sets")
    parser.add_argument("--folder", type=Path, help="copy the files in there; without it, they are listed")
    parser.add_argument("--force", action="store_true", help="replace files there that are not as ours")


def run(options: argparse.Namespace) -> int:
    """List the sets or their files, or copy them.

    Raises:
        CollectorError: There is no such set, or a file would be replaced.
    """
    if not options.names:
        _list_sets(options)
        return 0
    files = files_of(options.names)
    if options.folder:
        _copy(files, options.folder, force=options.force)
    else:
        print("\n".join(files))
    return 0


def _list_sets(options: argparse.Namespace) -> None:
    if options.folder:
        msg = f"--folder {options.folder}: name what is to be copied there: {', '.join(FILE_SETS)}"
        raise CollectorError(msg)
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for name, files in FILE_SETS.items():
        table.add_row(name, files.summary)
    sys.stdout.write(rendered((table,), page_of(sys.stdout)))


def _copy(files: Sequence[str], folder: Path, *, force: bool) -> None:
    """Copy files, or none of them where one would be replaced; tell of all that are there now."""
    if not force:
        _refuse(list(_differing(files, folder)))
    for file in files:
        _copy_one(shipped(file), folder, folder / file)
    print("\n".join(str(folder / file) for file in files))


def _differing(files: Sequence[str], folder: Path) -> Iterator[Path]:
    for file in files:
        target = folder / file
        if target.exists() and not (target.is_file() and target.read_bytes() == shipped(file).read_bytes()):
            yield target


def _refuse(targets: Sequence[Path]) -> None:
    if targets:
        there = "\n".join(f"{target}: is there, and not as ours" for target in targets)
        msg = f"{there}\nnothing was copied; name another --folder, or replace them with --force"
        raise CollectorError(msg)


def _copy_one(source: Path, folder: Path, target: Path) -> None:
    """Copy a file so that others can read it, as the users that programs have in containers."""
    make_folder(target.parent)
    with replaced(str(target)) as write:
        write(source.read_bytes())
    _allow(target, _READ_BY_ALL)
    for below in target.relative_to(folder).parents[:-1]:
        _allow(folder / below, _ENTERED_BY_ALL)


def _allow(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode | bits != mode:
        path.chmod(mode | bits)
