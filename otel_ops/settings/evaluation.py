"""What the entries of all sources come to: the last one wins, and dynaconf's tokens are evaluated.

Only this module imports dynaconf, and only where an entry needs it, since that takes longer than all else that
`configure` does: a token (``@format``, ``@merge``, ``@int`` …), something nested (``OTEL_OPS_<KEY>__<PART>``), or a
merge. Without these, both ways give the same. dynaconf's own loaders stay off: they would read ``.env`` files, run
hooks, and take over what the watched program itself keeps in dynaconf.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from otel_ops.settings.toml import read_toml_value
from otel_ops.settings.values import WrongValueError, wrong

MERGE = "dynaconf_merge"
_MERGES = frozenset({MERGE, "dynaconf_merge_unique"})
_MERGING_TOKENS = ("@merge", "@insert")


class Entry(NamedTuple):
    """What one source gave for one setting.

    Attributes:
        key: Name of the setting.
        value: What was given; of a variable its text.
        origin: The source, as messages name it.
        path: `key`, or with what is nested in it, as dynaconf takes it.
        is_text: Whether the value is the text of a variable, to be read as TOML.
        is_ready: Whether the value is taken as it is.
        merges: Whether the source says that all its values are merged with those below.
        is_secret: Whether the value must not be shown.
        is_in_force: Whether the entry counts; that of another section does not.
    """

    key: str
    value: object
    origin: str
    path: str
    is_text: bool = False
    is_ready: bool = False
    merges: bool = False
    is_secret: bool = False
    is_in_force: bool = True

    @property
    def builds_on_others(self) -> bool:
        """Whether it may add to what sources below gave, instead of taking its place."""
        return not self.is_ready and (
            self.merges or self.path != self.key or _has(_read(self), lambda text: text.startswith(_MERGING_TOKENS))
        )

    @property
    def reads_others(self) -> bool:
        """Whether it is made of what other entries have set."""
        return not self.is_ready and _any_text(
            _read(self), lambda text: text.startswith("@") and ("this" in text or "@get" in text)
        )


Refuse = Callable[[Entry, WrongValueError], None]


def secret_keys(entries: Iterable[Entry]) -> set[str]:
    """Name the keys whose values must not be shown: what a secrets file gives, and what may be made of that."""
    in_force = [entry for entry in entries if entry.is_in_force]
    secret = {entry.key for entry in in_force if entry.is_secret}
    return secret and secret | {entry.key for entry in in_force if entry.reads_others}


def evaluated(entries: Iterable[Entry], refuse: Refuse) -> dict[str, object]:
    """Give the value of each key; what cannot be evaluated is refused, and has none."""
    in_force = [entry for entry in entries if entry.is_in_force]
    evaluate = through_dynaconf if any(map(needs_dynaconf, in_force)) else plainly
    return evaluate(in_force, refuse)


def needs_dynaconf(entry: Entry) -> bool:
    """Tell whether only dynaconf knows what an entry comes to."""
    return entry.builds_on_others or (not entry.is_ready and _has(_read(entry), lambda text: text.startswith("@")))


def plainly(entries: Iterable[Entry], refuse: Refuse) -> dict[str, object]:
    """Give the value of each key, where no entry needs dynaconf."""
    values: dict[str, object] = {}
    for entry in {entry.key: entry for entry in entries}.values():
        value = _read(entry)
        if isinstance(value, WrongValueError):
            refuse(entry, value)
        else:
            values[entry.key] = value
    return values


def _read(entry: Entry) -> object:
    if not entry.is_text:
        return entry.value
    try:
        return read_toml_value(_mended(str(entry.value)))
    except (ValueError, RecursionError) as error:
        return wrong(entry.value, f"it cannot be read: {error}")


def _mended(text: str) -> str:
    """Write a switch as TOML does."""
    return text.lower() if text in ("True", "False") else text


def _has(value: object, is_token: Callable[[str], bool]) -> bool:
    """Tell whether there is a token, or a mark that dynaconf merges by, anywhere in a value."""
    return _any_text(value, lambda text: is_token(text) or text in _MERGES)


def _any_text(value: object, is_so: Callable[[str], bool]) -> bool:
    if isinstance(value, str):
        return is_so(value)
    if isinstance(value, Mapping):
        return any(_any_text(part, is_so) for pair in value.items() for part in pair)
    return isinstance(value, (list, tuple)) and any(_any_text(item, is_so) for item in value)


def through_dynaconf(entries: Iterable[Entry], refuse: Refuse) -> dict[str, object]:
    """Give the value of each key, with all that dynaconf knows."""
    store = _Store()
    last = {}
    for entry in entries:
        last[entry.key] = entry
        store.put(entry)
    values: dict[str, object] = {}
    for key, entry in last.items():
        try:
            values[key] = store.value_of(entry)
        except WrongValueError as error:
            refuse(store.failed.get(key, entry), error)
        except KeyError:  # a token has deleted it
            continue
    return values


class _Store:
    """dynaconf's store, and the entries that it could not read."""

    def __init__(self) -> None:
        from dynaconf.base import Settings  # type: ignore[import-untyped] # noqa: PLC0415 - see the module

        self.failed: dict[str, Entry] = {}
        self._errors: dict[str, WrongValueError] = {}
        self._settings: Any = Settings(
            dynaconf_skip_loaders=True,
            dynaconf_skip_validators=True,
            dynaboxify=False,
            auto_cast_for_dynaconf=True,
            dotted_lookup_for_dynaconf=True,
            merge_enabled_for_dynaconf=False,
            nested_separator_for_dynaconf="__",
        )

    def put(self, entry: Entry) -> None:
        """Take an entry; what cannot be read counts until one comes that has nothing to do with it."""
        try:
            self._set(entry)
        except Exception as error:  # noqa: BLE001 - a token may raise anything
            self.failed[entry.key] = entry
            self._errors[entry.key] = wrong(entry.value, f"dynaconf cannot read it: {error}")
        else:
            if not entry.builds_on_others:
                self.failed.pop(entry.key, None)

    def _set(self, entry: Entry) -> None:
        if entry.is_ready:
            return
        merge = {"merge": True} if entry.merges else {}
        value = _mended(str(entry.value)) if entry.is_text else _copied(entry.value)
        self._settings.set(entry.path, value, tomlfy=entry.is_text, **merge)

    def value_of(self, entry: Entry) -> object:
        """Give what a key came to, given its last entry; tokens such as ``@format`` are evaluated here.

        Raises:
            WrongValueError: the key has an entry that cannot be read, or a token that cannot be evaluated.
            KeyError: a token has deleted it.
        """
        if entry.is_ready:
            return entry.value
        if entry.key in self.failed:
            raise self._errors[entry.key]
        try:
            value = resolved(self._settings.get(entry.key, default=_MISSING), self._settings)
        except Exception as error:
            unread = self._settings.store[entry.key.upper()]
            raise wrong(unread, f"dynaconf cannot evaluate it: {error}") from error
        if value is _MISSING:
            raise KeyError(entry.key)
        return value


_MISSING = object()


def resolved(value: object, settings: Any) -> object:
    """Evaluate what dynaconf has left to be evaluated when it is asked for, at any depth."""
    if getattr(value, "_dynaconf_lazy_format", False):
        evaluate: Any = value
        value = evaluate(settings)
    if isinstance(value, Mapping):
        return {key: resolved(item, settings) for key, item in value.items()}
    return [resolved(item, settings) for item in value] if isinstance(value, list) else value


def _copied(value: object) -> object:
    """Copy lists and tables: dynaconf takes its marks out of those that it is given."""
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value
