"""The files beside the overlays."""

import pytest

from otel_ops.collector.folder import configuration_folder
from otel_ops.collector.shipped import FILE_SETS, files_of, shipped
from otel_ops.collector.sources import overlay_names
from otel_ops.exceptions import CollectorError


@pytest.mark.parametrize("name", FILE_SETS)
def test_what_a_set_names_is_there(name: str) -> None:
    """Each path is that of a file, or of a folder with files."""
    for path in FILE_SETS[name].paths:
        assert any(file == path or file.startswith(f"{path}/") for file in files_of([name])), path


def test_every_file_is_an_overlay_or_in_a_set() -> None:
    """Nothing is shipped that no command gives to people; vendors are rows of data."""
    root = configuration_folder()
    files = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    overlays = {f"{name}.yaml" for name in ("base", *overlay_names())}
    vendors = {file for file in files if file.startswith("vendors/")}
    assert files == {*files_of(FILE_SETS), *overlays, *vendors}


def test_a_file_of_several_sets_is_given_once() -> None:
    """Whatever sets are asked for."""
    files = files_of([*FILE_SETS, *FILE_SETS])
    assert len(set(files)) == len(files)
    assert all(shipped(file).is_file() for file in files)


def test_a_wrong_name_is_told_with_the_right_one() -> None:
    """The message has the nearest name."""
    with pytest.raises(CollectorError, match="kubernets: no such set of files; did you mean kubernetes"):
        files_of(["kubernets"])
