"""After an edit the snapshot vouches for the modules that need nothing of what changed: no graph, no look-up.

That it was the snapshot and not the store that answered is seen by taking the store's database away: whoever
would be looked up there has to run. All other stories that edit and run again go this way too.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from playground import Project, lose_database

from pytest_gocache.core import snapshot
from pytest_gocache.stores.place import FORMAT, LocalFiles

ALONE, ORDERS, PRICES = "tests/test_alone.py", "tests/test_orders.py", "tests/test_prices.py"


def local(project: Project, kind: str) -> Path:
    """The one file of that kind."""
    (found,) = (project.store / FORMAT / "local").glob(f"{kind}-*")
    return found


def test_who_needs_nothing_of_it_is_not_looked_up(shop: Project) -> None:
    """A test module, a source, a file that is read: each touches those that need it."""
    shop.write({"tests/test_reads.py": "def test_reads():\n    assert open('data.txt').read()\n", "data.txt": "1"})
    shop.cold_and_warm()
    lose_database(shop)
    shop.edit(ALONE, "1 + 1 == 2", "1 + 1 + 1 == 3")
    run = shop.run()
    assert run.modules == {ALONE} and run.numbers == (3, 1, 0) and run.counts == {"passed": 5}
    lose_database(shop)
    shop.edit("src/shop/orders.py", "sum(", "0 + sum(")
    assert shop.run().modules == {ORDERS}
    lose_database(shop)
    shop.write({"data.txt": "2"})
    assert shop.run().modules == {"tests/test_reads.py"}
    lose_database(shop)
    shop.edit("src/shop/prices.py", "net // 5", "net // 4")
    assert shop.run().modules == {ORDERS, PRICES}
    lose_database(shop)
    assert not shop.run().bodies  # what ran took its place beside those that were vouched for


def test_order_and_words_are_those_of_a_look_up(shop: Project) -> None:
    """A line for each module, in pytest's order; -v and junit, which need whole results, too."""
    shop.cold_and_warm()
    shop.edit(ORDERS, "total(10, 20)", "total(10, 21)")
    run = shop.run()
    lines = [line.split("[")[0].split() for line in run.out.splitlines() if line.startswith("tests/")]
    assert lines == [[ALONE, ".", "(cached)"], [ORDERS, "."], [PRICES, "..", "(cached)"]]
    shop.cold_and_warm("-v")
    shop.edit(ORDERS, "total(10, 21)", "total(10, 22)")
    verdicts = shop.run("-v").verdicts()
    assert verdicts[f"{ORDERS}::test_total"] == ["PASSED"]
    assert verdicts[f"{ALONE}::test_alone"] == verdicts[f"{PRICES}::test_gross"] == ["PASSED (cached)"]


def test_a_module_that_never_passes_leaves_the_others_vouched_for(shop: Project) -> None:
    """It runs each time; the rest needs neither graph nor store. Mended, it is stored, and nothing runs."""
    shop.write({"tests/test_bad.py": "def test_bad():\n    assert 0\n"})
    assert shop.run().code == 1
    lose_database(shop)
    for _ in range(2):
        run = shop.run()
        assert run.code == 1 and run.modules == {"tests/test_bad.py"} and run.counts == {"failed": 1, "passed": 4}
    shop.edit(ALONE, "1 + 1 == 2", "1 + 1 == 3")
    run = shop.run()
    assert run.modules == {"tests/test_bad.py", ALONE} and run.counts == {"failed": 2, "passed": 3}
    shop.edit(ALONE, "1 + 1 == 3", "1 + 1 == 2")
    shop.write({"tests/test_bad.py": "def test_bad():\n    pass\n"})
    assert shop.run().code == 0
    assert not shop.run().bodies


