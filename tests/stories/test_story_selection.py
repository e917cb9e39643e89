"""Which tests are asked for, however it is spelled, is answered from what is known of the whole module."""

from __future__ import annotations

import re

import pytest
from playground import Project, some

TESTS = """
    import pytest

    def test_one():
        pass

    @pytest.mark.slow
    def test_two():
        pass

    @pytest.mark.level(value=2, name="deep")
    def test_level():
        pass

    class TestBox:
        def test_open(self):
            pass

        def test_shut(self):
            pass

        class TestInner:
            def test_deep(self):
                pass

    @pytest.mark.parametrize("word", ["a::b", "[x]", "with space", "größe", "a/b", "-k", "", "%s"])
    def test_word(word):
        pass

    @pytest.mark.parametrize("pair", [(1, "x"), (2, "y")], ids=["one-x", "two[y]"])
    @pytest.mark.parametrize("flag", [True, False])
    def test_pair(pair, flag):
        pass
"""
INI = "[pytest]\nmarkers =\n    slow\n    level\n"
SELECTIONS = {
    "-k word": ("-k", "two"),
    "-k not": ("-k", "not two and not pair"),
    "-k class": ("-k", "TestBox and open"),
    "-k file": ("-k", "test_box"),
    "-k mark": ("-k", "slow"),
    "-m": ("-m", "slow"),
    "-m not": ("-m", "not slow"),
    "-k and -m": ("-k", "two", "-m", "slow"),
    "function": ("test_box.py::test_one",),
    "two ids": ("test_box.py::test_one", "test_box.py::test_two"),
    "class": ("test_box.py::TestBox",),
    "method": ("test_box.py::TestBox::test_open",),
    "inner": ("test_box.py::TestBox::TestInner",),
    "all params": ("test_box.py::test_word",),
    "param colons": ("test_box.py::test_word[a::b]",),
    "param brackets": ("test_box.py::test_word[[x]]",),
    "param space": ("test_box.py::test_word[with space]",),
    "param escaped": ("test_box.py::test_word[gr\\xf6\\xdfe]",),
    "param slash": ("test_box.py::test_word[a/b]",),
    "param empty": ("test_box.py::test_word[]",),
    "param two": ("test_box.py::test_pair[True-two[y]]",),
    "deselect": ("--deselect", "test_box.py::test_one"),
    "deselect class": ("--deselect=test_box.py::TestBox",),
    "deselect param": ("--deselect=test_box.py::test_word[a/b]",),
    "deselect prefix": ("--deselect=test_box.py::test_w",),
    "id and -k": ("test_box.py::TestBox", "-k", "open"),
    "overlapping ids": ("test_box.py::TestBox", "test_box.py::TestBox::test_open"),
    "the same id twice": ("test_box.py::test_one", "test_box.py::test_one"),
    "id with a dot": ("./test_box.py::test_one",),
    "file and id": ("test_box.py", "test_box.py::test_one"),
    "directory and id": (".", "test_box.py::test_one"),
    "two files": ("test_box.py", "test_other.py"),
    "two files turned": ("test_other.py", "test_box.py"),
    "file twice": ("test_box.py", "test_box.py"),
    "ignore": ("--ignore=test_other.py",),
    "ignore glob": ("--ignore-glob=*other*",),
}
M_KWARGS = {"-m kwargs": ("-m", "level(value=2)"), "-m kwargs not": ("-m", "level(value=3)")}


@pytest.fixture(scope="session")
def box_of(tmp_path_factory: pytest.TempPathFactory, host):  # type: ignore[no-untyped-def]
    """One project for all selections: the store holds the whole modules."""
    project = Project(tmp_path_factory.mktemp("box"), host)
    project.write({"pytest.ini": INI, "test_box.py": TESTS, "test_other.py": "def test_other():\n    pass\n"})
    project.run()
    return project


@pytest.mark.parametrize("name", some(SELECTIONS, 12))
def test_a_subset_is_answered_from_the_whole(box_of: Project, name: str) -> None:
    """The same tests, counts and exit code as plain pytest, and no body that could be spared."""
    args = SELECTIONS[name]
    plain, cached = box_of.plain("-v", *args), box_of.run("-v", *args)
    assert (cached.code, cached.counts) == (plain.code, plain.counts), cached.said
    shown = {
        node: sorted(w.removesuffix(" (cached)") for w in words) for node, words in cached.verdicts().items()
    }
    assert shown == plain.verdicts(), cached.said
    assert re.findall(r"collected \d+.*", cached.out) == re.findall(r"collected \d+.*", plain.out)
    if not any("asked for in more than one way" in reason for reason in cached.reasons.values()):
        assert not cached.bodies, cached.reasons


