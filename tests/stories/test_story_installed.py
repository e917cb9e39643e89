"""Stories of installed distributions: upgraded, edited in place, asked for by name."""

from __future__ import annotations

import os
import shutil
import time
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from playground import Project, Run, some

PIE, CAKE, ALONE = "tests/test_pie.py", "tests/test_cake.py", "tests/test_alone.py"


class Bakery(Project):
    """A project with distributions of its own, of which pies need plates, and cakes nothing."""

    @property
    def site(self) -> Path:
        return self.home / "site-packages"

    def environment(self, **more: str | None) -> dict[str, str]:
        path = os.pathsep.join([str(self.home / "lib"), str(self.site)])
        return super().environment(**{"PYTHONPATH": path, "SITE": str(self.site), **more})

    def install(self, name: str, version: str, files: dict[str, str], requires: str = "") -> None:
        """As an installer does it: what was there goes, then files and metadata, and RECORD last."""
        for old in self.site.glob(f"{name}-*.dist-info"):
            shutil.rmtree(old)
        info = f"{name}-{version}.dist-info"
        wanted = f"Requires-Dist: {requires}\n" if requires else ""
        metadata = {f"{info}/METADATA": f"Name: {name}\nVersion: {version}\n{wanted}", f"{info}/INSTALLER": "test\n"}
        lines = [f"{info}/RECORD,,"]
        for path, text in {**files, **metadata}.items():
            (self.site / path).parent.mkdir(parents=True, exist_ok=True)
            (self.site / path).write_text(text)
            value = urlsafe_b64encode(sha256(text.encode()).digest()).rstrip(b"=").decode()
            lines.append(f"{path},sha256={value},{len(text)}")
        time.sleep(0.01)
        (self.site / info / "RECORD").write_text("\n".join(lines) + "\n")

    def edit_unseen(self, name: str, old: str, new: str) -> None:
        """An edit in place that leaves size and time as they were."""
        path = self.site / name
        seen, text = path.stat(), path.read_text()
        assert old in text and len(old) == len(new)
        path.write_text(text.replace(old, new))
        os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))

    def grow_old(self) -> None:
        """Lets the files grow old enough for their signatures to be believed."""
        time.sleep(2.1)


@pytest.fixture
def bakery(project: Project) -> Bakery:
    project.__class__ = Bakery
    assert isinstance(project, Bakery)
    project.install("pie", "1.0", {"pie/__init__.py": "from plate import SIZE\nHEAT = 200\n"}, requires="plate")
    project.install("plate", "1.0", {"plate.py": "SIZE = 30\n"})
    project.install("cake", "1.0", {"cake.py": "from importlib.metadata import version\nLAYERS = 3\n"})
    project.write(
        {
            PIE: "import pie\n\ndef test_pie():\n    assert (pie.HEAT, pie.SIZE) == (200, 30)\n",
            CAKE: "import cake\n\ndef test_cake():\n    assert cake.LAYERS == 3\n",
            ALONE: "def test_alone():\n    pass\n",
        }
    )
    return project


@pytest.mark.parametrize("young", some([True, False], 1))
def test_an_edit_in_place_is_seen_and_taken_back(bakery: Bakery, young: bool) -> None:
    """Same size, same mtime; believed signatures or not; an exact repeat or not."""
    if not young:
        bakery.grow_old()
    bakery.cold_and_warm()
    bakery.edit_unseen("pie/__init__.py", "200", "100")
    run = bakery.run()
    assert run.modules == {PIE} and run.code == 1, run.said
    bakery.edit_unseen("pie/__init__.py", "100", "200")
    assert not bakery.run().bodies
    assert not bakery.run(PIE).bodies


def test_touching_is_no_edit(bakery: Bakery) -> None:
    """Neither is writing the same again."""
    bakery.run()
    for path in bakery.site.rglob("*.py"):
        path.write_text(path.read_text())
    assert not bakery.run().bodies


def test_a_deleted_file_and_a_planted_one(bakery: Bakery) -> None:
    """What is gone is seen; so is a module that no RECORD lists."""
    bakery.run()
    bakery.site.joinpath("plate.py").rename(bakery.site / "elsewhere")
    assert bakery.run().modules == set() and bakery.run().code != 0  # it cannot be collected
    bakery.site.joinpath("elsewhere").rename(bakery.site / "plate.py")
    assert not bakery.run().bodies

    (bakery.site / "pie" / "plate.py").write_text("SIZE = 40\n")
    assert bakery.run().modules == {PIE}


def test_upgrades_reach_those_who_use_them(bakery: Bakery) -> None:
    """Also by way of what is required. Something unrelated reaches nobody."""
    bakery.run()
    bakery.install("juice", "1.0", {"juice.py": "X = 1\n"})
    assert not bakery.run().bodies
    bakery.install("plate", "1.0.1", {"plate.py": "SIZE = 40\n"})
    run = bakery.run()
    assert run.modules == {PIE} and run.code == 1
    bakery.install("plate", "1.0", {"plate.py": "SIZE = 30\n"})
    assert not bakery.run().bodies


def test_installed_where_an_import_error_was_caught(bakery: Bakery) -> None:
    """A fallback is taken until the distribution is there."""
    text = "try:\n    import jam\nexcept ImportError:\n    jam = None\n\ndef test_jam():\n    assert jam is None\n"
    bakery.write({"tests/test_jam.py": text})
    bakery.cold_and_warm()
    bakery.install("jam", "1.0", {"jam.py": "X = 1\n"})
    run = bakery.run()
    assert run.modules == {"tests/test_jam.py"} and run.code == 1


def asks(bakery: Bakery, body: str) -> Run:
    """A module that asks for metadata, and has no other dealings with any distribution."""
    bakery.write({"tests/test_asks.py": f"import importlib.metadata as m\n\ndef test_it():\n    {body}\n"})
    return bakery.cold_and_warm()[0]


def test_a_version_is_asked_for(bakery: Bakery) -> None:
    """An upgrade of that one is seen, of others not."""
    asks(bakery, "assert m.version('Cake') == '1.0'")
    bakery.install("juice", "1.0", {"juice.py": "X = 1\n"})
    bakery.install("plate", "1.1", {"plate.py": "SIZE = 30\n"})
    assert bakery.run().modules == {PIE}
    bakery.install("cake", "1.1", {"cake.py": "LAYERS = 3\n"})
    run = bakery.run()
    assert run.modules == {CAKE, "tests/test_asks.py"} and run.code == 1


def test_entry_points_are_asked_for(bakery: Bakery) -> None:
    """Of one group: what has none of that group reaches nobody."""
    asks(bakery, "assert not m.entry_points(group='oven')")
    bakery.install("juice", "1.0", {"juice-1.0.dist-info/entry_points.txt": "[glass]\na = juice\n"})
    assert not bakery.run().bodies
    bakery.install("hearth", "1.0", {"hearth-1.0.dist-info/entry_points.txt": "[oven]\na = hearth\n"})
    run = bakery.run()
    assert run.modules == {"tests/test_asks.py"} and run.code == 1


def test_edited_while_tests_run(bakery: Bakery) -> None:
    """Whoever uses it is not stored, for nobody knows what it saw."""
    bakery.write(
        {
            ALONE: """
                import os, pathlib

                def test_alone():
                    site = os.environ["SITE"]
                    path = pathlib.Path(site, "plate.py")
                    path.write_text(path.read_text().replace("SIZE = 30", "SIZE = 30 "))
            """
        }
    )
    run = bakery.run()
    assert run.refused == {PIE: "too-new: distribution plate"}, run.said
    assert bakery.run().modules == {PIE}
