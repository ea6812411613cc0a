"""Keeps what looks like a credential out of what is printed."""

import re

HIDDEN = "***"

_NAMES = "pass(?:word|wd|phrase)|secret|token|credential|(?:api|access|private)_?key|authori[sz]ation"
_NAME = re.compile(_NAMES, re.IGNORECASE)
_CREDENTIAL = re.compile(
    rf"""
      (?<=://) [^/\s@]+ (?=@)                                                 # user and password of a URL
    | (?P<kept> (?:{_NAMES}) ["']? \s* [=:] \s* ["']? ) [^\s"'&,;]+            # password=…, "api_key": "…"
    | (?P<scheme> \b(?:bearer|basic) \s+ ) [\w.~+/=-]{{12,}}                    # a header
    | \b (?: sk- | gh[pousr]_ | github_pat_ | xox[abprs]- | AKIA | eyJ ) [\w.-]{{12,}}   # known kinds of keys
    """,
    re.IGNORECASE | re.VERBOSE,
)


def redacted(text: str, name: str = "") -> str:
    """Give the text with what looks like a credential hidden: parts of it, or all where its name says so."""
    return HIDDEN if _NAME.search(name) else _CREDENTIAL.sub(_hide, text)


def _hide(found: re.Match[str]) -> str:
    return (found["kept"] or found["scheme"] or "") + HIDDEN