def test_marks_with_keywords(box_of: Project) -> None:
    """``-m "level(value=2)"`` where this pytest knows it."""
    for args in M_KWARGS.values():
        plain, cached = box_of.plain("-v", *args), box_of.run("-v", *args)
        assert (cached.code, cached.counts) == (plain.code, plain.counts), cached.said
        assert plain.code == 4 or not cached.bodies


WRONG = (
    ("test_box.py::test_absent",),
    ("test_box.py::test_word[absent]",),
    ("test_box.py::TestBox::absent",),
    ("absent.py",),
    ("test_box.py", "absent"),
    ("-k", "and and"),
    ("-m", "("),
    ("test_box.py::test_one", "test_box.py::test_absent"),
)


@pytest.mark.parametrize("args", WRONG, ids=" ".join)
def test_what_does_not_exist_is_pytests_error(box_of: Project, args: tuple[str, ...]) -> None:
    """pytest's own words and exit code 4, the second time too."""
    plain = box_of.plain(*args)
    for _ in range(2):
        run = box_of.run(*args)
        assert run.code == plain.code == 4, run.said
        assert run.err == plain.err


def test_a_part_that_ran_first(project: Project) -> None:
    """A subset that ran is a record of that subset; the whole then runs once, and covers it."""
    project.write({"pytest.ini": INI, "test_box.py": TESTS})
    part, again = project.cold_and_warm("test_box.py::test_one")
    assert part.counts == {"passed": 1} and again.numbers == (1, 0, 0)
    whole = project.run()
    assert len(whole.bodies) == 18 and set(whole.reasons.values()) == {"selection-changed"}
    assert not project.run("-k", "two").bodies
    assert not project.run("test_box.py::test_one").bodies
    # One failing test: the rest, by itself, is stored and found.
    project.edit("test_box.py", "def test_one():\n    pass", "def test_one():\n    assert 0")
    assert project.run().code == 1
    project.cold_and_warm("-k", "TestBox")
    assert project.run().code == 1


def test_where_it_is_started(shop: Project) -> None:
    """Directories, ``--rootdir``, ``-c`` and several paths find what a plain run stored."""
    shop.run()
    for args, cwd in (
        (("tests",), ""),
        (("tests/test_alone.py", "tests/test_orders.py", "tests/test_prices.py"), ""),
        (("tests", "tests/test_alone.py"), ""),
        ((str(shop.root / "tests"),), ""),
        (("--rootdir=.",), ""),
        (("-c", "pytest.ini"), ""),
    ):
        run, plain = shop.run(*args, cwd=cwd), shop.plain(*args, cwd=cwd)
        assert (run.code, run.counts) == (plain.code, plain.counts), (args, cwd)
        assert not run.bodies or args == ("tests", "tests/test_alone.py"), (args, run.out)


def test_another_working_directory(shop: Project) -> None:
    """Relative names mean other files there: another key, with hits of its own however tests are named."""
    shop.run()
    cold, _ = shop.cold_and_warm(cwd="tests")
    assert set(cold.reasons.values()) == {"environment-changed: current directory tests"}
    assert not shop.run("test_alone.py", cwd="tests").bodies
    assert not shop.run("../tests", cwd="tests").bodies
    assert not shop.run().bodies


def test_other_ini_rootdir_and_import_mode(shop: Project) -> None:
    """Another ini file, rootdir or import mode has results of its own, and is cached in turn."""
    shop.run()
    shop.write({"other.ini": "[pytest]\npythonpath = src\nxfail_strict = false\n", "sub/readme": ""})
    for args in (
        ("-c", "other.ini"),
        ("--rootdir=tests",),
        ("--import-mode=importlib",),
        ("--import-mode=append",),
        ("-o", "xfail_strict=true"),
    ):
        plain = shop.plain(*args)
        cold, _ = shop.cold_and_warm(*args)
        assert cold.bodies and cold.counts == plain.counts and cold.code == plain.code, args
    shop.edit("src/shop/prices.py", "// 5", "// 4")
    assert shop.run("--import-mode=importlib").modules == {"tests/test_orders.py", "tests/test_prices.py"}
    assert not shop.run("-c", "pytest.ini", "tests/test_alone.py").bodies


