"""Whether a secret stands in a file, where only the name of a variable belongs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from otel_ops.collector.checks.checked import Checked
from otel_ops.collector.checks.finding import Finding
from otel_ops.collector.merging import leaves
from otel_ops.collector.variables import references, without_references
from otel_ops.redaction import redacted

_RULE = "secrets"
_NAME = re.compile(
    r"(pass(word|wd|phrase)|secret|token|credentials?|api[._-]?key|(access|ingestion|license|private|account)[._-]?key"
    r"|key_pem|authori[sz]ation|cookie|dsn|honeycomb-team|connection_string)$",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"(bearer|basic|token|api-?token|api-?key|sentry_key=|sentry|splunk)", re.IGNORECASE)


def check(checked: Checked) -> Iterator[Finding]:
    """Find values that look like secrets, by their key or by themselves; the value itself is not told."""
    for path, value in leaves(checked.configuration.content):
        if isinstance(value, str) and _is_in_clear(path[-1], value):
            message = "it looks like a secret that stands in the file; write ${env:NAME}, and set NAME where it runs"
            yield checked.error(_RULE, path, message)


def _is_in_clear(key: str, value: str) -> bool:
    text = without_references(value)
    if _NAME.search(key):
        return bool(_SCHEME.sub("", text).strip())
    return not any(references(value)) and redacted(text) != text and "\\" not in text
