"""``--gocache-store``: results in a store that another package brings."""

from __future__ import annotations

import pytest
from playground import Project

SHELF = """
    import pathlib

    class Shelf:
        def __init__(self, address):
            self.at = pathlib.Path(address)
            self.at.mkdir(exist_ok=True)

        def get(self, name):
            path = self.at / name
            return path.read_bytes() if path.exists() else None

        def put(self, name, blob):
            (self.at / name).write_bytes(blob)
"""
N2 = ("-p", "xdist", "-n2")


def bring(project: Project, module: str = SHELF) -> str:
    """Installs a package with a store; gives what asks for it."""
    project.write(
        {
            "../lib/team_store.py": module,
            "../lib/team_store-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: team-store\nVersion: 1.0\n",
            "../lib/team_store-1.0.dist-info/entry_points.txt": "[pytest_gocache.stores]\nteam = team_store:Shelf\n",
        }
    )
    return f"--gocache-store=team:{project.home / 'there'}"


@pytest.mark.parametrize("workers", [(), pytest.param(N2, marks=pytest.mark.long)], ids=["serial", "n2"])
def test_another_store(shop: Project, workers: tuple[str, ...]) -> None:
    """Two checkouts with local directories of their own share what lies there."""
    if workers:
        pytest.importorskip("xdist")
    team = bring(shop)
    assert len(shop.run(*workers, team).bodies) == 4
    # It alone has the passes, whatever this machine knows besides.
    assert len(shop.run(*workers).bodies) == 4
    for _ in range(2):
        warm = shop.run(*workers, team)
        assert not warm.bodies and warm.numbers == (3, 0, 0) and warm.counts == {"passed": 4}, warm.said
    elsewhere = shop.copied("elsewhere")
    elsewhere.store = shop.home / "another"
    assert not elsewhere.run(*workers, team).bodies
    elsewhere.edit("src/shop/orders.py", "sum(", "0 + sum(")
    assert elsewhere.run(*workers, team).modules == {"tests/test_orders.py"}
    shop.edit("src/shop/orders.py", "sum(", "0 + sum(")
    assert not shop.run(*workers, team).bodies
    for path in (shop.home / "there").iterdir():
        path.unlink()
    assert len(shop.run(*workers, team).bodies) == 4, "nothing of this machine answers for it"


def test_from_the_ini_file(shop: Project) -> None:
    """The command line wins, and ``disk`` is the local one. The choice makes no other key."""
    spec = bring(shop).partition("=")[2]
    shop.write({"pytest.ini": f"[pytest]\npythonpath = src\ngocache_store = {spec}\n"})
    assert len(shop.run().bodies) == 4 and not shop.run().bodies
    assert len(shop.run("--gocache-store=disk").bodies) == 4 and not shop.run("--gocache-store=disk").bodies
    assert not shop.run(f"--gocache-store={spec}").bodies
    assert (shop.store / "v1" / "cache.db").exists()


def test_a_pass_that_was_taken_back(project: Project) -> None:
    """A failure with nothing changed: no machine replays the pass any more."""
    project.write({"test_a.py": "def test_a():\n    pass\n"})
    team = bring(project)
    unlucky = "assert item.config.getini('junit_logging') == 'no'"  # which nobody sees being asked
    project.write({"../lib/luck.py": f"def pytest_runtest_setup(item):\n    {unlucky}\n"})
    assert not project.run("-pluck", team).code
    assert project.copied("there-too").run("-pluck", team).numbers == (1, 0, 0)
    assert project.run("-pluck", team, "-ojunit_logging=all", "--count=1").code == 1
    assert project.copied("here-too").run("-pluck", team).modules == {"test_a.py"}


@pytest.mark.parametrize("workers", [(), pytest.param(N2, marks=pytest.mark.long)], ids=["serial", "n2"])
@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("raise LookupError('no server')", "failed in loading team_store:Shelf (LookupError: no server)"),
        ("class Other: ...", "failed in loading team_store:Shelf (AttributeError: "),
        (SHELF.replace("self.at.mkdir", "raise OSError('no'); self.at.mkdir"), "failed in open (OSError: no)"),
        (SHELF.replace("path = self", "raise OSError('no'); path = self"), "failed in get (OSError: no)"),
        (SHELF.replace("path.read_bytes()", "5").replace("path.exists()", "1"), "failed in get (TypeError: it gave"),
        (SHELF.replace("(self.at / name).write", "raise OSError('no'); (self.at / name).write"), "failed in put (OSE"),
    ],
    ids=["load", "attribute", "open", "get", "wrong", "put"],
)
def test_a_broken_store(shop: Project, module: str, line: str, workers: tuple[str, ...]) -> None:
    """One line, and the run ends as without a cache."""
    if workers:
        pytest.importorskip("xdist")
    team = bring(shop, module)
    for _ in range(2):
        run = shop.run(*workers, team)
        assert (run.code, run.counts, len(run.bodies)) == (0, {"passed": 4}, 4), run.said
        assert run.out.count(f"gocache: the store 'team' of team-store {line}") == 1, run.out
        assert run.out.count("the store 'team'") == 1 and "INTERNAL" not in run.said, run.said
        assert set(run.refused.values()) == {"store-failed"}


def test_no_such_store(shop: Project) -> None:
    """It is said what there is; the tests run."""
    bring(shop)
    run = shop.run("--gocache-store=tema")
    line = (
        "gocache: no store is called 'tema' (there are dir, disk, team): install the package that brings it, or choose "
        "another --gocache-store (ini gocache_store); this run goes without"
    )
    assert line in run.out.splitlines() and len(run.bodies) == 4 and run.code == 0, run.out


def test_nobody_looks_for_stores_unless_asked(shop: Project) -> None:
    """The usual way pays nothing for it."""
    shop.write({"conftest.py": "import sys\n\ndef pytest_unconfigure():\n    print('has', *sys.modules)\n"})
    shop.python = ("-B",)  # an interpreter of its own, where nothing is imported beforehand
    for run in (shop.run(), shop.run("--gocache-store=disk")):
        assert "pytest_gocache.stores.place" in run.out and "pytest_gocache.stores.foreign" not in run.out, run.out


def test_what_it_reads_is_no_input(project: Project) -> None:
    """Its files are looked at while modules are collected; nobody's pass depends on them."""
    project.write({"a/test_a.py": "def test_a():\n    pass\n", "b/test_b.py": "def test_b():\n    pass\n"})
    team = bring(project)
    project.run(team)
    project.edit("a/test_a.py", "pass", "assert 1")
    assert project.run(team).modules == {"a/test_a.py"}
    assert not project.run(team).bodies


def test_a_store_in_the_package_of_a_plugin(project: Project) -> None:
    """What a plugin reads counts for all: every look at the store would be an input of every module."""
    project.write({"test_a.py": "def test_a():\n    pass\n"})
    run = project.run("-pteam_store", bring(project))
    line = (
        "gocache: the store 'team' of team-store lies in the package of a pytest plugin (team_store), and what plugins "
        "read counts for every test: move it to a package of its own, or choose another --gocache-store (ini "
        "gocache_store); this run goes without"
    )
    assert line in run.out.splitlines() and run.code == 0 and run.bodies, run.said