def test_siblings_of_a_named_file(project: Project) -> None:
    """pytest looks at the whole directory of a named file; what was not asked for is not shown nor stored."""
    project.write(
        {
            "test_a.py": "def test_a():\n    pass\n",
            "test_b.py": "def test_b():\n    assert 0\n",
            "sub/test_c.py": "def test_c():\n    pass\n",
        }
    )
    alone = project.run("test_a.py")
    assert alone.numbers == (0, 1, 0) and alone.reasons == {"test_a.py": "no-record"}
    whole = project.run()
    assert whole.counts == {"failed": 1, "passed": 2} and whole.modules == {"test_b.py", "sub/test_c.py"}
    project.edit("test_a.py", "pass", "assert 1")
    alone = project.run("test_a.py")
    assert alone.counts == {"passed": 1} and alone.numbers == (0, 1, 0)
    below = project.run("sub", "test_a.py::test_a")
    assert below.counts == {"passed": 2} and not below.bodies


def test_last_failed_stores_nothing_it_left_out(project: Project) -> None:
    """``--lf`` leaves whole files out of the collection: that is no pass of theirs."""
    project.write(
        {
            "test_a.py": "def test_a():\n    pass\n",
            "test_b.py": "def test_b1():\n    pass\n\ndef test_b2():\n    assert 0\n",
            "test_c.py": "def test_c():\n    assert 1\n",
        }
    )
    for option in ("--lf", "--sw"):
        project.run("-pcacheprovider")
        assert project.run(option).counts["failed"] == 1
        whole = project.run("-pcacheprovider")
        assert whole.counts == {"failed": 1, "passed": 3}, (option, whole.out)


def test_failed_first_and_last_failed(project: Project) -> None:
    """``--lf``, ``--ff`` and ``--sw`` choose what they choose without us, cached modules or not."""
    project.write(
        {
            "test_a.py": "def test_a():\n    pass\n",
            "test_b.py": """
                import os

                def test_b1():
                    pass

                def test_b2():
                    assert os.path.exists('ok')
            """,
            "test_c.py": "def test_c():\n    pass\n",
        }
    )
    # Without earlier failures all are hits.
    project.write({"ok": ""})
    project.run("-pcacheprovider")
    for option in ("--lf", "--ff", "--sw"):
        run = project.run(option)
        assert run.counts == {"passed": 4} and run.code == 0, (option, run.said)
        assert not run.bodies or set(run.reasons.values()) == {"inert: --sw"}, (option, run.reasons)
    # One fails.
    project.remove("ok")
    failed = project.run("-pcacheprovider")
    assert failed.counts == {"failed": 1, "passed": 3}
    last = project.run("--lf")
    assert last.bodies == ("test_b.py::test_b2",) and last.code == 1, last.said
    first = project.run("--ff")
    assert first.bodies[:1] == ("test_b.py::test_b2",) and first.counts == {"failed": 1, "passed": 3}, (
        first.said
    )
    step = project.run("--sw")
    assert step.code == 2 or step.counts.get("failed") == 1
    step = project.run("--sw")
    assert step.bodies == ("test_b.py::test_b2",), step.said
    # Mended: --lf runs what failed and is green; then nothing is left that failed.
    project.write({"ok": ""})
    mended = project.run("--lf")
    assert mended.bodies == ("test_b.py::test_b2",) and mended.code == 0
    whole = project.run("-pcacheprovider")
    assert whole.counts == {"passed": 4} and whole.modules <= {"test_b.py"}
    after = project.run("--lf")
    assert not after.bodies and after.counts == {"passed": 4}, after.said


def test_a_replayed_pass_clears_last_failed(project: Project) -> None:
    """Fail, undo (a hit): pytest's own list of failures is empty again."""
    project.write({"test_a.py": "def test_a():\n    assert 1\n", "test_b.py": "def test_b():\n    pass\n"})
    project.run("-pcacheprovider")
    project.edit("test_a.py", "1", "0")
    assert project.run("-pcacheprovider").code == 1
    project.edit("test_a.py", "0", "1")
    assert not project.run("-pcacheprovider").bodies
    plain = project.plain("--lf")
    assert plain.counts == {"passed": 2}, plain.out


