"""What a run that replays everything leaves undone, by counting, and that it looks the same all the same."""

from __future__ import annotations

import re
import textwrap
import time

import pytest
from playground import Project, some

from pytest_gocache.core.looks import RACY_NS

LETTERS = """
    import pytest

    @pytest.mark.parametrize("number", range({}))
    def test_many(number):
        pass

    def test_skipped():
        pytest.skip("here")

    @pytest.mark.xfail
    def test_expected():
        assert False
"""
WITNESS = """
    import sys

    def pytest_configure(config):
        config.add_cleanup(config.pluginmanager.add_hookcall_monitoring(called, lambda *_: None))

    def called(name, *_):
        if name in ("pytest_runtest_logreport", "pytest_pycollect_makeitem", "pytest_collect_file"):
            print("called", name)

    def pytest_unconfigure():
        for name, module in sorted(sys.modules.items()):
            print("loaded", name, "by", type(getattr(module, "__loader__", None)).__name__)
"""
COUNTS = """
    import atexit, collections, importlib.util, os, sys

    __file__ = importlib.util.find_spec("pytest_gocache").origin  # else a test would seem to look
    looks = collections.Counter()

    def opened(event, args):
        if event == "open" and isinstance(args[0], str):
            looks["read" if args[1] in ("r", "rb") else "open", os.path.abspath(args[0])] += 1

    sys.addaudithook(opened)

    def counted(name):
        real = getattr(os, name)

        def look(path=".", *args, **kwargs):
            looks[name, os.path.abspath(os.fsdecode(path)) if not isinstance(path, int) else path] += 1
            return real(path, *args, **kwargs)

        return look

    for name in ("stat", "lstat", "scandir", "listdir"):
        setattr(os, name, counted(name))

    @atexit.register
    def told():
        with open(os.environ["LOOKS"], "w") as file:
            for (name, path), count in sorted(looks.items(), key=str):
                print(count, name, path, file=file)
"""
"""Counts how often Python code of this process looks at each path."""
WAYS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("b/sub", ("..", "--color=yes")),
    ("", ("-q",)),
    ("", ()),
    ("a", ("--rootdir=..", "..", "--color=yes")),
)
"""Directories to start in, with arguments."""


def test_all_hits_load_and_call_nothing_heavy(shop: Project) -> None:
    """No report, no item, no test module; neither what stores nor what coverage needs."""
    shop.write({"conftest.py": WITNESS})
    shop.python = ("-B",)  # an interpreter of its own, where nothing is imported beforehand
    cold, warm = shop.cold_and_warm("-s", "-pxdist")
    assert "called pytest_runtest_logreport" in cold.out and "called" not in warm.out
    loaded = set(re.findall(r"^loaded (\S+)", warm.out, re.MULTILINE))
    assert "pytest_gocache.hooks.quick" in loaded
    heavy = {"test_orders", "diskcache", "sqlite3", "coverage", "http.client", "pytest_gocache.core.imports"}
    assert loaded.isdisjoint(heavy), loaded & heavy
    for flag in ("-v", "-ra"):
        assert "called" not in shop.run("-s", "-pxdist", flag).out
    assert "called" not in shop.run("-s", "-pxdist", f"--junitxml={shop.home}/junit.xml").out
    shop.write({"tests/note.py": ""})  # nobody asks for it
    assert "called" not in shop.run("-s", "-pxdist").out
    shop.write({"tests/test_note.py": ""})
    general = shop.run("-s", "-pxdist")
    assert not general.bodies and "called pytest_runtest_logreport" not in general.out


@pytest.mark.long
def test_all_hits_look_once_at_each_thing(project: Project) -> None:
    """Whoever reads it: a file and a directory are looked at once, and one index is read."""
    test = (
        "import src\nfrom pathlib import Path\n\ndef test_{}():\n    Path(__file__).with_name('data.txt').read_text()\n"
    )
    files = {f"{directory}/test_{at}{directory}.py": test.format(at) for directory in "ab" for at in range(9)}
    files |= {"a/data.txt": "a", "b/data.txt": "b", "src.py": "X = 1\n", "conftest.py": ""}
    project.write({**files, "pytest.ini": "[pytest]\npythonpath = .\n"})
    (project.home / "lib" / "sitecustomize.py").write_text(textwrap.dedent(COUNTS))
    project.python = ("-B",)
    told = project.home / "looks.txt"
    project.run(LOOKS=str(told))
    time.sleep(RACY_NS / 1e9)  # what was written just before is read again, for its signature proves nothing
    for _ in range(2):
        assert not project.run(LOOKS=str(told)).bodies
    looks = [
        (int(count), how, path) for count, how, path in (line.split(" ", 2) for line in told.read_text().splitlines())
    ]
    mine = [look for look in looks if look[2].removeprefix(f"{project.root}/") in {*files, "a", "b"}]
    assert len({path for _, _, path in mine}) == len(files) + 2
    often = [look for look in mine if look[0] > 1 and not look[2].endswith("conftest.py")]
    assert not often, often
    store = [look for look in looks if look[1] == "read" and look[2].startswith(f"{project.store}/")]
    assert [count for count, _, path in store if "snapshot" in path] == [1], store
    assert len(store) <= 2, store


def test_what_decides_is_loaded_before_anybody_watches(project: Project) -> None:
    """In a checkout's first run, which is sure to need it; each of its files would be several events later on."""
    begins = "import sys\nprint('decides:', 'pytest_gocache.hooks.session' in sys.modules)\n"
    project.write({"conftest.py": begins, "test_a.py": "def test_a():\n    pass\n"})
    project.python = ("-B",)
    runs = project.cold_and_warm("-s")
    assert [re.findall("^decides: (.*)", run.out, re.MULTILINE) for run in runs] == [["True"], ["False"]]


