"""The folder outside of the repository in which real back ends are kept, once they are made."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.back_ends.recipes import RECIPES, NotMadeError, Recipe, digest_of

_MADE = "made"
"""File that stands in a folder which is whole, and says from what it was made."""


def cache_folder() -> Path:
    """Give the folder: ``$XDG_CACHE_HOME/otel_ops/back_ends``, by default below ``~/.cache``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "otel_ops" / "back_ends"


def folder_of(name: str) -> Path:
    """Give the folder of a back end that was made.

    Raises:
        NotMadeError: it was not made, or from other sources than those that are here.
    """
    recipe = next(recipe for recipe in RECIPES if recipe.name == name)
    if not is_made(recipe):
        recipe.check_tools()
        raise NotMadeError(f"{name} is not made; run: make backends")
    return cache_folder() / name


def is_made(recipe: Recipe) -> bool:
    """Tell whether a back end is there, made from the sources that are here."""
    made = cache_folder() / recipe.name / _MADE
    return made.is_file() and made.read_text(encoding="utf-8") == digest_of(recipe)


def make(recipe: Recipe) -> None:
    """Make a back end beside its place, and put it there whole.

    Raises:
        NotMadeError: it cannot be made.
    """
    place = cache_folder() / recipe.name
    beside = place.with_name(f"{place.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    recipe.make(beside)
    (beside / _MADE).write_text(digest_of(recipe), encoding="utf-8")
    shutil.rmtree(place, ignore_errors=True)
    beside.rename(place)


@contextmanager
def locked() -> Iterator[None]:
    """Keep others from making back ends meanwhile; wait for those who do."""
    import fcntl  # which Windows does not have

    cache_folder().mkdir(parents=True, exist_ok=True)
    with (cache_folder() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
