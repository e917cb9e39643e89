"""One cache for several machines: directories that are carried, merged, shared."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from playground import Project

from pytest_gocache.cli import main

XDIST = ("-pxdist", "-pxdist.looponfail", "-n2")


def elsewhere(project: Project, name: str) -> Project:
    """A fresh clone in another place, with other times and an empty local store."""
    clone = project.copied(name)
    clone.store = project.home / f"{name}-store"
    return clone


@pytest.mark.parametrize("workers", [(), pytest.param(XDIST, marks=pytest.mark.long)], ids=["serial", "n2"])
def test_a_directory_that_is_shared(shop: Project, workers: tuple[str, ...]) -> None:
    """What one run put there another one in another checkout finds, and adds to it."""
    store = f"--gocache-store=dir:{shop.home / 'shared'}"
    shop.cold_and_warm(store, *workers)
    clone = elsewhere(shop, "clone")
    assert not clone.run(store, *workers).bodies
    assert clone.run(*workers).bodies, "its own store is empty"
    clone.edit("src/shop/orders.py", "sum(", "0 + sum(")
    assert clone.run(store, *workers).modules == {"tests/test_orders.py"}
    assert not clone.run(store, *workers).bodies and not shop.run(store, *workers).bodies
    assert all(len(path.name) == 64 for path in (shop.home / "shared").rglob("*") if path.is_file())


def test_a_directory_of_files_by_its_address(shop: Project) -> None:
    """The same store, written as an address; two stores are one too many."""
    shop.run(f"--gocache-store=dir:{shop.home / 'shared'}")
    clone, there = elsewhere(shop, "clone"), f"--gocache-dir=dir://{shop.home / 'shared'}"
    assert not clone.run(there).bodies and not (clone.root / "dir:").exists()
    twice = clone.run(there, "--gocache-store=dir:other")
    assert twice.code == 4 and "is a store, and so is --gocache-store=dir:other: give one" in twice.said


def test_a_directory_that_cannot_be_used(shop: Project) -> None:
    """One line, and the tests run."""
    (shop.home / "file").write_text("no directory")
    run = shop.run(f"--gocache-store=dir:{shop.home / 'file'}")
    assert run.code == 0 and len(run.bodies) == 4
    assert run.out.count("the store 'dir' of pytest-gocache failed in ") == 1, run.out
    assert "it needs a path: dir:PATH" in shop.run("--gocache-store=dir").out


def test_damaged_entries_of_a_directory(shop: Project) -> None:
    """They count as absent, and are replaced."""
    store = f"--gocache-store=dir:{shop.home / 'shared'}"
    shop.run(store)
    for path in (shop.home / "shared").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-1])
    assert len(shop.run(store).bodies) == 4
    assert not shop.run(store).bodies


def command(project: Project, *args: str) -> int:
    return main([*args, "--gocache-dir", str(project.store)])


def test_shards_are_merged(shop: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Each runs a part, with a store of its own; their exports together answer a whole run."""
    shards = [elsewhere(shop, f"shard{number}") for number in range(2)]
    shards[0].run("tests/test_prices.py")
    shards[1].run("tests/test_orders.py", "tests/test_alone.py")
    exported = [str(shop.home / f"export{number}") for number in range(2)]
    for shard, place in zip(shards, exported, strict=True):
        assert command(shard, "export", place) == 0
    assert "copied" in capsys.readouterr().out
    assert command(shop, "import", *exported) == 0
    assert "added " in capsys.readouterr().out
    run = shop.run()
    assert not run.bodies and run.numbers == (3, 0, 0)
    assert command(shop, "import", *exported) == 0
    assert capsys.readouterr().out.startswith("added 0 entries to ")


