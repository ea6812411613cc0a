"""What the documentation says is run: every block of code on every page."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from otel_ops.settings import load_settings

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted(path for path in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")))
LANGUAGES = {"python", "console", "toml", "json", "text"}


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
    commands = [line for line in lines if re.match(r"(OTEL_\w+=.* )?otel-ops", line)]
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
    """Every relative link and picture exists; no block is in a language that nobody runs."""
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert [] == missing
    assert set(re.findall(r"^```(\w+)$", text, re.MULTILINE)) <= LANGUAGES


def test_make_targets_that_are_told_exist() -> None:
    """The README names only targets that the Makefile has."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    told = {line.split()[1] for _, text in blocks(ROOT / "README.md", "console") for line in text.splitlines()}
    assert told
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in told)


def test_generated_pages_are_up_to_date() -> None:
    """The pages that are made from declarations say what these say; `make reference` writes them."""
    spec = importlib.util.spec_from_file_location("generate_reference", ROOT / "docs" / "generate_reference.py")
    assert spec is not None
    assert spec.loader is not None
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    for name, page in generator.PAGES.items():
        assert page() == (generator.FOLDER / name).read_text(encoding="utf-8"), "run `make reference`"
