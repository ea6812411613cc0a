"""Files, at paths that each log fills in."""

from __future__ import annotations

from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import TYPE_CHECKING

from otel_ops.latest import Latest
from otel_ops.outputs.file_rules import FileRules
from otel_ops.outputs.place import Place
from otel_ops.outputs.template import PathTemplate

if TYPE_CHECKING:
    from otel_ops.operation_log import OperationLog

MAX_CLAIMS = 2_000
"""Most files of which is remembered which output writes them."""


def is_device(path: str) -> bool:
    """Tell whether a path is that of a device or pipe, to which any number of outputs may write."""
    try:
        mode = Path(path).stat().st_mode
    except OSError:
        return False
    return not (S_ISREG(mode) or S_ISDIR(mode))


class Claims:
    """Which output writes which file: outputs that append may share one, one that replaces shares none.

    Devices and pipes are nobody's.
    """

    def __init__(self) -> None:
        self._claims: Latest[str] = Latest(MAX_CLAIMS)

    def claim(self, path: str, mode: str, template: PathTemplate) -> None:
        """Claim a file for the output with this template.

        Raises:
            FileExistsError: Another output has it.
        """
        claim = f"{mode}s to {template}"
        other = self._claims.get(path)
        if not other:
            self._claims.add(path, claim)
        elif other != claim and "replace" in (mode, other.partition("s to ")[0]) and not is_device(path):
            msg = f"{path!r} is written by another output, which {other}; give each a path of its own"
            raise FileExistsError(msg)


class FilePlace(Place):
    """Writes to files; none is held open, so that they may be moved or removed, and processes may fork.

    Args:
        template: Where they are.
        rules: How they are written.
        claims: What other outputs write.
    """

    def __init__(self, template: PathTemplate, rules: FileRules, claims: Claims | None = None) -> None:
        self._template = template
        self._rules = rules
        self._claims = claims or Claims()

    def __str__(self) -> str:
        return str(self._template)

    @property
    def path(self) -> str | None:
        """The file, where the path has no placeholder."""
        return self._template.path

    def write(self, text: str, log: OperationLog) -> None:
        """Write it as UTF-8; a lone surrogate, which that cannot carry, stands as its escape."""
        path = self._template.path_for(log)
        self._claims.claim(path, self._rules.mode or "append", self._template)
        self._rules.put(Path(path), text.encode("utf-8", "backslashreplace"))
