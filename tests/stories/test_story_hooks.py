"""What a plugin or a conftest.py tells us by hooks of ours."""

from __future__ import annotations

import pytest
from playground import Project

BOARD = """
    import pytest

    @pytest.hookimpl(optionalhook=True)
    def pytest_gocache_key(config):
        return f"verbosity {config.option.verbose}"

    @pytest.hookimpl(optionalhook=True)
    def pytest_gocache_cacheable(item):
        return "it moves the arm" if item.get_closest_marker("hardware") else None

    @pytest.hookimpl(optionalhook=True)
    def pytest_gocache_inputs(item):
        return [f"golden/{item.path.stem}/**"] if item.path.stem == "test_a" else None
"""


def test_hooks_for_plugins(project: Project) -> None:
    """A key for all, a reason to run, and inputs."""
    project.write(
        {
            "pytest.ini": "[pytest]\nmarkers = hardware\n",
            "../lib/board.py": BOARD,
            "golden/test_a/seen.txt": "one",
            "test_a.py": "def test_a():\n    pass\n",
            "test_b.py": "def test_b():\n    pass\n",
            "test_c.py": "import pytest\n\n@pytest.mark.hardware\ndef test_c():\n    pass\n",
        }
    )
    project.run("-pboard")
    warm = project.run("-pboard")
    assert warm.reasons == {"test_c.py": "must-run: test_c.py::test_c: it moves the arm"}
    project.edit("golden/test_a/seen.txt", "one", "two")
    assert project.run("-pboard").modules == {"test_a.py", "test_c.py"}
    other = project.run("-pboard", "-v")
    assert other.modules == {"test_a.py", "test_b.py", "test_c.py"}
    assert other.reasons["test_b.py"] == "flags-changed: pytest_gocache_key: verbosity 1"


LISTENER = """
    import pathlib

    def pytest_gocache_verdict(config, path, cached, reason, detail):
        assert isinstance(path, pathlib.Path) and type(cached) is bool and type(reason) is type(detail) is str
        with open(config.rootpath.parent / "told.txt", "a") as file:
            print(path.relative_to(config.rootpath).as_posix(), cached, f"{reason}: {detail}", file=file)
"""
N2 = ("-p", "xdist", "-n2")


def heard(project: Project, *args: str) -> dict[str, str]:
    """What the hook was told in one more run, by module; once for each."""
    notes = project.home / "told.txt"
    notes.unlink(missing_ok=True)
    run = project.run("-plistener", *args)
    assert not run.code and "pytest_gocache_verdict" not in run.out, run.said
    lines = notes.read_text(encoding="utf-8").splitlines()
    told = dict(line.split(" ", 1) for line in lines)
    assert len(lines) == len(told) == sum(run.numbers[:2] if run.numbers else ()), (lines, run.out)
    return told


def test_a_nested_conftest_that_acts_on_all_items(project: Project) -> None:
    """pytest calls such hooks for the whole session: modules elsewhere need that conftest, from when it has one."""
    project.write(
        {
            "a/conftest.py": "X = 1\n",
            "a/test_a.py": "def test_a():\n    pass\n",
            "b/test_b.py": "def test_b():\n    pass\n",
        }
    )
    project.cold_and_warm()
    acts = """
        import pytest

        def pytest_collection_modifyitems(items):
            for item in items:
                item.add_marker(pytest.mark.xfail(strict=True, reason="{}"))
    """
    project.write({"a/conftest.py": acts.format("no")})
    run = project.run()
    assert run.code == 1 and run.counts == project.plain().counts == {"failed": 2}
    project.write({"a/conftest.py": acts.replace("strict=True", "strict=False").format("may")})
    run = project.run()
    assert run.counts == project.plain().counts == {"xpassed": 2}
    assert not project.run().bodies
    project.write({"a/conftest.py": "X = 1\n"})
    assert not project.run().bodies  # as at first


def test_a_nested_conftest_that_does_something_for_all(project: Project) -> None:
    """What it sets when it is loaded, modules elsewhere meet. What it sets in fixtures, or for itself, they do not."""
    sets = "import os\nfrom pathlib import Path\n\nHERE = Path(__file__).parent\n{}\n"
    project.write(
        {
            "a/conftest.py": sets.format("os.environ['COLOUR'] = 'red'"),
            "a/test_a.py": "def test_a():\n    pass\n",
            "b/conftest.py": sets.format("SIZE = 1"),
            "b/test_b.py": "import os\n\ndef test_b():\n    assert os.environ['COLOUR'] == 'red'\n",
            "c/test_c.py": "def test_c():\n    pass\n",
        }
    )
    project.cold_and_warm()
    project.edit("a/conftest.py", "red", "blue")
    run = project.run()
    assert run.code == 1 and run.counts == project.plain().counts == {"passed": 2, "failed": 1}
    assert run.reasons["c/test_c.py"] == "input-changed: import a/conftest.py"
    project.edit("a/conftest.py", "blue", "red")
    assert not project.run().bodies
    project.edit("b/conftest.py", "SIZE = 1", "SIZE = 2")
    assert project.run().modules == {"b/test_b.py"}


