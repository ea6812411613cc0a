"""Makes the real back ends that tests of monitoring run: ``make backends``."""

from __future__ import annotations

import sys
import time

from tests.back_ends.cache import cache_folder, is_made, locked, make
from tests.back_ends.recipes import RECIPES, MissingToolError, NotMadeError, Recipe


def main() -> int:
    """Make what is not made; where a tool is missing, say loudly what that costs, and go on."""
    with locked():
        failed = [recipe for recipe in RECIPES if not _made(recipe)]
    print(f"back ends are kept in {cache_folder()}")
    return 1 if failed else 0


def _made(recipe: Recipe) -> bool:
    """Make one; tell whether all went well, or cannot go better on this machine."""
    try:
        print(f"{recipe.name}: {_make(recipe)}", flush=True)
    except MissingToolError as error:
        print(f"*** {error}. TESTS WILL BE SKIPPED: all that need {recipe.name} ***", file=sys.stderr)
    except NotMadeError as error:
        print(f"*** {recipe.name}: {error} ***", file=sys.stderr)
        return False
    return True


def _make(recipe: Recipe) -> str:
    if is_made(recipe):
        return "was made before"
    print(f"{recipe.name}: being made; that takes minutes, once", flush=True)
    began = time.monotonic()
    make(recipe)
    return f"made in {time.monotonic() - began:.0f} s"


if __name__ == "__main__":
    sys.exit(main())
