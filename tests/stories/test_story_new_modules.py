"""A test module that comes or goes: the snapshot vouches for those that cannot hear of it.

As in the stories of edits, the store's database is taken away: whoever would be looked up there has to run.
"""

from __future__ import annotations

import pytest
from playground import LOADS, Project, lose_database

ALONE, ORDERS, PRICES = "tests/test_alone.py", "tests/test_orders.py", "tests/test_prices.py"
NEW = "tests/test_new.py"
PASSES, FAILS = "def test_it():\n    pass\n", "def test_it():\n    assert 0\n"
HELPER = """
    try:
        import helper
    except ImportError:
        helper = None

    def test_helper():
        assert {}
"""


def test_only_the_new_one_runs(shop: Project) -> None:
    """It comes, is edited, goes: nobody else is looked up, and what follows is an exact repeat."""
    shop.cold_and_warm()
    lose_database(shop)
    shop.write({NEW: FAILS})
    run = shop.run()
    assert run.modules == {NEW} and run.code == 1 and run.counts == {"failed": 1, "passed": 4}, run.said
    lose_database(shop)
    shop.edit(NEW, "assert 0", "pass")
    assert shop.run().modules == {NEW}
    lose_database(shop)
    assert not shop.run().bodies
    shop.remove(NEW)
    for _ in range(2):
        run = shop.run()
        assert not run.bodies and run.counts == {"passed": 4} and run.numbers == (3, 0, 0), run.said


def test_it_stands_where_pytest_puts_it(shop: Project) -> None:
    """Also where it is empty, moved, or beside one that was edited."""
    shop.cold_and_warm()
    lose_database(shop)
    shop.write({"tests/test_middle.py": "", "tests/test_nothing.py": PASSES})
    shop.edit(ALONE, "1 + 1 == 2", "1 + 1 + 1 == 3")
    run = shop.run()
    assert run.modules == {ALONE, "tests/test_nothing.py"} and run.numbers == (2, 3, 0), run.said
    (shop.root / "tests/test_nothing.py").rename(shop.root / "tests/test_another.py")
    run = shop.run()
    assert run.modules == {"tests/test_another.py"}
    lose_database(shop)
    run = shop.run()
    lines = [line.split()[0] for line in run.out.splitlines() if line.startswith("tests/")]
    assert not run.bodies and lines == [ALONE, "tests/test_another.py", ORDERS, PRICES], run.said


def test_workers_are_told(shop: Project) -> None:
    """Nobody looks up the rest."""
    n2 = ("-pxdist", "-pxdist.looponfail", "-n2")
    shop.cold_and_warm(*n2)
    lose_database(shop)
    shop.write({NEW: PASSES})
    run = shop.run(*n2)
    assert run.modules == {NEW} and run.numbers == (3, 1, 0), run.said


@pytest.mark.parametrize(
    "asks",
    [
        "try:\n    from test_new import X\nexcept ImportError:\n    X = 0\n",
        "try:\n    X = __import__('test_' + 'new').X\nexcept ImportError:\n    X = 0\n",
        "import glob\n\nX = len(glob.glob('tests/test_n*'))\n",
        "import os\n\nX = os.path.exists('tests/test_new.py')\n",
        "import pkgutil\n\nX = 'test_new' in {each.name for each in pkgutil.iter_modules(['tests'])}\n",
    ],
    ids=["import", "by name", "glob", "exists", "modules"],
)
def test_who_asks_for_it_runs(shop: Project, asks: str) -> None:
    """By its name, or by listing the directory."""
    shop.write({"tests/test_asks.py": f"{asks}\ndef test_asks():\n    assert not X\n"})
    shop.cold_and_warm()
    shop.write({NEW: "X = 1\n\ndef test_it():\n    pass\n"})
    run = shop.run()
    assert {NEW, "tests/test_asks.py"} <= run.modules and run.counts == shop.plain().counts, run.said
    shop.remove(NEW)
    run = shop.run()
    assert run.counts == shop.plain().counts and run.code == 0, run.said


def test_who_imports_one_that_goes(shop: Project) -> None:
    """It fails as without a cache."""
    shop.write({"tests/test_base.py": "X = 1\n", "tests/test_user.py": "from test_base import X\n\n" + PASSES})
    shop.cold_and_warm()
    shop.remove("tests/test_base.py")
    run, plain = shop.run("-pno:cacheprovider"), shop.plain()
    assert run.code == plain.code == 2 and run.counts == plain.counts, run.said


def test_the_first_of_a_directory_brings_it_to_the_path(shop: Project) -> None:
    """Then others import from there what they did not find; without the last one they do not any more."""
    shop.write({"tests/aside/helper.py": "", "tests/test_zone.py": HELPER.format("helper is None")})
    shop.cold_and_warm()
    shop.write({"tests/aside/test_aside.py": PASSES})
    run, plain = shop.run(), shop.plain()
    assert run.counts == plain.counts and run.code == plain.code == 1, run.said
    shop.write({"tests/test_zone.py": HELPER.format("helper is not None")})
    for _ in range(3):
        assert shop.run().code == 0
    shop.remove("tests/aside/test_aside.py")
    run, plain = shop.run(), shop.plain()
    assert run.counts == plain.counts and run.code == plain.code == 1, run.said


