"""Values of settings as JSON has them, and in words."""

from __future__ import annotations

import json

import pytest
from dynaconf.vendor import tomllib  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from otel_ops.cli.setting_text import plain, worded
from otel_ops.declared import DeclaredOperation, parse_target
from otel_ops.detail import Detail, DetailRule
from otel_ops.settings import ErrorHandling, Output, Settings, load_settings

TEXTS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), min_size=1)


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("unset", None),
        ("DEBUG", Detail.DEBUG),
        ("a.jsonl", "a.jsonl"),
        ("true", True),
        ("0.2", 0.2),
        ("[]", ()),
        ('["log"]', ("log",)),
        ('[{format = "tree", to = "stderr", detail = "MINIMAL"}]', (Output("tree", detail=Detail.MINIMAL),)),
        (
            '[{handler = "log"}, {handler = "mail", operation = "fit*", context = {user = "ada"}}]',
            (ErrorHandling("log"), ErrorHandling("mail", "fit*", context=(("user", "ada"),))),
        ),
        (
            '[{handler = "apprise", options = {urls = ["slack://***"], urls_env = "CHAT"}}]',
            (ErrorHandling("apprise", options={"urls": ["slack://TokenA/TokenB"], "urls_env": "CHAT"}),),
        ),
        ('[{level = "DEBUG", operation = "fit*"}]', (DetailRule(Detail.DEBUG, "fit*"),)),
        ('[{level = "DEBUG", context = {token = "***"}}]', (DetailRule(Detail.DEBUG, context=(("token", "x"),)),)),
        ('[{target = "lab:*"}]', (DeclaredOperation(parse_target("lab:*")),)),
        (
            '[{target = "lab:fit", detail = "DEBUG", capture = ["rows"]}]',
            (DeclaredOperation(parse_target("lab:fit"), detail=Detail.DEBUG, capture=("rows",)),),
        ),
        ("https://***@host/a", "https://me:pw@host/a"),
    ],
)
def test_values_in_words(words: str, value: object) -> None:
    """Text stands as it is, the rest as TOML has it; defaults of rules and credentials are left out."""
    assert words == worded(plain(value))


@given(operation=TEXTS.filter(str.strip), user=TEXTS.filter(str.strip), level=st.sampled_from(Detail))
def test_words_can_be_put_into_a_settings_file(operation: str, user: str, level: Detail) -> None:
    """What is told of a rule is TOML that gives the same rule again, unless something in it is hidden."""
    rule = DetailRule(level, operation, context=(("user", user),))
    told = worded(plain((rule,)))
    if "***" not in told and "\x7f" not in told:
        again = load_settings(tomllib.loads(f"detail_rules = {told}"), environ={})
        assert (rule,) == again.detail_rules


def test_every_default_is_plain_json() -> None:
    """The default of each setting can be written as JSON."""
    assert json.dumps({name: plain(getattr(Settings(), name)) for name in Settings.__dataclass_fields__})
