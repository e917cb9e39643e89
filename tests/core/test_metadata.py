"""Who looks for which metadata, and what a look-up of metadata depends on."""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_installed import LATER, edit_unseen, install

from pytest_gocache.core.distributions import Distributions
from pytest_gocache.core.hashing import ABSENT
from pytest_gocache.core.installed import holds
from pytest_gocache.core.metadata import is_listing, looked_up, watch_metadata


@pytest.fixture
def asked() -> Iterator[list[str]]:
    names: list[str] = []
    stop = watch_metadata(names.append)
    yield names
    stop()


def test_a_look_up_tells_the_name(asked: list[str]) -> None:
    for _ in range(2):  # the second time, importlib.metadata remembers
        asked.clear()
        importlib.metadata.version("PyTest")
        importlib.metadata.requires("pytest")
        with pytest.raises(importlib.metadata.PackageNotFoundError):
            importlib.metadata.distribution("no_such.Thing")
        assert asked == ["pytest", "pytest", "no-such-thing"]


def test_entry_points_tell_their_group(asked: list[str]) -> None:
    importlib.metadata.entry_points(group="console_scripts")
    importlib.metadata.entry_points(group="pytest11", name="gocache")
    importlib.metadata.entry_points()

    assert asked == ["entry points of console_scripts", "entry points of pytest11", "entry points of *"]


def test_other_searches_are_of_all(asked: list[str]) -> None:
    list(importlib.metadata.distributions())
    importlib.metadata.MetadataPathFinder.find_distributions()
    importlib.metadata.packages_distributions()

    assert asked == ["*", "*", "*"]


def test_users_see_nothing_of_it() -> None:
    def seen() -> tuple[object, ...]:
        function = importlib.metadata.MetadataPathFinder.find_distributions
        told = (function.__name__, function.__qualname__, function.__module__, function.__doc__)
        kind = type(vars(importlib.metadata.MetadataPathFinder)["find_distributions"])
        return (*told, str(inspect.signature(function)), kind, hasattr(function, "__wrapped__"))

    before = seen(), vars(importlib.metadata.MetadataPathFinder)["find_distributions"]
    stop = watch_metadata(lambda name: None)
    assert seen() == before[0]
    stop()
    assert (seen(), vars(importlib.metadata.MetadataPathFinder)["find_distributions"]) == before


def test_what_somebody_else_put_there_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    stop = watch_metadata(lambda name: None)
    theirs = classmethod(lambda cls, context=None: iter(()))
    monkeypatch.setattr(importlib.metadata.MetadataPathFinder, "find_distributions", theirs)
    stop()

    assert vars(importlib.metadata.MetadataPathFinder)["find_distributions"] is theirs


@pytest.mark.gocache(allow=["subprocess:python"])  # it imports what this file imports, too
def test_it_is_not_imported_for_us_and_watched_all_the_same() -> None:
    code = """
import sys
from pytest_gocache.core.metadata import watch_metadata
asked = []
stop = watch_metadata(asked.append)
assert "importlib.metadata" not in sys.modules
import importlib.metadata
importlib.metadata.version("pytest")
importlib.metadata.entry_points(group="x")
stop()
importlib.metadata.version("pluggy")
print(asked)
"""
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, env=_path())
    assert done.stdout.strip() == "['pytest', 'entry points of x']", done.stderr


def _path() -> dict[str, str]:
    return {"PYTHONPATH": ":".join(entry for entry in sys.path if entry)}


def test_a_file_of_the_metadata_belongs_to_its_distribution() -> None:
    frame, sites = sys._getframe(), {"/site"}
    assert looked_up("/site/Foo_bar-1.0.dist-info/METADATA", frame, sites) == "foo-bar"
    assert looked_up("/site/foo-1.0.dist-info/RECORD", frame, sites) == "foo"
    assert looked_up("/site/foo-1.0.dist-info/entry_points.txt", frame, sites) == "foo"
    assert looked_up("/site/foo.egg-info/PKG-INFO", frame, sites) == "foo"
    assert looked_up("/site/foo-1.0.dist-info/direct_url.json", frame, sites) is None
    assert looked_up("/site/foo-1.0.dist-info/licenses/LICENSE", frame, sites) is None
    assert looked_up("/site/foo/METADATA", frame, sites) is None
    assert looked_up("/tmp/foo-1.0.dist-info/METADATA", frame, sites) is None