def test_collect_only_and_friends(shop: Project) -> None:
    """``--co``, ``--setup-plan``, ``--fixtures`` show what they always do, and say why there is no cache."""
    shop.run()
    for args in (("--co",), ("--co", "-q"), ("--setup-plan",)):
        plain, run = shop.plain(*args), shop.run(*args)
        assert run.code == plain.code == 0 and not run.bodies
        told = [line for line in run.out.splitlines() if line.startswith("gocache:")]
        assert len(told) == (0 if "-qq" in args else 1) and told[0].startswith("gocache: off (--"), told
        rest = [line for line in run.out.splitlines() if line not in told and " in 0." not in line]
        assert rest == [line for line in plain.out.splitlines() if " in 0." not in line]
    assert not shop.run().bodies, "and nothing was forgotten"


def test_parts_of_a_suite_named_by_their_files(project: Project) -> None:
    """Each machine is given its files: every test is in exactly one part, whatever is cached where."""
    files = [f"test_{letter}.py" for letter in "abcde"]
    project.write(dict.fromkeys(files, "def test_one():\n    pass\n"))
    project.run()
    project.edit("test_c.py", "pass", "assert 1")
    stores = (project.store, project.home / "empty", project.store)
    runs = [project.run(*files[n::3], PYTEST_GOCACHE_DIR=str(store)) for n, store in enumerate(stores)]
    assert [run.counts for run in runs] == [{"passed": 2}, {"passed": 2}, {"passed": 1}]
    assert [run.modules for run in runs] == [set(), {"test_b.py", "test_e.py"}, {"test_c.py"}]
    assert not project.run().bodies


DESCRIBED = """
    from _pytest.mark import KeywordMatcher
    from pytest_gocache.hooks.describe import Describer

    def pytest_collection_modifyitems(items):
        describe = Describer()
        for item in items:
            test = describe(item, item.nodeid)
            assert set(test.matchable) == set(KeywordMatcher.from_item(item)._names), item
            assert [mark.name for mark in test.marks] == [mark.name for mark in item.iter_markers()], item
            assert test == Describer()(item, item.nodeid), item
"""
SIBLINGS = """
    import pytest

    pytestmark = pytest.mark.test_d

    @pytest.fixture(scope="module")
    def wide():
        pass

    @pytest.fixture
    def narrow(wide):
        pass

    def test_a():
        pass

    def test_b(narrow):
        pass

    @pytest.mark.slow
    def test_c():
        pass

    def test_d():
        pass

    def test_e(wide):
        pass

    def test_f():
        pass

    test_f.colour = "red"

    class TestMore:
        def test_d(self):
            pass

        def test_g(self):
            pass

        @pytest.mark.slow
        def test_h(self, wide):
            pass

        def TestMore(self):
            pass

        def test_i(self):
            pass
"""
FAMILIES = """
    import unittest
    import pytest

    slow = pytest.mark.slow

    @pytest.mark.parametrize("n", [1, pytest.param(2, marks=slow), 3, pytest.param(4, marks=slow)])
    def test_a(n):
        pass

    test_a.colour = "red"

    @pytest.mark.slow
    @pytest.mark.parametrize("way", ["a", "b"])
    class TestBox:
        @pytest.mark.level(value=2)
        @pytest.mark.parametrize("n", range(3))
        def test_a(self, n, way):
            pass

        def test_b(self, way):
            pass

    class TestUnit(unittest.TestCase):
        def test_a(self):
            with self.subTest():
                pass
"""


def test_tests_of_a_function_are_described_as_pytest_sees_them(project: Project) -> None:
    """What they share is found out once: with the same answer as for each by itself."""
    files = {"conftest.py": DESCRIBED, "test_box.py": TESTS, "test_families.py": FAMILIES, "test_siblings.py": SIBLINGS}
    ini = f"{INI}python_functions = test TestMore\n"
    project.write({"pytest.ini": ini, **files})
    assert project.run().code == 0
    assert project.run("-k", "colour").counts["passed"] == 5


def test_a_switch_that_updates_golden_files(project: Project) -> None:
    """It is there to write; a pass that is replayed writes nothing."""
    project.write(
        {
            "conftest.py": """
                def pytest_addoption(parser):
                    parser.addoption("--update-golden", action="store_true")
            """,
            "golden.txt": "one",
            "test_a.py": """
                import pathlib

                def test_a(pytestconfig):
                    golden = pathlib.Path("golden.txt")
                    if pytestconfig.getoption("--update-golden"):
                        golden.write_text("two")
                    assert golden.read_text() == "two"
            """,
        }
    )
    for _ in range(2):
        project.write({"golden.txt": "one"})
        assert project.run().code == 1
        run = project.run("--update-golden")
        assert run.code == 0 and "gocache: off (--update-golden)" in run.said
        assert (project.root / "golden.txt").read_text() == "two"
    project.cold_and_warm()
