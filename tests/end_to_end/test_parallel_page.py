"""The page on parallel work says what the tests show, and no more."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "parallel.md"
TESTS = ROOT / "tests" / "integration" / "carriers"


def rows_of_page() -> list[str]:
    """Give the first cell of each row of the table."""
    table = [line for line in PAGE.read_text("utf-8").split("\n\n")[2].splitlines() if line.startswith("| ")]
    return [row.split("|")[1].strip() for row in table[2:]]


def rows_of_tests() -> Iterator[str]:
    """Give the rows that tests are marked with, by ``pytest.mark.carrier``, unless they are skipped anyhow."""
    for path in TESTS.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.carrier":
                yield ast.literal_eval(node.args[0])


def test_each_row_is_shown_by_tests() -> None:
    """Every row of the table has tests, and every test of a carrier its row."""
    assert sorted(rows_of_page()) == sorted(set(rows_of_tests()))


def test_each_row_has_its_section() -> None:
    """What the table names is told below it."""
    headings = {line.lstrip("# ").lower() for line in PAGE.read_text("utf-8").splitlines() if line.startswith("## ")}
    assert [] == [row for row in rows_of_page() if not any(row.lower() in heading for heading in headings)]