def test_an_edit_and_its_undoing(shop: Project) -> None:
    """A failure in between: the old pass is shown again, and only for the old text."""
    shop.cold_and_warm()
    shop.edit("src/shop/prices.py", "net + net // 5", "net - 1")
    broken = shop.run()
    assert broken.code == 1 and broken.modules == {ORDERS, PRICES}
    assert shop.run().modules == {ORDERS, PRICES}
    shop.edit("src/shop/prices.py", "net - 1", "net + net // 5")
    assert not shop.run().bodies


def test_what_a_module_reads_anew_counts_from_then_on(shop: Project) -> None:
    """The needs of who ran are those of this run, not of the one before."""
    shop.write({"data.txt": "good"})
    shop.cold_and_warm()
    shop.edit(ALONE, "assert 1 + 1 == 2", "assert open('data.txt').read() == 'good'")
    assert shop.run().modules == {ALONE}
    shop.write({"data.txt": "bad"})
    run = shop.run()
    assert run.code == 1 and run.modules == {ALONE}


def test_a_conftest_that_comes_to_take_part(shop: Project) -> None:
    """What it brings at its import reaches modules elsewhere: it is loaded although all beside it is vouched for."""
    shop.write(
        {
            "tests/aside/conftest.py": "import os\nos.environ['ASIDE'] = 'here'\n",
            "tests/aside/test_aside.py": "def test_aside():\n    pass\n",
            "tests/test_zone.py": "import os\n\ndef test_zone():\n    assert os.environ['ASIDE'] == 'here'\n",
        }
    )
    shop.cold_and_warm()
    shop.edit("tests/test_zone.py", "assert os", "assert 1 and os")
    run = shop.run()
    assert run.code == 0 and run.modules == {"tests/test_zone.py"}, run.said


def test_workers_collect_what_has_to_run(shop: Project) -> None:
    """The controller vouches; nobody looks up the rest, and the order of the modules is pytest's."""
    n2 = ("-pxdist", "-pxdist.looponfail", "-n2")
    shop.run(*n2)
    shop.run(*n2)
    lose_database(shop)
    shop.edit(ALONE, "1 + 1 == 2", "1 + 1 + 1 == 3")
    run = shop.run(*n2)
    assert run.modules == {ALONE} and run.numbers == (2, 1, 0) and run.counts == {"passed": 4}, run.said
    lose_database(shop)
    assert not shop.run(*n2).bodies


STARTED = """
    import pytest

    def telling(kind, original):
        def collect(self):
            print("comes by", self.nodeid)
            return original(self)

        kind.collect = collect

    for kind in (pytest.Dir, pytest.Package):
        telling(kind, kind.collect)

    def pytest_itemcollected(item):
        print("finds", item.nodeid)
"""
EDITED, FAILS, WORDS = "tests/a/test_2.py", "tests/g/test_8.py", "tests/f/test_words.txt"
PLACES = {
    "conftest.py": STARTED,
    **{f"tests/{name}.py": "def test_it():\n    pass\n" for name in ("test_b", "a/test_1", "a/test_2", "c/d/test_3")},
    **{f"tests/{name}.py": "def test_it():\n    pass\n" for name in ("c/test_4", "e/test_5", "f/test_6", "g/test_7")},
    **dict.fromkeys(("tests/c/__init__.py", "tests/c/d/__init__.py"), ""),
    "tests/e/conftest.py": "",
    WORDS: ">>> 1 + 1\n2\n",
    FAILS: "def test_bad():\n    assert 0\n",
}


