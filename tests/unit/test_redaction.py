"""What looks like a credential is hidden, and nothing else."""

from __future__ import annotations

import pytest

from otel_ops.redaction import redacted


@pytest.mark.parametrize("name", ["password", "OTEL_OPS_API_KEY", "outputs[1].token", "client_secret", "Authorization"])
def test_a_value_with_the_name_of_a_credential_is_hidden(name: str) -> None:
    """Where the name says so, nothing of the value is shown."""
    assert "***" == redacted("tree", name)


@pytest.mark.parametrize(
    ("hidden", "text"),
    [
        ("https://***@host:4318/v1", "https://user:pa,ss@host:4318/v1"),
        ("file?api_key=***&rows=3", "file?api_key=abc&rows=3"),
        ('{"password": "***", "user": "ada"}', '{"password": "abc", "user": "ada"}'),
        ("Authorization=***", "Authorization=abc"),
        ("bearer ***", "bearer abcdefghijkl.m"),
        ("Authorization: Basic ***", "Authorization: Basic YWRh"),
        ("key *** of github", "key ghp_abcdefghijkl0123 of github"),
    ],
)
def test_a_credential_within_text_is_hidden(hidden: str, text: str) -> None:
    """What stands around a credential is kept."""
    assert hidden == redacted(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("trace_file", ".otel_ops/{date}-{pid}.jsonl"),
        ("outputs", "https://host:4318/a@b"),
        ("author", "basic operations"),
        ("detail", "a keyboard, a secretary"),
        ("service_name", "task-force"),
    ],
)
def test_other_text_stays(name: str, text: str) -> None:
    """Text that only resembles a credential is shown."""
    assert text == redacted(text, name)
