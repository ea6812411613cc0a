"""Keeps what looks like a credential out of what is printed and recorded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

HIDDEN = "***"

_NAMES = "pass(?:word|wd|phrase)|secret|token|credential|(?:api|access|private)_?key|authori[sz]ation"
_PLACES = r"_(?:env|keyring)\b"
"""What follows the name of a credential in the name of an option that says where it is kept."""

_CREDENTIAL = rf"""
      (?<=://) [^/\s@]+ (?=@)                                                 # user and password of a URL
    | (?P<kept> (?:{_NAMES}) ["']? \s* [=:] \s* ["']? (?: (?:bearer|basic) \s+ )? )
      [^\s"'&,;]+                                                             # password=…, "api_key": "…"
    | (?P<scheme> \b(?:bearer|basic) \s+ ) [\w.~+/=-]{{12,}}                    # a header
    | \b (?: sk- | gh[pousr]_ | github_pat_ | xox[abprs]- | AKIA | eyJ ) [\w.-]{{12,}}   # known kinds of keys
"""
_BARE_HINTS = ("bearer", "basic", "sk-", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "xox", "akia", "eyj")
_HINTS = ("pass", "secret", "token", "credential", "key", "authori", "://", *_BARE_HINTS)


def redacted(text: str, name: str = "") -> str:
    """Give the text with what looks like a credential hidden: parts of it, or all where its name says so."""
    if not name and not _may_hold_one(text):
        return text
    names, credential = _patterns()
    return HIDDEN if names.search(name) else credential.sub(_hide, text)


def redacted_setting(text: str, name: str = "") -> str:
    """Give a value of a setting, hidden as `redacted` does it; of addresses in ``urls``, only the scheme is left.

    Args:
        text: The value, or a table with it.
        name: The name of the setting, or where it stands in one, such as ``.options.urls``.
    """
    hidden = redacted(text, name)
    return re.sub(r"(?<=://)[^\s\"',]+", HIDDEN, hidden) if "url" in f"{name} {text}".lower() else hidden


def _may_hold_one(text: str) -> bool:
    """Tell whether the pattern can match: most texts hold nothing of the kind, and this costs a tenth."""
    lowered = text.lower()
    for hint in _HINTS if ":" in text or "=" in text else _BARE_HINTS:  # noqa: SIM110 - `any` costs twice as much
        if hint in lowered:
            return True
    return False


def without(text: str, secret: object) -> str:
    """Give the text without any word of a secret, which may be a list or table."""
    words = {word for part in _parts(secret) for word in re.findall(r"\w+", part)}
    return re.sub(r"\w+", lambda found: HIDDEN if found[0] in words else found[0], text)


def _parts(secret: object) -> Iterator[str]:
    if isinstance(secret, Mapping):
        secret = list(secret.values())
    if isinstance(secret, (list, tuple)):
        for item in secret:
            yield from _parts(item)
    else:
        yield str(secret)


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Compile the patterns when they are first needed: a program must start fast."""
    return re.compile(rf"(?:{_NAMES})(?!{_PLACES})", re.IGNORECASE), re.compile(_CREDENTIAL, re.IGNORECASE | re.VERBOSE)


def _hide(found: re.Match[str]) -> str:
    return (found["kept"] or found["scheme"] or "") + HIDDEN