@pytest.mark.long
def test_it_is_loaded_as_python_does(shop: Project) -> None:
    """pytest rewrites what plugins consist of, at twice the price; there is nothing to rewrite here."""
    shop.write({"conftest.py": WITNESS})
    shop.python = ("-B",)
    installed: dict[str, str | None] = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": None}
    for run in (shop.run(**installed), shop.plain(**installed)):
        by = re.findall(r"^loaded pytest_gocache\.(?:hooks|core)\.\S+ by (\w+)", run.out, re.MULTILINE)
        assert by and set(by) == {"SourceFileLoader"}, run.out
        assert "loaded test_orders by AssertionRewritingHook" in run.out


@pytest.mark.parametrize("style", some(("progress", "count", "classic"), 1))
@pytest.mark.parametrize("columns", some(("24", "60", "200"), 1))
@pytest.mark.parametrize("ways", some((WAYS[:2], WAYS[2:]), 1), ids=["below", "quiet"])
def test_the_terminal_shows_the_same(
    project: Project, ways: tuple[tuple[str, tuple[str, ...]], ...], columns: str, style: str
) -> None:
    """Each line as pytest would have it, but for the mark and where lines that have it are broken."""
    files = {f"b/sub/test_{number}.py": LETTERS.format(number) for number in (1, 40, 60)}
    files |= {"a/test_a.py": LETTERS.format(2), "b/test_ünï.py": LETTERS.format(3)}
    project.write(files | {"b/sub/test_runs.py": "def test_runs():\n    pass; pass; pass; pass\n"})
    for number, (cwd, args) in enumerate(ways):
        args = (f"-oconsole_output_style={style}", *args)
        plain = project.plain(*args, cwd=cwd, COLUMNS=columns)
        warm = [project.run(*args, cwd=cwd, COLUMNS=columns) for _ in range(2)][1]
        assert plain.bodies and not warm.bodies and _letters(warm.out) == _letters(plain.out)
        project.edit("b/sub/test_runs.py", "pass", f"assert {number + 1}")
        partly = project.run(*args, cwd=cwd, COLUMNS=columns)
        assert partly.modules == {"b/sub/test_runs.py"} and _letters(partly.out) == _letters(plain.out)


PASSING = """
    import unittest
    import pytest

    def test_plain():
        pass

    class TestIn:
        class TestDeep:
            def test_deep(self):
                pass

    class TestUnit(unittest.TestCase):
        def test_unit(self):
            pass

    @pytest.mark.parametrize("number", [1.5, "a b", "ünï", "x.y::z"])
    def test_odd(number):
        pass
"""


@pytest.mark.parametrize("style", some(("progress", "count", "classic"), 1))
@pytest.mark.parametrize("columns", some(("40", "120"), 1))
def test_the_lines_of_tests_are_the_same(project: Project, columns: str, style: str) -> None:
    """Under ``-v``: of modules where all pass they are put together at once, others go through pytest."""
    files = {f"b/sub/test_{number}.py": PASSING for number in range(3)} | {"a/test_mixed.py": LETTERS.format(3)}
    project.write(files | {"b/sub/test_runs.py": "def test_runs():\n    pass; pass; pass\n", "c/test_ünï.py": PASSING})
    for number, (cwd, args) in enumerate((("", ("-v",)), ("b/sub", ("../..", "-v", "--color=yes")))):
        args = (f"-oconsole_output_style={style}", *args)
        plain = project.plain(*args, cwd=cwd, COLUMNS=columns)
        warm = [project.run(*args, cwd=cwd, COLUMNS=columns) for _ in range(2)][1]
        assert plain.bodies and not warm.bodies
        assert _lines(warm.out) == _lines(plain.out)
        project.write({f"test_note{number}.py": ""})  # no exact repeat
        assert _lines(project.run(*args, cwd=cwd, COLUMNS=columns).out) == _lines(plain.out)
        project.edit("b/sub/test_runs.py", "pass", f"assert {number + 1}")
        partly = project.run(*args, cwd=cwd, COLUMNS=columns)
        assert partly.modules == {"b/sub/test_runs.py"} and _lines(partly.out) == _lines(plain.out)


def test_lines_of_results_that_are_gone(project: Project) -> None:
    """A snapshot holds, and the store has lost what ``-v`` shows: the module runs, unless it was shown so before."""
    project.write({"test_a.py": PASSING})
    project.cold_and_warm()
    lose(project, "cache.db")
    again = project.run("-v")
    assert again.modules == {"test_a.py"} and again.code == 0
    known = project.run("-v")
    lose(project, "cache.db")
    shown = project.run("-v")
    assert not shown.bodies and _lines(shown.out) == _lines(known.out)
    lose(project, "local/titles-*")
    assert project.run("-v").modules == {"test_a.py"}


def lose(project: Project, pattern: str) -> None:
    """Takes away one file of the store."""
    (found,) = (project.store / "v1").glob(pattern)
    found.unlink()


def _lines(out: str) -> list[str]:
    """The lines of tests, without our mark and the space that it takes of what fills the line."""
    lines = re.sub(r"gocache: .*", "", out).replace(" (cached)", "").splitlines()
    return [re.sub(r" +((?:\x1b\[[0-9;]*m)*) *\[", r" \1[", line) for line in lines if "::test_" in line]


def _letters(out: str) -> list[str]:
    """The part with the letters, without colours, filling space, our mark, and ends of lines within a module."""
    text = re.sub(r"\x1b\[[0-9;]*m|gocache: .*", "", out)
    text = re.split(r"=* ?\d+ passed", text)[0]
    text = text.partition("collected")[2] or text
    return re.sub(r"\(cached\)|\[ *\d+(?:%|/\d+)\]|\s+", " ", text).split()
