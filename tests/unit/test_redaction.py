"""What looks like a credential is hidden, and nothing else."""

from __future__ import annotations

import pytest

from otel_ops.redaction import redacted, redacted_setting


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
        ("options.password_env", "LAB_MAIL_PASSWORD"),
        ("options.password_keyring", "lab mail"),
    ],
)
def test_other_text_stays(name: str, text: str) -> None:
    """Text that only resembles a credential is shown."""
    assert text == redacted(text, name)


@pytest.mark.parametrize(
    ("hidden", "name", "text"),
    [
        ("slack://***", ".options.urls[0]", "slack://TokenA/TokenB"),
        ("['slack://***', 'https://***']", ".options.url", "['slack://TokenA', 'https://hooks.example.org/T0/B0']"),
        ("{'urls': ['slack://***']}", "", "{'urls': ['slack://TokenA/TokenB']}"),
        ("http://localhost:16686/trace/{trace_id}", ".options.trace_link", "http://localhost:16686/trace/{trace_id}"),
        ("LAB_CHAT_URLS", ".options.urls_env", "LAB_CHAT_URLS"),
        ("***", ".options.token", "TokenA"),
    ],
)
def test_of_an_address_in_a_setting_only_the_scheme_is_shown(hidden: str, name: str, text: str) -> None:
    """Addresses of chats and webhooks hold secrets that look like nothing; links do not."""
    assert hidden == redacted_setting(text, name)