@pytest.mark.parametrize(
    "args",
    [
        ("-s",),
        pytest.param(("-s", "-p_hypothesis_pytestplugin"), marks=pytest.mark.long),
        pytest.param(("-pxdist", "-pxdist.looponfail", "-n2"), marks=pytest.mark.long),
    ],
)
def test_directories_without_anything_to_run(project: Project, args: tuple[str, ...]) -> None:
    """pytest does not even come by them. Where something runs, or a conftest lies, it does."""
    project.write(PLACES)
    project.run(*args)
    project.edit(EDITED, "pass", "assert 1")
    run, plain = project.run(*args), project.plain(*args)
    assert run.modules == {EDITED, FAILS, WORDS} and run.counts == plain.counts and run.code == 1
    if "-s" in args:
        came = {line.split()[2] for line in run.out.splitlines() if line.startswith("comes by tests/")}
        assert came == {"tests/a", "tests/e", "tests/f", "tests/g"}
        order = [line.split()[1].partition("::")[0] for line in plain.out.splitlines() if line.startswith("finds")]
        lines = project.run(*args, "--tb=no").out.splitlines()
        shown = [line.split()[0] for line in lines if line.startswith("tests/")]
        assert shown == order, "in pytest's order, too"
    project.edit(FAILS, "assert 0", "pass")
    assert project.run(*args).code == 0
    project.write({"tests/c/d/test_9.py": "def test_it():\n    assert 0\n"})
    run = project.run(*args)
    assert "tests/c/d/test_9.py" in run.modules and run.code == 1, "a new file in a directory left out before"


def test_a_directory_left_out_is_come_by_when_its_own_changes(project: Project) -> None:
    """And those named on the command line always are."""
    project.write(PLACES | {FAILS: "", WORDS: ""})
    project.run()
    for edited in (EDITED, "tests/c/d/test_3.py", "tests/c/test_4.py", EDITED):
        text = (project.root / edited).read_text()
        project.edit(edited, text, f"{text}    assert 1\n")
        assert project.run().modules == {edited}
    project.edit(EDITED, "pass", "assert 0")
    for args in (("tests/c", "tests/a"), ("tests/c/d/test_3.py", "tests/a"), ("tests/c", EDITED)):
        project.run(*args)
        project.edit(EDITED, "assert 0", "assert 0 or 0")
        run, plain = project.run(*args), project.plain(*args)
        assert run.counts == plain.counts and run.modules == {EDITED}, args


def test_conftests_that_only_workers_load(shop: Project) -> None:
    """A nested conftest that acts on the session, or chooses among files, is in the way as in a serial run."""
    serial = ("-pxdist", "-pxdist.looponfail")
    n2 = (*serial, "-n2")
    shop.write({"tests/sub/conftest.py": "X = 1\n", "tests/sub/test_sub.py": "def test_sub():\n    pass\n"})
    shop.cold_and_warm(*serial)
    shop.write({"tests/sub/conftest.py": "def pytest_sessionfinish(session):\n    session.exitstatus = 7\n"})
    assert "tests/sub/test_sub.py" in shop.run(*n2).modules  # and all others: the conftest acts on the session
    for _ in range(2):
        assert shop.run(*serial).code == shop.plain(*serial).code == 7
    ignores = "import os.path\n\ncollect_ignore = ['test_sub.py'] * os.path.exists('../no')\n"
    shop.write({"tests/sub/conftest.py": ignores})
    assert shop.run(*n2).code == 0
    (shop.root.parent / "no").touch()
    assert shop.run(*serial).counts == shop.run(*n2).counts == shop.plain().counts == {"passed": 4}


def test_a_plugin_that_counts_files(project: Project) -> None:
    """It is asked about each file, whoever vouches for it."""
    project.write(
        {
            "pytest.ini": "[pytest]\naddopts = -p shard\npythonpath = .\n",
            "shard.py": """
                import itertools

                NUMBER = itertools.count()

                def pytest_ignore_collect(collection_path):
                    if collection_path.name.startswith("test_") and next(NUMBER) % 2:
                        return True
            """,
            **{f"test_{letter}.py": "def test_it():\n    pass\n" for letter in "abcd"},
        }
    )
    assert project.run().modules == {"test_a.py", "test_c.py"}
    project.edit("test_a.py", "pass", "assert True")
    run = project.run()
    assert run.modules == {"test_a.py"} and run.counts == project.plain().counts == {"passed": 2}


