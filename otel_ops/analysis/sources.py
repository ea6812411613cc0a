"""Streams spans and operation logs from files, with bounded memory where a document stands on each line."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator

from otel_ops.analysis.content import LOGS, Item, OtherSignalError
from otel_ops.analysis.documents import documents
from otel_ops.analysis.input_file import InputFile, files_at, total_size
from otel_ops.exceptions import UnreadableInputError
from otel_ops.operation_log import OperationLog
from otel_ops.otlp_json import SpanLog
from otel_ops.otlp_json.foreign import GIVE_TRACES
from otel_ops.span_record import SpanRecord
from otel_ops.spans_of_logs import records_of

MAX_MESSAGES = 100
"""Most messages that are kept about what is broken."""

MAX_HOPELESS = 1_000
"""Broken lines without a good one, after which a file is taken for something else."""

Progress = Callable[[int, int], None]

_STEP = 256 * 1024
_ONLY_LOGS = f"seems to be OTLP logs; {GIVE_TRACES}"


class InputSource:
    """What is in files, one file after the other: spans in OTLP JSON, and operation logs in JSON or XML.

    A line, span or log that is broken is counted and skipped. It is an error where there is something in a file and
    nothing of it can be read. Files of OTLP logs and metrics may stand beside those of spans.

    Args:
        paths: The files, or folders of such; ``"-"`` is the standard input. What is compressed with gzip is unpacked.
        progress: Called now and then with the number of bytes read and of all bytes; 0 where that is not known.
        lenient: Read operation logs of newer versions as far as they are understood.
        form: ``"otlp"``, ``"json"`` or ``"xml"``, where nothing else is to be read.

    Attributes:
        found: How many spans and logs were read.
        broken_count: How many lines, spans and logs could not be read.
        broken: The first messages about them, each with file and line.
    """

    def __init__(
        self,
        paths: Iterable[str | os.PathLike[str]],
        *,
        progress: Progress | None = None,
        lenient: bool = False,
        form: str | None = None,
    ) -> None:
        self._paths = [os.fspath(path) for path in paths]
        self._progress = progress
        self._lenient = lenient
        self._form = form
        self._reset()

    def _reset(self) -> None:
        self.found = 0
        self.broken_count = 0
        self.broken: list[str] = []
        self._other_signal = ""

    def items(self) -> Iterator[Item]:
        """Read the files.

        Raises:
            UnreadableInputError: A file is missing, a folder has no trace files, or nothing in a file can be read; the
                message says in one line what it seems to be, and what to do.
        """
        self._reset()
        paths = [file for path in self._paths for file in files_at(path)]
        progress = _Progress(self._progress, total_size(paths))
        for path in paths:
            with InputFile(path) as file:
                yield from self._items_of(file, progress)
        if self._other_signal and not self.found:
            raise OtherSignalError(self._other_signal)

    def _items_of(self, file: InputFile, progress: _Progress) -> Iterator[Item]:
        problem = ""
        found, broken, told = self.found, self.broken_count, len(self.broken)
        for place, read in documents(file, lenient=self._lenient):
            content = read.refused_unless(self._form)
            messages = [f"{place}: {message}" for message in content.broken]
            spans = sum(not isinstance(item, SpanLog) for item in content.items)
            self._count(spans, messages)
            progress.at(file)
            yield from content.items
            if content.form == LOGS:
                messages.append(f"{place}: {_ONLY_LOGS}")
            problem = problem or "".join(messages[:1])
            if self.found == found and self.broken_count - broken >= MAX_HOPELESS:
                break
        if problem and self.found == found:
            self._pass_over(problem)
            self.broken_count = broken
            del self.broken[told:]
        progress.after(file)

    def _pass_over(self, problem: str) -> None:
        if not problem.endswith(GIVE_TRACES):
            raise UnreadableInputError(problem)
        self._other_signal = self._other_signal or problem

    def _count(self, found: int, messages: list[str]) -> None:
        self.found += found
        self.broken_count += len(messages)
        self.broken.extend(messages[: MAX_MESSAGES - len(self.broken)])


class SpanSource(InputSource):
    """The spans of files, those of operation logs among them."""

    def __iter__(self) -> Iterator[SpanRecord]:
        """Read the files.

        Raises:
            UnreadableInputError: As `items`.
        """
        return spans_of(self.items())


def spans_of(items: Iterable[Item]) -> Iterator[SpanRecord]:
    """Give spans as they are, and those that logs were built from; what was logged in spans is not looked at."""
    for item in items:
        if isinstance(item, OperationLog):
            yield from records_of(item)
        elif isinstance(item, SpanRecord):
            yield item


class _Progress:
    """Tells how far reading is, every few hundred kilobytes and after each file."""

    def __init__(self, tell: Progress | None, total: int) -> None:
        self._tell = tell
        self._total = total
        self._earlier = 0
        self._told = 0

    def at(self, file: InputFile) -> None:
        if self._tell is not None and self._earlier + file.position - self._told >= _STEP:
            self._told = self._earlier + file.position
            self._tell(self._told, self._total)

    def after(self, file: InputFile) -> None:
        self._earlier += file.position
        if self._tell is not None:
            self._tell(self._earlier, self._total)