def test_a_conftest_of_one_argument_whose_session_hook_runs_for_all(project: Project) -> None:
    """pytest loads the conftests of its arguments first, so that their session hooks are called."""
    project.write(
        {
            "pytest.ini": "[pytest]\ntestpaths = tests/a tests/b\n",
            "tests/a/conftest.py": "import sys\n\ndef pytest_sessionstart():\n    sys.colour = 'red'\n",
            "tests/a/test_a.py": "def test_a():\n    pass\n",
            "tests/b/test_b.py": "import sys\n\ndef test_b():\n    assert sys.colour == 'red'\n",
        }
    )
    project.cold_and_warm()
    project.edit("tests/a/conftest.py", "red", "blue")
    run = project.run()
    assert run.code == project.plain().code == 1
    assert run.reasons["tests/b/test_b.py"] == "input-changed: import tests/a/conftest.py"


@pytest.mark.parametrize("workers", [(), pytest.param(N2, marks=pytest.mark.long)], ids=["serial", "n2"])
def test_the_verdict_on_each_module_is_told(shop: Project, workers: tuple[str, ...]) -> None:
    """Once for each: where all ran, where some did, from an exact repeat, and by the controller alone."""
    if workers:
        pytest.importorskip("xdist")
    shop.write({"../lib/listener.py": LISTENER, "notes/readme.txt": "no tests here\n", "notes/test_none.txt": "none\n"})
    modules = ["tests/test_alone.py", "tests/test_orders.py", "tests/test_prices.py"]
    assert heard(shop, *workers) == dict.fromkeys(modules, "False no-record: ")
    cached = dict.fromkeys(modules, "True : ")
    for _way in ("exact repeat", "and again"):
        assert heard(shop, *workers) == cached
    shop.edit("src/shop/orders.py", "sum(", "0 + sum(")
    changed = {"tests/test_orders.py": "False input-changed: import src/shop/orders.py"}
    assert heard(shop, *workers) == cached | changed
    # A part of it, and a bypass.
    assert heard(shop, *workers, "tests/test_alone.py") == {"tests/test_alone.py": "True : "}
    assert heard(shop, *workers, "--count=1") == dict.fromkeys(modules, "False bypassed: --count")


@pytest.mark.parametrize("workers", [(), N2], ids=["serial", "n2"])
def test_a_listener_that_fails_is_named(shop: Project, workers: tuple[str, ...]) -> None:
    """One line, whatever it raises; the run ends as without it, and what passed is stored."""
    if workers:
        pytest.importorskip("xdist")
    shop.write({"../lib/listener.py": "def pytest_gocache_verdict(path):\n    raise LookupError('no\\nserver')\n"})
    line = "gocache: pytest_gocache_verdict of listener: LookupError: no server (no result depends on it)"
    for bodies in (4, 0, 0):
        run = shop.run("-plistener", *workers)
        assert (run.code, run.counts, len(run.bodies)) == (0, {"passed": 4}, bodies), run.said
        assert run.out.count("LookupError") == 1 and line in run.out.splitlines(), run.out


@pytest.mark.parametrize("workers", [(), N2], ids=["serial", "n2"])
def test_a_hook_that_fails_makes_tests_run(project: Project, workers: tuple[str, ...]) -> None:
    """Who was asked what has to run, or what is read, and gives no answer: its tests run, and it is said why."""
    if workers:
        pytest.importorskip("xdist")
    project.write(
        {
            "a/conftest.py": "def pytest_gocache_cacheable(item):\n    raise LookupError('no board')\n",
            "b/conftest.py": "def pytest_gocache_inputs(item):\n    return 5\n",
            "c/conftest.py": "def pytest_gocache_inputs(item):\n    raise LookupError('no\\nboard')\n",
            "e/conftest.py": "def pytest_gocache_inputs(item):\n    return '*.txt'\n",
            "a/test_a.py": "def test_a():\n    pass\n",
            "b/test_b.py": "def test_b():\n    pass\n",
            "c/test_c.py": "def test_c():\n    pass\n",
            "e/test_e.py": "def test_e():\n    pass\n",
            "test_d.py": "def test_d():\n    pass\n",
        }
    )
    for bodies in (5, 4):
        run = project.run(*workers)
        assert (run.code, run.counts, len(run.bodies)) == (0, {"passed": 5}, bodies), run.said
        refused = {**run.reasons, **run.refused}
        for test, hook, error in (
            ("a/test_a", "cacheable of a/conftest.py", "LookupError: no board"),
            ("b/test_b", "inputs of b/conftest.py", "TypeError: 'int' object is not iterable"),
            ("c/test_c", "inputs of c/conftest.py", "LookupError: no board"),
            ("e/test_e", "inputs of e/conftest.py", "TypeError: '*.txt' is one text: give back a list"),
        ):
            said = f"must-run: {test}.py::{test[2:]}: pytest_gocache_{hook}: {error}"
            assert refused[f"{test}.py"].startswith(said), run.out


def test_a_key_that_cannot_be_told_turns_caching_off(project: Project) -> None:
    """Nobody knows then what a pass would stand for."""
    project.write(
        {
            "conftest.py": "def pytest_gocache_key(config):\n    raise LookupError('no\\nboard')\n",
            "test_a.py": "def test_a():\n    pass\n",
        }
    )
    run = project.run()
    assert run.code == 0 and run.counts == {"passed": 1}, run.said
    line = "gocache: off (pytest_gocache_key of project/conftest.py: LookupError: no board)"
    assert line in run.out.splitlines(), run.out