def test_nothing_is_left_behind_where_a_session_breaks(project: Project) -> None:
    """pytest's own class is as it was, also if hooks of the user's raise and the session neither begins nor ends."""
    project.write(
        {
            "test_a.py": "def test_a():\n    pass\n",
            "pytest.ini": "[pytest]\n",
            "start/conftest.py": "import pytest\n\ndef pytest_sessionstart():\n    raise pytest.UsageError('no')\n",
            "end/conftest.py": "def pytest_sessionfinish():\n    raise ValueError('no')\n",
            "drive.py": """
                import contextlib

                import pytest
                from _pytest.fixtures import FixtureDef

                before = vars(FixtureDef)["execute"]
                for where in ("start", "end"):
                    with contextlib.suppress(ValueError):
                        pytest.main(["-pgocache", "--gocache", where])
                    assert vars(FixtureDef)["execute"] is before, where
            """,
            "start/test_b.py": "def test_b():\n    pass\n",
            "end/test_c.py": "def test_c():\n    pass\n",
        }
    )
    done = subprocess.run(
        [sys.executable, "drive.py"], cwd=project.root, env=project.environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_needs_that_are_lost_or_of_another_snapshot(shop: Project) -> None:
    """Then the general way decides: all the same verdicts, from the store."""
    shop.cold_and_warm()
    for spoil in (Path.unlink, lambda path: path.write_bytes(b"odd")):
        spoil(local(shop, "needs"))
        shop.edit(ALONE, "1 + ", "1 + 0 + ")
        assert shop.run().modules == {ALONE}
        assert not shop.run().bodies


def test_what_is_vouched_for_ends_when_its_first_day_does(shop: Project) -> None:
    """Edits do not put off the day on which the store has to learn what is in use."""
    shop.cold_and_warm()

    def written() -> float:
        found = snapshot.decode(payload_of(local(shop, "snapshot")))
        assert found is not None
        return found.written

    first = written()
    shop.edit(ALONE, "1 + ", "1 + 0 + ")
    assert shop.run().modules == {ALONE}
    assert written() == first


def payload_of(path: Path) -> bytes:
    payload = LocalFiles(str(path.parent.parent.parent)).read(path.stem)
    assert payload is not None
    return payload


def test_a_file_that_nobody_imports_or_collects(shop: Project) -> None:
    """A log, a note: where it comes, or goes, everything is as it was but for those who list the directory."""
    shop.write({"tests/test_lists.py": "import os\n\ndef test_lists():\n    assert len(os.listdir('logs')) < 2\n"})
    shop.write({"logs/a.log": ""})
    shop.cold_and_warm()
    for name in ("tests/note.md", "src/shop/data.json", "result.xml"):
        lose_database(shop)
        shop.write({name: ""})
        assert shop.run().numbers == (4, 0, 0), name
    shop.write({"logs/b.log": ""})
    run = shop.run()
    assert run.modules == {"tests/test_lists.py"} and run.code == 1


def test_a_file_that_is_collected(shop: Project) -> None:
    """By pytest's doctests, by the names of the ini file, by a conftest."""
    shop.write({"pytest.ini": "[pytest]\npythonpath = src\npython_files = test_*.py *_spec.py check.odd\n"})
    shop.cold_and_warm()
    shop.write({"tests/test_words.txt": ">>> 1 + 1\n3\n"})
    assert shop.run().code == 1
    shop.remove("tests/test_words.txt")
    shop.write({"tests/one_spec.py": "def test_one():\n    assert 0\n"})
    assert shop.run().modules == {"tests/one_spec.py"}
    shop.remove("tests/one_spec.py")
    shop.write({"tests/conftest.py": COLLECTS})
    shop.cold_and_warm()
    shop.write({"tests/a.case": ""})
    assert shop.run().code == 1


COLLECTS = """
import pytest

class Case(pytest.File):
    def collect(self):
        return [Item.from_parent(self, name="case")]

class Item(pytest.Item):
    def runtest(self):
        assert 0

def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".case":
        return Case.from_parent(parent, path=file_path)
"""
