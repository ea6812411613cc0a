"""Why a setting has its value: every source in order of precedence, what it gave, and why it won or lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from rich.table import Table
from rich.text import Text

from otel_ops.formatters import wording
from otel_ops.redaction import HIDDEN
from otel_ops.settings import LoadedSettings, SettingDescription
from otel_ops.settings.texts import plain, worded

NOT_KNOWN = "not known to this command: it is the program's"
_NOT_SET = "not set"
_WINS = "wins"


class Explained(NamedTuple):
    """What one source gave for one setting; `outcome` tells what came of it."""

    source: str
    value: Any
    is_given: bool
    outcome: str

    @property
    def wins(self) -> bool:
        """Whether the setting has its value from here."""
        return self.outcome.startswith(_WINS)


def explained(loaded: LoadedSettings, setting: SettingDescription) -> list[Explained]:
    """Give all sources of a setting, the one that wins over all others first."""
    given = list(_given(loaded, setting))
    has_winner = any(source.wins for source in given)
    default = Explained("default", plain(setting.default, setting.name), True, _default_outcome(has_winner))
    return [*_places(loaded, setting, given), default]


def _default_outcome(has_winner: bool) -> str:
    return "loses: it is set above" if has_winner else f"{_WINS}: nothing else is set"


def _given(loaded: LoadedSettings, setting: SettingDescription) -> Iterator[Explained]:
    """Tell of the sources that gave something, from the top down."""
    winner = None
    merging = False
    for entry in reversed([entry for entry in loaded.entries if entry.key == setting.name]):
        if not entry.is_in_force:
            outcome = f"not in force: active is {', '.join(loaded.active)}"
        elif winner is None:
            winner, merging = entry, entry.builds_on_others
            outcome = f"{_WINS}, but cannot be used" if entry.key in loaded.refused else _WINS
        elif merging:
            outcome, merging = "is merged with what stands above", entry.builds_on_others
        else:
            outcome = f"loses: {winner.origin} stands above"
        value = HIDDEN if entry.is_secret else plain(entry.value, setting.name)
        yield Explained(entry.origin, value, True, outcome)


def _places(loaded: LoadedSettings, setting: SettingDescription, given: list[Explained]) -> Iterator[Explained]:
    """Put sources that gave nothing, and those that only the program knows, where they belong."""
    from_files = [source for source in given if _is_of_file(source, loaded)]
    yield Explained("arguments of configure()", None, False, NOT_KNOWN)
    yield from (source for source in given if source not in from_files)
    if not any(setting.variable in source.source for source in given):
        yield Explained(f"environment variable {setting.variable}", None, False, _NOT_SET)
    yield Explained("options of the instrumentor", None, False, NOT_KNOWN)
    yield Explained("dynaconf object", None, False, NOT_KNOWN)
    for path in reversed(list(loaded.sections)):
        found = [source for source in from_files if _is_in(source, str(path))]
        yield from found or [Explained(str(path), None, False, _NOT_SET)]


def _is_of_file(source: Explained, loaded: LoadedSettings) -> bool:
    return any(_is_in(source, str(path)) for path in loaded.sections)


def _is_in(source: Explained, path: str) -> bool:
    return source.source == path or source.source.startswith(f"{path} [")


def as_json(sources: Iterable[Explained]) -> list[dict[str, Any]]:
    """Give the sources as JSON has them."""
    return [
        {"source": one.source, "given": one.is_given, "value": one.value, "outcome": one.outcome} for one in sources
    ]


def as_table(sources: Iterable[Explained], shortened: Any) -> Table:
    """Lay the sources out, a line each."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(justify="right", style="dim")
    for _ in range(3):
        table.add_column(overflow="fold")
    for number, one in enumerate(sources, 1):
        style = "bold green" if one.wins else "" if one.is_given else "dim"
        value = wording.safe(worded(one.value)) if one.is_given else "–"
        source, outcome = wording.safe(shortened(one.source)), wording.safe(shortened(one.outcome))
        table.add_row(str(number), Text(source, style), Text(value, style or "cyan"), Text(outcome, style))
    return table
