"""What waits on disk for a collector that `otel-ops collector run` has started here, and whether there is room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from otel_ops.collector.running import QUEUE_VARIABLE, queue_folder
from otel_ops.doctor.findings import Finding, Level
from otel_ops.doctor.room import in_words, written
from otel_ops.doctor.subject import Subject


def queue(subject: Subject) -> Iterator[Finding]:
    """Examine the folder, where there is one, or a variable names one."""
    folder = _folder(subject.environ)
    if folder is None:
        return
    finding = written(f"the collector's queue {folder}", folder / "probe")._replace(check="queue")
    yield finding if finding.level is Level.ERROR else _with_what_it_holds(finding, folder)


def _with_what_it_holds(finding: Finding, folder: Path) -> Finding:
    held = sum(path.stat().st_size for path in folder.glob("*") if path.is_file())
    text = f"{finding.text}; its files have {in_words(held)}"
    return finding._replace(text=text, data={**finding.data, "path": str(folder), "held_bytes": held})


def _folder(environ: Mapping[str, str]) -> Path | None:
    if named := environ.get(QUEUE_VARIABLE):
        return Path(named)
    try:
        folder = queue_folder()
    except RuntimeError:  # nobody's home
        return None
    return folder if folder.exists() else None
