"""What the documentation says is run: every block of code on every page."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from docs.generate_reference import FOLDER, pages
from docs.vendor_pages import FOLDER as OVERLAYS
from docs.vendor_pages import overlays
from otel_ops.settings import load_settings

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LANGUAGES = {"python", "console", "toml", "json", "yaml", "text"}
DIRECTIVES = {"{toctree}", "{eval-rst}"}
"""What only the site understands: what stands in the contents, and where docstrings go."""


def blocks(page: Path, *languages: str) -> list[tuple[str, str]]:
    """Give language and text of the page's blocks of code, in order."""
    tokens = MarkdownIt().parse(page.read_text(encoding="utf-8"))
    return [(token.info, token.content) for token in tokens if token.type == "fence" and token.info in languages]


def page_id(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_the_code_of_a_page_runs(page: Path, tmp_path: Path) -> None:
    """The Python blocks of a page are one program that ends well; then its commands do."""
    program = "\n".join(text for _, text in blocks(page, "python"))
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "OTEL_OPS_"))}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    (tmp_path / "page.py").write_text(program, encoding="utf-8")
    lines = [line for _, text in blocks(page, "console") for line in text.splitlines()]
    commands = [line for line in lines if re.match(r"(OTEL_\w+=.* )?(otel-ops|opentelemetry-instrument)", line)]
    for command in ([sys.executable, "-W", "error", "page.py"], *(["sh", "-ec", command] for command in commands)):
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert 0 == done.returncode, f"{command}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_the_settings_of_a_page_can_be_read(page: Path, tmp_path: Path) -> None:
    """Every TOML block is a settings file without mistakes."""
    for _, text in blocks(page, "toml"):
        (tmp_path / "otel_ops.toml").write_text(text, encoding="utf-8")
        load_settings({}, folder=tmp_path, environ={})


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    """Every relative link and picture exists, with the heading that it names, if it names one."""
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    local = [link.partition("#") for link in links if "://" not in link]
    assert [] == [path for path, _, _ in local if not (page.parent / path).exists()]
    named = [((page.parent / path) if path else page, heading) for path, _, heading in local if heading]
    assert [] == [heading for target, heading in named if heading not in headings(target)]


def headings(page: Path) -> set[str]:
    """Give the names by which code hosts and the site know the headings of a page."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_the_blocks_of_a_page_are_known(page: Path) -> None:
    """No block is in a language that nobody runs or checks; directives stand in contents and public names only."""
    found = {token.info for token in MarkdownIt().parse(page.read_text(encoding="utf-8")) if token.type == "fence"}
    directives = (
        DIRECTIVES if page.name == "index.md" or "api" in page.relative_to(ROOT).with_suffix("").parts else set()
    )
    assert set() == found - LANGUAGES - directives


def test_make_targets_that_are_told_exist() -> None:
    """The README names only targets that the Makefile has."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    told = {line.split()[1] for _, text in blocks(ROOT / "README.md", "console") for line in text.splitlines()}
    assert told
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in told)


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "docs" / "index.md"], ids=page_id)
def test_the_ten_lines_print_what_is_told(page: Path, tmp_path: Path) -> None:
    """The tree on the first pages is that of their program, but for the times."""
    program, told = (blocks(page, language)[0][1] for language in ("python", "text"))
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
    environment |= {"OTEL_OPS_ANNOUNCE": "false", "COLUMNS": "80", "PYTHONUTF8": "1"}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=True)
    assert without_times(told) == without_times(done.stderr)


def without_times(tree: str) -> list[str]:
    return [re.sub(r" {2,}\d[\d.]* [mµn]?s( .*)?$", "", line) for line in tree.splitlines()]


def test_every_page_stands_in_where_to_go() -> None:
    """The first page leads to each how-to and to each page of the reference."""
    text = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    pages_of = [*(ROOT / "docs" / "how-to").glob("*.md"), *(ROOT / "docs" / "reference").glob("*.md")]
    assert [] == [page.name for page in pages_of if f"]({page.parent.name}/{page.name})" not in text]


def test_generated_pages_are_up_to_date() -> None:
    """The pages that are made from declarations say what these say; `make reference` writes them."""
    made = pages()
    for name, page in made.items():
        assert page == (FOLDER / name).read_text(encoding="utf-8"), "run `make reference`"
    assert {name for name in made if "/" in name} == {f"api/{path.name}" for path in (FOLDER / "api").iterdir()}


def test_overlays_of_vendors_are_up_to_date() -> None:
    """Each row has an overlay that says what it does; `make reference` writes it."""
    made = overlays()
    for path, overlay in made.items():
        assert overlay == path.read_text(encoding="utf-8"), "run `make reference`"
    assert set(made) == set(OVERLAYS.glob("*.yaml"))
