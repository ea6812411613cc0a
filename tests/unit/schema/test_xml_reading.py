"""Reading XML: safe, bounded, with errors of one line."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_ops.exceptions import UnreadableInputError
from otel_ops.formatters import XMLFormatter, read_operation_log
from otel_ops.testing import make_log
from tests.logs import report

LOG = make_log("work", 0, 1, attributes={"rows": 7, "name": "run1.csv"})
TEXT = XMLFormatter().format_operation_log(LOG)
BOMB = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>'


def opened(middle: str) -> str:
    return TEXT.replace("<attributes>", f"<attributes>{middle}", 1)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (BOMB + TEXT.replace("run1.csv", "&c;"), "document type declaration"),
        ('<!DOCTYPE a SYSTEM "http://localhost:1/a.dtd">' + TEXT, "document type declaration"),
        ('<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + TEXT.replace("run1.csv", "&a;"), "document type"),
        (TEXT.replace("run1.csv", "&nbsp;"), "undefined entity"),
        (TEXT[:80], "unclosed token"),
        (TEXT + TEXT, "junk after document element"),
        ("<html><body/></html>", "the element is <html>, not <operation_log>"),
        (TEXT.replace(">7<", ">seven<"), "'seven'"),
        (TEXT.replace('"operation"', '"operation" kind="context"'), "duplicate attribute"),
        (TEXT.replace("<scope/>", "<scope/><scope/>"), "'scope' stands twice in <operation>"),
        (TEXT.replace("<scope/>", "lost?"), "text 'lost?' stands in <operation>"),
        (opened("lost?"), "text 'lost?' stands in <attributes>"),
        (opened("<int>1</int>"), "'name' is missing"),
        (opened('<text name="a">one<b/>two</text>'), "<text> is no value"),
        (opened('<bytes name="a">é</bytes>'), "ASCII"),
        (opened('<bool name="a">yes</bool>'), "'yes' is missing"),
        (TEXT.replace(' version="1"', ""), "'version' is missing"),
        (TEXT.replace('start_ns="', 'start_ns="soon'), "operation 'work': "),
        (TEXT.replace("name=", "title=", 1), "operation None: "),
        ('<operation_log version="1"/>', "'operation' is missing"),
        ('<operation_log version="1" operation="x"/>', "operation='x' is no operation"),
        (TEXT.replace('kind="', 'suboperations="1" kind="'), "suboperations"),
    ],
)
def test_what_is_broken_is_refused(text: str, told: str) -> None:
    """A message of one line says what is wrong; nothing is expanded, and nothing outside is looked at."""
    with pytest.raises(UnreadableInputError) as caught:
        read_operation_log(text)
    assert told in str(caught.value)
    assert 1 == len(str(caught.value).splitlines())


@pytest.mark.parametrize(
    "text",
    [
        TEXT.partition("<operation ")[0]
        + 100_000 * '<operation name="" kind="" span_id="" start_ns="0" end_ns="0"><suboperations>'
        + 100_000 * "</suboperations></operation>"
        + "</operation_log>",
        opened(f'<list name="a">{100_000 * "<list>"}{100_000 * "</list>"}</list>'),
        opened(f'<map name="a">{100_000 * """<map name="a">"""}{100_000 * "</map>"}</map>'),
        TEXT.replace("<scope/>", f"{100_000 * '<a>'}{100_000 * '</a>'}<scope/>"),
    ],
    ids=["operations", "lists", "maps", "unknown elements"],
)
def test_deep_nesting_is_refused(text: str) -> None:
    """Elements nested a hundred thousand times are an error of one line."""
    with pytest.raises(UnreadableInputError, match=r"nested too deeply|stand inside each other"):
        read_operation_log(text)


@pytest.mark.parametrize(
    "text",
    [
        '<?xml version="1.0" encoding="UTF-8"?>\n<!-- by hand -->\n' + TEXT,
        "\ufeff \n" + TEXT,
        TEXT.replace("><", ">\n\t<"),
        TEXT.replace("<scope/>", "<!-- a comment --><?a processing instruction?><scope></scope>"),
        TEXT.replace("run1.csv", "<![CDATA[run1.csv]]>"),
        TEXT.replace("run1", "&#x72;un&#49;"),
        TEXT.replace("<attributes>", "", 1)
        .replace("</attributes>", "")
        .replace(
            "<resource/>",
            '<resource/><attributes><int name="rows"> 7 </int><text name="name">run1.csv</text></attributes>',
        )
        .replace('<int name="rows">7</int><text name="name">run1.csv</text>', "", 1),
    ],
)
def test_what_other_writers_do_is_read(text: str) -> None:
    """Declarations, comments, white space, CDATA, references and another order of fields change nothing."""
    assert LOG == read_operation_log(text)


def test_the_declared_encoding_does_not_matter() -> None:
    """Documents are UTF-8, whatever they say."""
    text = XMLFormatter().format_operation_log(make_log("é", 0, 1))
    assert make_log("é", 0, 1) == read_operation_log('<?xml version="1.0" encoding="latin-1"?>' + text)


@given(st.data())
def test_damaged_documents_are_read_or_refused(data: st.DataObject) -> None:
    """A document in which something was cut out or put in raises nothing but `UnreadableInputError`."""
    text = XMLFormatter().format_operation_log(report())
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    with suppress(UnreadableInputError):
        read_operation_log(text[:start] + data.draw(st.text('<>/"=& a1\\u\ud800', max_size=6)) + text[end:])