def test_what_the_machinery_reads_is_told_from_what_tests_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    listed: list[object] = []
    install(tmp_path, "pie", {"pie-1.0.dist-info/entry_points.txt": "[x]\na = b\n"})
    watching = [True]

    def hook(event: str, args: tuple[object, ...]) -> None:
        if watching and event == "open" and str(args[0]).startswith(str(tmp_path)):
            told.append(looked_up(str(args[0]), sys._getframe(1), {str(tmp_path)}))
        if watching and event == "os.listdir" and args[0] == str(tmp_path):
            listed.append(is_listing(sys._getframe(1)))

    sys.addaudithook(hook)
    monkeypatch.syspath_prepend(tmp_path)
    (found,) = importlib.metadata.entry_points(group="x")
    assert found.dist is not None and found.dist.version == "1.0"
    os.listdir(tmp_path)
    watching.clear()

    assert told == ["", "pie"] and listed[-1] is False and set(listed[:-1]) == {True}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    install(tmp_path, "pie", {"pie-1.0.dist-info/entry_points.txt": "[oven]\na = b\n# no\n[plate]\nc = d\n"})
    install(tmp_path, "unrelated", {"unrelated.py": ""})
    return tmp_path


def present(site: Path, *names: str) -> list[str]:
    run = Distributions([str(site)], None, LATER)
    return [run.present(name) for name in names]


def test_a_look_up_depends_on_that_distribution_only(site: Path) -> None:
    wanted = ("pie", "entry points of oven", "entry points of plate", "*", "cake")
    pie, oven, plate, every, cake = present(site, *wanted)
    assert cake == ABSENT

    install(site, "cake", {"cake-1.0.dist-info/entry_points.txt": "[oven]\nx = y\n"})
    now = present(site, *wanted)
    assert (now[0], now[2]) == (pie, plate)
    assert now[1] != oven and now[3] != every and now[4] != ABSENT


def test_a_look_up_sees_upgrades_and_edits_and_not_moves(site: Path, tmp_path: Path) -> None:
    (before,) = present(site, "pie")
    path = site / "pie-1.0.dist-info/METADATA"
    edit_unseen(path, path.read_text().replace("1.0", "1.1"))
    assert present(site, "pie") != [before]
    edit_unseen(path, path.read_text().replace("1.1", "1.0"))
    (site / "pie-1.0.dist-info/direct_url.json").write_text("here")
    assert present(site, "pie") == [before]

    path.parent.rename(site / "pie-1.1.dist-info")
    assert present(site, "pie") != [before]


def test_metadata_outside_the_site_directories_count(tmp_path: Path) -> None:
    (tmp_path / "src/shop.egg-info").mkdir(parents=True)
    info = tmp_path / "src/shop.egg-info/PKG-INFO"
    info.write_text("Name: shop\nVersion: 1\n")

    def shop() -> str:
        return Distributions([], None, LATER, elsewhere=[str(tmp_path / "src")]).present("shop")

    before = shop()
    assert before != ABSENT
    info.write_text("Name: shop\nVersion: 2\n")
    assert shop() != before


@pytest.mark.parametrize("wanted", ["pie", "entry points of oven"])
def test_the_witness_covers_what_was_looked_up(site: Path, wanted: str) -> None:
    run = Distributions([str(site)], None, LATER)
    run.present(wanted)
    witness = json.loads(json.dumps(run.witness()))
    (site / "unrelated.py").write_text("X = 1\n")
    assert holds(witness)

    (site / "pie-1.0.dist-info/entry_points.txt").write_text("[oven]\na = c\n")
    assert not holds(witness)