def test_two_of_one_name(shop: Project) -> None:
    """pytest cannot import both, whoever is cached."""
    shop.write({"tests/a/test_same.py": PASSES, "tests/b/test_other.py": PASSES})
    shop.cold_and_warm()
    shop.write({"tests/b/test_same.py": PASSES})
    run, plain = shop.run(), shop.plain()
    assert run.code == plain.code == 2 and run.counts == plain.counts, run.said
    shop.remove("tests/a/test_same.py")
    run, plain = shop.run(), shop.plain()
    assert run.code == plain.code == 0 and run.counts == plain.counts, run.said


def test_one_that_is_not_asked_for(shop: Project) -> None:
    """A file like a test module where pytest does not collect: all is cached, and the next run repeats."""
    shop.write({"src/shop/test_inside.py": PASSES, "tests/conftest.py": LOADS})
    shop.python = ("-B",)  # an interpreter of its own, where nothing is imported beforehand
    shop.cold_and_warm("-s", "tests")
    lose_database(shop)
    shop.write({"src/shop/test_data.py": FAILS})
    for _ in range(2):
        run = shop.run("-s", "tests")
        assert not run.bodies and run.counts == {"passed": 4}, run.said
    assert "graph: False" in run.out


def test_what_was_left_behind(shop: Project) -> None:
    """Who needs what another leaves runs, if that other is gone."""
    shop.write(
        {
            "tests/test_1_leaves.py": "import os\nos.environ['LEFT'] = '1'\n\n" + PASSES,
            "tests/test_2_needs.py": "import os\n\ndef test_needs():\n    assert os.environ.get('LEFT')\n",
        }
    )
    shop.cold_and_warm()
    shop.remove("tests/test_1_leaves.py")
    run, plain = shop.run(), shop.plain()
    assert run.counts == plain.counts and run.code == plain.code == 1, run.said


@pytest.mark.parametrize(
    ("venv", "tests", "args"),
    [
        ("", "tests", ()),
        ("svc", "svc/tests", ("svc",)),
        ("tests/v", "tests/v", ("--collect-in-virtualenv",)),
        ("tests/v", "tests/v/sub", ("--collect-in-virtualenv",)),
    ],
)
def test_below_a_virtual_environment(project: Project, venv: str, tests: str, args: tuple[str, ...]) -> None:
    """pytest goes into one that is asked for, or lies above what is."""
    project.write({f"{venv}/pyvenv.cfg": "", f"{tests}/test_b.py": PASSES, f"{tests}/test_c.py": PASSES})
    project.cold_and_warm(*args)
    project.write({f"{tests}/test_new.py": FAILS})
    for _ in range(2):
        run = project.run(*args)
        assert run.counts == project.plain(*args).counts == {"failed": 1, "passed": 2}, run.said
    project.write({f"{tests}/test_new.py": "import os\n\nos.environ['Q'] = '1'\n\n" + PASSES})
    project.write({f"{tests}/test_c.py": "import os\n\ndef test_q():\n    assert 'Q' not in os.environ\n"})
    assert project.run(*args).counts == project.plain(*args).counts == {"failed": 1, "passed": 2}


@pytest.mark.parametrize("cold", [True, False], ids=["first run", "after an edit"])
def test_a_source_that_comes_while_the_run_goes_on(project: Project, cold: bool) -> None:
    """What somebody looked for, and did not find, is there at the end: no snapshot says that it always was."""
    optional = "try:\n    from shop import extra\n    V = 1\nexcept ImportError:\n    V = 0\n"
    asks = "import shop\n\ndef test_asks():\n    assert shop.V == 0\n"
    comes = "import pathlib\n\ndef test_comes():\n    pathlib.Path('src/shop/extra.py').write_text('')\n"
    project.write({"pytest.ini": "[pytest]\npythonpath = src\ntestpaths = tests\n", "src/shop/__init__.py": optional})
    project.write({"tests/test_asks.py": asks, "tests/test_zone.py": PASSES})
    if not cold:
        project.cold_and_warm()
    project.write({"tests/test_zone.py": comes})
    assert project.run().code == 0
    for _ in range(2):
        run = project.run()
        assert run.code == 1 and "tests/test_asks.py" in run.modules, run.said


def test_a_link_that_leads_nowhere(shop: Project) -> None:
    """By the name of a test module: then it leads somewhere."""
    (shop.root / "tests/test_link.py").symlink_to("nowhere.py")
    shop.cold_and_warm()
    shop.write({"tests/nowhere.py": FAILS})
    for _ in range(2):
        run = shop.run()
        assert run.counts == shop.plain().counts == {"failed": 1, "passed": 4}, run.said
