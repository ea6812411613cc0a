"""The documentation as a site: built without a warning, complete, and readable without a network."""

import re
import subprocess
import sys
import zlib
from importlib import import_module
from pathlib import Path

import pytest

from tests.public_api import MODULES

ROOT = Path(__file__).parent.parent.parent


def build(source: Path, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Build a site as `make docs` does."""
    command = [sys.executable, "-m", "sphinx", "-nWqE", "--keep-going", "-c", str(ROOT / "docs"), "-d"]
    where = [str(folder / "doctrees"), str(source), str(folder / "html")]
    return subprocess.run([*command, *where], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site, once."""
    folder = tmp_path_factory.mktemp("site")
    done = build(ROOT, folder)
    assert ("", 0) == (done.stderr, done.returncode)
    return folder / "html"


def names_in(site: Path) -> set[str]:
    """Read the inventory: four lines, then a compressed line for each thing that can be linked to."""
    lines = zlib.decompress((site / "objects.inv").read_bytes().split(b"\n", 4)[4]).decode().splitlines()
    return {name for name, kind, *_ in map(str.split, lines) if kind.startswith("py:")}


def text_of(page: Path) -> str:
    return re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8"))


def test_every_public_name_can_be_linked_to(site: Path) -> None:
    """What a public module exports stands on the site under the name that users import."""
    exported = {f"{module}.{name}" for module in MODULES for name in import_module(module).__all__}
    assert {"otel_ops.__version__"} == exported - names_in(site)


@pytest.mark.parametrize("module", MODULES)
def test_docstrings_stand_on_the_site(module: str, site: Path) -> None:
    """Each name that a module exports has a docstring, and its page has the first words of it, twice."""
    page = " ".join(text_of(site / "docs" / "reference" / "api" / f"{module}.html").split())
    items = (getattr(import_module(module), name) for name in import_module(module).__all__)
    for item in filter(callable, items):
        assert item.__doc__, item
        words = re.split(r"[`'*]", " ".join(item.__doc__.split("\n\n")[0].split()))[0]
        assert 2 <= page.count(words), f"in the table and below the name: {words}"


def test_members_of_classes_stand_on_the_site(site: Path) -> None:
    """So do methods, properties, fields and the levels of an enumeration."""
    told = {"OperationContext.to_token", "OperationLog.duration_ns", "OperationLog.suboperations", "Detail.DEBUG"}
    assert told == {name for name in told if f"otel_ops.{name}" in names_in(site)}


def test_names_in_docstrings_and_signatures_are_links(site: Path) -> None:
    """A name leads to where it stands, also from another module's page."""
    page = (site / "docs" / "reference" / "api" / "otel_ops.formatters.html").read_text(encoding="utf-8")
    assert 'href="otel_ops.html#otel_ops.OperationLog"' in page
    assert 'href="otel_ops.html#otel_ops.diagnostics"' in page


@pytest.mark.parametrize("module", MODULES)
def test_types_stand_in_signatures_only(module: str, site: Path) -> None:
    """Of what a docstring says of a result, nothing is taken for its type, such as the words before a colon."""
    assert "Return type" not in text_of(site / "docs" / "reference" / "api" / f"{module}.html")


PAGE = """# A page

```{eval-rst}
.. py:function:: plot(curve: otel_ops.nobody.Curve, page: otel_ops.Page)

   Plot a `curve`, such as a `Mapping` or a `ReadableSpan` gives, as `saved` does, unless `lost` or `Mapped` does.

.. py:class:: Saver

   .. py:method:: saved

   .. py:attribute:: plot
```

It does as `plot`, see [nothing](nowhere.md).
"""


def test_names_that_lead_nowhere_are_told(tmp_path: Path) -> None:
    """A name in a docstring or signature is that of something described, of a parameter or of another library."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text(PAGE, encoding="utf-8")
    done = build(tmp_path, tmp_path)
    assert 1 == done.returncode
    told = re.findall(r"target not found: '?([\w.]+)", done.stderr)
    assert {"otel_ops.nobody.Curve", "otel_ops.Page", "lost", "Mapped", "nowhere.md"} == set(told)


def test_pages_need_no_network(site: Path) -> None:
    """Scripts, styles, fonts and pictures come with the site; its first page leads into it."""
    pages = [path.read_text(encoding="utf-8") for path in site.rglob("*.html")]
    assert [] == [
        found for page in pages for found in re.findall(r"<(?:script|link|img)\b[^>]*=\"(?:https?:)?//[^>]*>", page)
    ]
    styles = [path.read_text(encoding="utf-8") for path in site.rglob("*.css")]
    assert [] == [
        found for style in styles for found in re.findall(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//.*", style)
    ]
    assert "docs/index.html" in (site / "index.html").read_text(encoding="utf-8")
    assert (site / "docs" / "index.html").exists()
