"""Portable names: the same file is called alike wherever the checkout and the venv are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_gocache.core.places import Places


@pytest.fixture
def places() -> Places:
    return Places(
        Path("/home/me/project"),
        site=("/home/me/project/.venv/lib/site-packages", "/home/me/.local/lib/site-packages"),
        stdlib=("/usr/lib/python3.13",),
        owned=("/home/me/project/.venv/lib/site-packages/networkx",),
    )


NAMES = {
    "/home/me/project/tests/test_a.py": "tests/test_a.py",
    "/home/me/project": ".",
    "/home/me/project/{site}/odd.py": "./{site}/odd.py",
    "/home/me/project/.venv/lib/site-packages/networkx/x.py": "{site}/networkx/x.py",
    "/home/me/.local/lib/site-packages/six.py": "{site2}/six.py",
    "/usr/lib/python3.13/json/__init__.py": "{stdlib}/json/__init__.py",
    "/home/me/shared/data.json": "../shared/data.json",
    "/home/you/data.json": "../../you/data.json",
    "/home/me/projects/x.py": "../projects/x.py",
    "/etc/hosts": "/etc/hosts",
}


@pytest.mark.parametrize(("path", "name"), NAMES.items())
def test_a_path_has_a_portable_name_that_leads_back(places: Places, path: str, name: str) -> None:
    assert places.name(path) == name
    assert places.path(name) == path


def test_two_levels_up_is_relative_and_the_root_of_all_is_not() -> None:
    places = Places(Path("/srv/ci/build/project"))

    assert places.name("/srv/ci/data/x") == "../../data/x"
    assert places.name("/srv/other/x") == "/srv/other/x"
    assert Places(Path("/repo")).name("/etc/hosts") == "/etc/hosts"


def test_unclean_and_relative_paths_are_cleaned(places: Places) -> None:
    assert places.name("/home/me/project/tests/../src//a.py") == "src/a.py"
    assert places.name("tests/test_a.py") == "tests/test_a.py"


def test_a_symlinked_rootdir_is_rootdir_under_both_names(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    places = Places(tmp_path / "link")

    assert places.name(str(tmp_path / "link" / "a.py")) == "a.py"
    assert places.name(str((tmp_path / "real").resolve() / "a.py")) == "a.py"
    assert places.path("a.py") == str(tmp_path / "link" / "a.py")


def test_what_is_installed_is_third_party_unless_it_is_owned(places: Places) -> None:
    site = "/home/me/project/.venv/lib/site-packages"

    assert places.is_third_party(f"{site}/numpy/__init__.py")
    assert not places.is_third_party(f"{site}/networkx/tests/test_x.py")
    assert places.is_third_party(f"{site}/networkx_extra/x.py")
    assert not places.is_third_party("/home/me/project/src/a.py")


def test_the_standard_library_is_neither_first_nor_third_party(places: Places) -> None:
    assert places.is_stdlib("/usr/lib/python3.13/json/__init__.py")
    assert not places.is_first_party("/usr/lib/python3.13/json/__init__.py")
    assert places.is_first_party("/home/me/project/src/a.py")


def test_a_rootdir_inside_a_site_directory_is_first_party() -> None:
    places = Places(Path("/venv/site-packages/networkx"), site=("/venv/site-packages",))

    assert places.is_first_party("/venv/site-packages/networkx/x.py")
    assert places.is_third_party("/venv/site-packages/numpy/x.py")


def test_the_running_interpreter_knows_its_places(tmp_path: Path) -> None:
    places = Places.of_interpreter(tmp_path)

    assert places.name(os.__file__) == "{stdlib}/os.py"
    assert places.name(pytest.__file__).startswith("{site}/pytest/")
    assert places.is_third_party(pytest.__file__)
