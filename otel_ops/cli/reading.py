"""Reads the files of a command line: progress while it lasts, and what was wrong with them afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from otel_ops.analysis.content import Item, OtherSignalError
from otel_ops.analysis.input_file import files_at
from otel_ops.analysis.sources import InputSource
from otel_ops.cli.progress import bar_of_bytes
from otel_ops.cli.streams import tell
from otel_ops.exceptions import UnreadableInputError

MAX_TOLD = 5
"""Most broken spans of one file that are told one by one."""


class Reading:
    """Gives what is in all files that can be read, those in folders, too; the others do not get in their way.

    Args:
        paths: The files and folders.
        lenient: Read operation logs of newer versions as far as they are understood.
        form: ``"otlp"``, ``"json"`` or ``"xml"``, where nothing else is to be read.

    Attributes:
        found: How many spans and logs were read.
        broken: How many spans, logs or lines were broken.
        exit_code: 0, or 2 once a file could not be read.
    """

    def __init__(self, paths: Iterable[str], *, lenient: bool = False, form: str | None = None) -> None:
        self._paths = list(paths)
        self._lenient = lenient
        self._form = form
        self._problems: list[str] = []
        self._other_signals: list[str] = []
        self.found = 0
        self.broken = 0
        self.exit_code = 0

    def __iter__(self) -> Iterator[Item]:
        for file in self._files():
            try:
                yield from self._read(file)
            except OtherSignalError as error:
                self._other_signals.append(str(error))
            except UnreadableInputError as error:
                self._refuse(str(error))
        if not self.found:
            for problem in self._other_signals:
                self._refuse(problem)

    def _files(self) -> Iterator[str]:
        for path in self._paths:
            try:
                yield from files_at(path)
            except UnreadableInputError as error:
                self._refuse(str(error))

    def _refuse(self, problem: str) -> None:
        self._problems.append(problem)
        self.exit_code = 2

    def _read(self, path: str) -> Iterator[Item]:
        with bar_of_bytes(f"reading {path}") as bar:
            source = InputSource([path], progress=bar.advance, lenient=self._lenient, form=self._form)
            yield from source.items()
        self.found += source.found
        self.broken += source.broken_count
        self._problems += _told(source)

    def refuse_if_nothing_was_read(self) -> None:
        """Raise what was wrong with the files, where nothing of them could be read.

        Raises:
            UnreadableInputError: So it is.
        """
        if self.exit_code and not self.found:
            raise UnreadableInputError("\n".join(self._problems))

    def report(self) -> None:
        """Say on stderr what could not be read, or that there was nothing to read."""
        for problem in self._problems:
            tell(problem)
        if not self.found and not self._problems:
            tell("no spans in the input")


def _told(source: InputSource) -> Iterator[str]:
    yield from (f"skipped {message}" for message in source.broken[:MAX_TOLD])
    more = source.broken_count - len(source.broken[:MAX_TOLD])
    if more > 0:
        yield f"skipped {more} more that are broken"
