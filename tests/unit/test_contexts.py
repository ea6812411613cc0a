"""Contexts: values for every span below, tokens that carry them elsewhere."""

import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_ops import OperationContext, operation
from otel_ops.exceptions import BlockReusedError, InvalidTokenError
from otel_ops.testing import Spans


def test_values_reach_every_span_below_and_are_inherited(spans: Spans) -> None:
    """A context inside another takes over what it does not set; the session is made up once."""
    with OperationContext("run", user="ada", file="a.csv", batch=7), operation("first"):
        with OperationContext(series="10 K/min", user="eve"), operation("second"):
            pass
    run, first, second = (spans.attributes(name) for name in ("run", "first", "second"))
    assert ("context", "operation", "suboperation") == tuple(each["ops.kind"] for each in (run, first, second))
    assert ("ada", "a.csv", 7) == (first["user.id"], first["file.path"], first["ops.meta.batch"])
    assert ("eve", "a.csv", "10 K/min") == (second["user.id"], second["file.path"], second["ops.series"])
    assert 1 == len({each["session.id"] for each in (run, first, second)})


@pytest.mark.parametrize("context", [OperationContext(user="ada"), OperationContext("run", user="ada", span=False)])
def test_a_context_may_only_scope(context: OperationContext, spans: Spans) -> None:
    """Without a name, or with span=False, a context has no span but its values count."""
    with context, operation("work"):
        assert context is OperationContext.current()
    assert ["work"] == spans.names
    assert "ada" == spans.attributes("work")["user.id"]
    assert OperationContext.current() is None


async def test_async_contexts_are_single_use(spans: Spans) -> None:
    """`async with` works as `with` does; entering twice raises."""
    context = OperationContext("run")
    async with context:
        pass
    with pytest.raises(BlockReusedError, match="make a new"):
        context.__enter__()
    assert ["run"] == spans.names


def test_an_exception_marks_the_context_span(spans: Spans) -> None:
    """A failure that passes through gives the context span its status and origin, not a record of its own."""
    with pytest.raises(KeyError), OperationContext("run"), operation("work"):
        raise KeyError("x")
    assert ("error", "work") == spans.failure("run")
    assert ([], 1) == (spans.exceptions("run"), len(spans.exceptions("work")))


def test_a_token_continues_the_trace(spans: Spans) -> None:
    """Behind a token the first span is an operation again, below the one in which the token was made."""
    with OperationContext("run", user="ada"), operation("submit"):
        token = OperationContext.current().to_token()  # type: ignore[union-attr] # inside a context
    with OperationContext.from_token(token), operation("work"):
        pass
    assert "submit" == spans.parents["work"]
    assert ("operation", "ada") == tuple(spans.attributes("work")[key] for key in ("ops.kind", "user.id"))


def test_a_token_may_only_link(spans: Spans) -> None:
    """With link=True a new trace begins, whose context span links to the old one."""
    with OperationContext("run") as run:
        token = run.to_token()
    with OperationContext.from_token(token, link=True), operation("work"):
        pass
    first, second = [span for span in spans.get_finished_spans() if span.name == "run"]
    assert first.context.trace_id != second.context.trace_id
    assert [first.context.span_id] == [link.context.span_id for link in second.links]


plain_values = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(codec="utf-8"))


@given(
    st.dictionaries(
        st.from_regex("[a-z]{3,9}", fullmatch=True).filter(lambda key: key not in {"name", "span"}), plain_values
    )
)
def test_values_survive_a_token(values: dict[str, object]) -> None:
    """Whatever a context holds is what the token gives."""
    values = {key: value for key, value in values.items() if key not in {"detail", "session", "user", "file", "series"}}
    with OperationContext("run", **values) as run:  # type: ignore[arg-type] # metadata only
        token = run.to_token()
    assert run.values == OperationContext.from_token(token).values


@given(st.text() | st.binary().map(lambda raw: "ops1." + raw.hex()))
def test_a_strangers_text_is_refused(text: str) -> None:
    """What is no token raises `InvalidTokenError` and nothing else."""
    with pytest.raises(InvalidTokenError):
        OperationContext.from_token(text)


def test_a_damaged_token_is_refused_or_begins_afresh(quiet: None, caplog: pytest.LogCaptureFixture) -> None:
    """Each changed character is noticed (the last has spare bits); lenient=True begins afresh, with one warning."""
    with OperationContext("run", user="ada") as run:
        token = run.to_token()
    for index in range(len(token) - 1):
        other = "A" if token[index] != "A" else "B"
        with pytest.raises(InvalidTokenError, match=r"pass what OperationContext.to_token\(\) gave"):
            OperationContext.from_token(token[:index] + other + token[index + 1 :])
    for _ in range(2):
        assert {} == OperationContext.from_token(token[:-3], lenient=True).values
    assert 1 == len(caplog.records)


def test_a_token_does_not_unpack_without_end() -> None:
    """A small text that unpacks to a huge one is refused."""
    import base64

    packed = zlib.compress(json.dumps({"v": {}, "n": "x" * 50_000_000, "p": 1}).encode(), 9)
    raw = zlib.crc32(packed).to_bytes(4, "big") + packed
    with pytest.raises(InvalidTokenError):
        OperationContext.from_token("ops1." + base64.urlsafe_b64encode(raw).decode())


def test_a_name_that_is_no_text_is_refused() -> None:
    """The message names it and the remedy, before anything begins."""
    with pytest.raises(TypeError, match=r"OperationContext\(3\): the name must be text"):
        OperationContext(3)  # type: ignore[arg-type] # that is what is tested
