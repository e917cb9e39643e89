"""Code of the user's that runs inside our own work, or changes under it what we remember."""

from __future__ import annotations

import pytest
from playground import Project

TABLE = """
    import os, sys

    here = os.path.dirname(os.path.abspath(__file__))
    table = []

    def read():
        if not table:
            table.append("reading")
            with open(os.path.join(here, "table.txt")) as file:
                table[:] = [file.read()]
"""
INSIDE = {
    "a finder": """
    class Finder:
        def find_spec(self, name, path=None, target=None):
            if path is None:
                read()

    sys.meta_path.insert(0, Finder())
""",
    "a path hook": """
    def hook(path):
        read()
        raise ImportError

    sys.path_hooks.insert(0, hook)
    sys.path.insert(0, os.path.join(here, "more"))
""",
    "an audit hook": """
    def guard(event, args):
        if event == "open" and str(args[0]).endswith(".db"):
            read()

    sys.addaudithook(guard)
""",
}


@pytest.mark.parametrize("kind", INSIDE)
def test_what_it_reads_while_we_look_for_ourselves(project: Project, kind: str) -> None:
    """It keeps it for the tests: an input like any other."""
    project.write({"test_other.py": "def test_other():\n    pass\n"})
    project.run()  # there is a store to open from now on
    project.write(
        {
            "conftest.py": TABLE + INSIDE[kind],
            "table.txt": "1",
            "more/x.py": "",
            "test_a.py": """
                import conftest
                import difflib, wave
                import pytest

                def test_a():
                    open("some.db", "a").close()
                    assert conftest.table == ["1"]
            """
            + ("\n                    import x\n" if kind == "a path hook" else ""),
        }
    )
    assert project.run().code == 0
    project.write({"table.txt": "2"})
    run = project.run()
    assert run.code == 1 and "test_a.py::test_a" in run.bodies, run.said


def test_words_that_a_plugin_gives_to_one_test_of_a_function(project: Project) -> None:
    """``-k`` sees them on that one only."""
    project.write(
        {
            "conftest.py": """
                def pytest_itemcollected(item):
                    if "big" in item.name:
                        item.extra_keyword_matches.add("slow")
            """,
            "test_a.py": """
                import pytest

                @pytest.mark.parametrize("n", ["big", "one", "two"])
                def test_a(n):
                    pass
            """,
        }
    )
    project.cold_and_warm()
    assert project.run("-k", "not slow").counts == {"passed": 2, "deselected": 1}
    assert project.run("-k", "slow").counts == {"passed": 1, "deselected": 2}


def test_marks_that_a_plugin_adds_when_it_is_asked(project: Project) -> None:
    """To a class, which was looked at before."""
    hook = "def pytest_gocache_inputs(item):\n    item.parent.add_marker(pytest.mark.gocache(False, reason='so'))\n"
    case = "class TestX:\n    @pytest.mark.parametrize('n', [1, 2])\n    def test_x(self, n):\n        pass\n"
    project.write({"conftest.py": f"import pytest\n\n{hook}", "test_a.py": f"import pytest\n\n{case}"})
    assert project.run().refused == {"test_a.py": "marked: so"}


@pytest.mark.long
def test_a_random_test_that_a_plugin_adds(project: Project) -> None:
    """Hypothesis may come into the process only then."""
    pytest.importorskip("hypothesis")
    project.write(
        {
            "conftest.py": """
                import pytest

                def pytest_collection_modifyitems(items):
                    from hypothesis import given, strategies

                    @given(strategies.integers())
                    def test_any(number):
                        pass

                    items.append(pytest.Function.from_parent(items[0].parent, name="test_any", callobj=test_any))
            """,
            "test_a.py": "def test_a():\n    pass\n",
        }
    )
    assert project.run().refused == {"test_a.py": "random: test_a.py::test_any"}


def test_two_read_all_variables_at_once(project: Project) -> None:
    """One of them in a thread: both are understood, and nothing is lost."""
    project.write(
        {
            "test_a.py": """
                import os, threading, time

                def test_a():
                    ended = []

                    def beat():
                        while not ended:
                            os.environ.get("BEAT")
                            time.sleep(0)

                    thread = threading.Thread(target=beat)
                    thread.start()
                    for _ in range(100):
                        dict(os.environ)
                    ended.append(1)
                    thread.join()

                def suffix():
                    return os.environ.get("SUFFIX", "")

                def test_in_between():
                    assert {name: os.environ[name] + suffix() for name in os.environ}
            """,
        }
    )
    run = project.run(WINDOWID="1")
    assert run.code == 0 and not run.refused, run.said
    run = project.run(WINDOWID="2")
    assert not run.bodies, run.said


def test_odd_callers(project: Project) -> None:
    """No mistake of ours reaches a test, whatever its current directory or its classes say of themselves."""
    project.write(
        {
            "test_a.py": """
                import os

                CODE = compile("import os; value = os.environ.get('SOME')", "template.py", "exec")

                def test_no_directory(tmp_path):
                    here = os.getcwd()
                    (tmp_path / "gone").mkdir()
                    os.chdir(tmp_path / "gone")
                    (tmp_path / "gone").rmdir()
                    try:
                        exec(CODE, {})
                    finally:
                        os.chdir(here)

                class Where:
                    __module__ = None

                    def __fspath__(self):
                        return os.path.dirname(__file__)

                def test_no_module():
                    os.stat(Where())
            """,
        }
    )
    assert project.run().counts == {"passed": 2}


def test_what_finds_modules_is_bound_as_it_was(project: Project) -> None:
    """Also where a class of the user's takes it over, as pytest's own finder does."""
    project.write(
        {
            "test_a.py": """
                import importlib.machinery
                import inspect

                class Finder:
                    find = importlib.machinery.PathFinder.find_spec

                class Own(importlib.machinery.PathFinder):
                    @classmethod
                    def find_spec(cls, name, path=None, target=None):
                        return super().find_spec(name, path, target)

                def test_bound():
                    assert Finder().find("json").name == Own.find_spec("json").name == "json"
                    assert inspect.ismethod(Finder.find) and Finder.find.__self__ is importlib.machinery.PathFinder
                    assert list(inspect.signature(Finder.find).parameters) == ["fullname", "path", "target"]
            """
        }
    )
    project.cold_and_warm()