def test_traces_of_both_are_kept(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Two machines where a test read other values: each finds its own pass afterwards."""
    project.write({"test_a.py": "import os\n\ndef test_a():\n    assert os.environ['PLACE']\n"})
    other = elsewhere(project, "other")
    project.run(PLACE="here")
    other.run(PLACE="there")
    assert command(other, "export", str(project.home / "export")) == 0
    assert command(project, "import", str(project.home / "export")) == 0
    assert not project.run(PLACE="here").bodies and not project.run(PLACE="there").bodies


def test_odd_files_are_skipped(shop: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """With a count; names that are none are not even looked at."""
    shop.run()
    place = shop.home / "export"
    assert command(shop, "export", str(place)) == 0
    files = [path for path in place.rglob("*") if path.is_file()]
    files[0].write_bytes(b"garbage")
    shutil.copy(files[1], files[1].with_name("f" * 64))
    (place / "README").write_text("hello")
    (place / "ab").mkdir(exist_ok=True)
    (place / "ab" / "x.part").write_text("half")
    fresh = elsewhere(shop, "fresh")
    capsys.readouterr()
    assert command(fresh, "import", str(place)) == 0
    assert "skipped 2 damaged or foreign ones" in capsys.readouterr().out
    assert command(fresh, "import", str(shop.home / "nowhere")) == 2
    assert "there is no directory" in capsys.readouterr().err


def test_a_cache_directory_that_is_carried(shop: Project) -> None:
    """As a CI does: copied to another place, for another checkout; all are hits. Also under another umask."""
    shop.run()
    clone = elsewhere(shop, "clone")
    before = os.umask(0o077)
    try:
        shutil.copytree(shop.store, clone.store, copy_function=shutil.copyfile)
        assert not clone.run().bodies
    finally:
        os.umask(before)
    assert Path(clone.store).exists()


def test_a_cache_directory_in_the_checkout(shop: Project) -> None:
    """Where a CI caches nothing else: it is nobody's input, and no part of the tree."""
    shop.write({"tests/test_lists.py": "import os\n\ndef test_it():\n    assert len(os.listdir('.')) < 9\n"})
    shop.store = shop.root / ".gocache"
    shop.run()
    assert not shop.run().bodies and not shop.run("-v").bodies
    assert (shop.store / ".gitignore").read_text().strip() == "*"


USER = 54321
"""Of nobody."""


def become_another() -> None:
    """Another user; where he could not reach the interpreter (it lies in root's home), by name only."""
    os.setgroups([])
    reached = all(os.stat(path).st_mode & 0o001 for path in Path(os.path.realpath(sys.executable)).parents)
    os.setresgid(USER, USER if reached else 0, 0)
    os.setresuid(USER, *(USER, USER) if reached else (0, 0))


def git(*args: str, at: Path) -> None:
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "protocol.file.allow=always")
    subprocess.run(["git", *who, *args], cwd=at, check=True, capture_output=True, env=os.environ | {"HOME": str(at)})


@pytest.mark.long
@pytest.mark.skipif(not shutil.which("git"), reason="needs git")
@pytest.mark.parametrize("depth", [(), ("--depth=1",)], ids=["whole", "shallow"])
def test_a_clone_of_another_user(shop: Project, depth: tuple[str, ...]) -> None:
    """Deeper down, with other rights, times and owners (where the tests run as root), and less of the past."""
    git("init", "-q", "-b", "main", at=shop.root)
    for message in ("first", "second"):
        git("add", "-A", at=shop.root)
        git("commit", "-q", "--allow-empty", "-m", message, at=shop.root)
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        shutil.copytree(shop.home / "lib", home / "lib")
        shop.python, shop.diary = ("-B",), home / "diary.txt"
        shop.run(PYTHONPATH=str(home / "lib"))
        before = os.umask(0o002)
        try:
            git("clone", "-q", *depth, shop.root.as_uri(), "work/of/somebody/project", at=home)
        finally:
            os.umask(before)
        clone = shop.copied("unused")
        clone.home, clone.root, clone.store = home, home / "work/of/somebody/project", home / "cache"
        shutil.copytree(shop.store, clone.store, copy_function=shutil.copyfile)
        for path in [home, *home.rglob("*")]:
            os.utime(path, (10**9, 10**9), follow_symlinks=False)
            if os.getuid() == 0:
                os.chown(path, USER, USER, follow_symlinks=False)
        clone.before = become_another if os.getuid() == 0 else None
        os.chmod(home, 0o755)
        run = clone.run()
        assert not run.bodies and run.numbers == (3, 0, 0), run.said
        clone.edit("src/shop/orders.py", "sum(", "0 + sum(")
        assert clone.run().modules == {"tests/test_orders.py"} and not clone.run("-v").bodies
