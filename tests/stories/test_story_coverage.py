"""Under coverage: a cached run has the lines, the branches and the verdict of a full run."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import pytest
from coverage import CoverageData
from playground import Project, Run

pytest.importorskip("pytest_cov")

PLUGIN = ("-p", "pytest_cov.plugin")
COV = (*PLUGIN, "--cov=shop", "--cov-branch", "--cov-report=json")


def report(project: Project) -> object:
    """What was run of each file, and the totals."""
    told = json.loads((project.root / "coverage.json").read_text(encoding="utf-8"))
    return {"files": told["files"], "totals": told["totals"]}


def contexts(project: Project) -> set[str]:
    """The contexts, each with the files it is of."""
    data = CoverageData(str(project.root / ".coverage"))
    data.read()
    return {f"{file} {context}" for file in data.measured_files() for context in file_contexts(data, file)}


def file_contexts(data: CoverageData, file: str) -> set[str]:
    return {context for those in data.contexts_by_lineno(file).values() for context in those}


def market_path(project: Project) -> str:
    return f"{project.home / 'lib'}:{project.root / 'src'}"


def same_as_full(project: Project, *args: str, **env: str | None) -> Run:
    """A cached run, held against a full one."""
    plain = project.plain(*args, **env)
    full = report(project)
    run = project.run(*args, **env)
    assert report(project) == full, (plain.said, run.said)
    assert (run.code, run.counts) == (plain.code, plain.counts), run.said
    return run


@pytest.fixture
def market(shop: Project) -> Project:
    """The shop, with a till that modules share, and code that only some modules come to."""
    shop.write(
        {
            "src/shop/prices.py": """
                def gross(net):
                    if net > 5:
                        return net + net // 5
                    return net

                def open_till():
                    return []

                def close_till(till):
                    till.clear()

                def rarely():
                    from shop import extras
                    return extras.EXTRA
            """,
            "src/shop/extras.py": "EXTRA = 1\n\n\ndef more():\n    return EXTRA\n",
            "src/shop/never.py": "x = 1\n",
            "tests/conftest.py": """
                import pytest

                @pytest.fixture(scope="session")
                def till():
                    from shop import prices
                    till = prices.open_till()
                    yield till
                    prices.close_till(till)
            """,
            "tests/test_till.py": "def test_till(till):\n    assert till == []\n",
            "tests/test_till_again.py": "def test_till(till):\n    assert till == []\n",
            "tests/test_rare.py": """
                from shop.prices import rarely

                def test_rare():
                    assert rarely() == 1
            """,
        }
    )
    return shop


def test_totals_are_those_of_a_full_run(market: Project) -> None:
    """Whatever runs and whatever does not: import-time lines, shared fixtures, branches, files never run."""
    assert same_as_full(market, *COV).numbers == (0, 6, 0)
    warm = same_as_full(market, *COV)
    assert warm.numbers == (6, 0, 0) and not warm.bodies, warm.said
    for name in ("orders", "till", "rare"):
        market.edit(f"tests/test_{name}.py", "assert", "assert 1 and")
        run = same_as_full(market, *COV)
        assert run.modules == {f"tests/test_{name}.py"}, run.said
    # What only this module ran or imported must leave the totals: others could have imported it, and did not.
    market.edit("tests/test_rare.py", "assert 1 and rarely() == 1", "pass")
    assert same_as_full(market, *COV).modules == {"tests/test_rare.py"}
    # A fixture leaves them with the last module that uses it.
    for name in ("till", "till_again"):
        market.edit(f"tests/test_{name}.py", "(till)", "()")
        market.edit(f"tests/test_{name}.py", "till == []", "1")
        assert same_as_full(market, *COV).modules == {f"tests/test_{name}.py"}


@pytest.mark.long
def test_contexts_of_tests(market: Project) -> None:
    """``--cov-context=test`` tells for each line which tests ran it."""
    args = (*COV, "--cov-context=test")
    market.plain(*args)
    full = contexts(market)
    assert any("test_rare" in context for context in full)
    for bodies in (7, 0):
        run = market.run(*args)
        assert len(run.bodies) == bodies and contexts(market) == full, run.said


@pytest.mark.long
def test_reasons(market: Project) -> None:
    """Recorded without coverage, with other settings, or with lines that stood elsewhere."""
    market.run(*PLUGIN)
    run = same_as_full(market, *COV)
    assert set(run.reasons.values()) == {"no-coverage"}, run.out
    # Runs without coverage share the entries, whichever way they were made.
    assert not market.run(*PLUGIN).bodies
    lines = tuple(arg for arg in COV if arg != "--cov-branch")
    run = same_as_full(market, *lines)
    assert set(run.reasons.values()) == {"coverage-settings"}, run.out
    assert not same_as_full(market, *lines).bodies and not same_as_full(market, *COV).bodies
    market.edit("src/shop/extras.py", "EXTRA = 1", "# moved\nEXTRA = 1")
    run = same_as_full(market, *COV)
    assert run.reasons == {"tests/test_rare.py": "input-changed: lines src/shop/extras.py"}, run.out
    assert not market.run(*PLUGIN).bodies
    market.edit("src/shop/extras.py", "# moved\n", "")
    assert not same_as_full(market, *COV).bodies


@pytest.mark.long
def test_gate_append_selection(market: Project) -> None:
    """``--cov-fail-under`` has the same verdict, ``--cov-append`` the same sum; parts are recorded apart."""
    for under, code in (("100", 1), ("10", 0)):
        args = (*COV, f"--cov-fail-under={under}")
        for _ in range(2):
            assert same_as_full(market, *args).code == code
    run = same_as_full(market, *COV, "tests/test_prices.py", "-k", "nothing")
    assert run.bodies == ("tests/test_prices.py::test_nothing",), run.out
    assert not same_as_full(market, *COV, "tests/test_prices.py", "-k", "nothing").bodies
    full = []
    for run_it in (market.plain, market.run):
        (market.root / ".coverage").unlink()
        for name in ("orders", "rare"):
            run_it(*COV, "--cov-append", f"tests/test_{name}.py")
        full.append(report(market))
    assert full[0] == full[1]


@pytest.mark.long
def test_hooks_that_see_all_items(market: Project) -> None:
    """What they run for one module's items is that module's; where that cannot be told, everything runs."""
    market.write(
        {
            "tests/conftest.py": """
                import pytest

                def pytest_collection_modifyitems(items):
                    items.sort(key=by_name)
                    for item in items:
                        if "rare" in item.nodeid:
                            item.add_marker("usefixtures")

                def by_name(item):
                    return item.nodeid

                @pytest.fixture
                def till():
                    return []
            """,
        }
    )
    args = (*COV, "--cov=tests")
    for bodies in (7, 0):
        assert len(same_as_full(market, *args).bodies) == bodies
    market.edit("tests/test_till.py", "assert", "assert 1 and")
    assert same_as_full(market, *args).modules == {"tests/test_till.py"}
    market.remove("tests/test_rare.py")
    assert not same_as_full(market, *args).bodies
    market.edit("tests/conftest.py", "items.sort(key=by_name)", "items[:] = sorted(items, key=by_name)")
    for _ in range(2):
        run = same_as_full(market, *args)
        assert len(run.bodies) == 6 and "coverage-inexact: pytest_collection_modifyitems ran" in run.out, run.out
    assert not market.run(*PLUGIN).bodies


@pytest.mark.long
def test_coverage_run(market: Project) -> None:
    """``coverage run -m pytest`` knows nothing of pytest, and pytest-cov nothing of it."""
    reports = []
    market.python = ("-m", "coverage", "run", "--branch", "--source=src")
    for run_it in (market.plain, market.run, market.run):
        run = run_it()
        subprocess.run([sys.executable, "-m", "coverage", "json", "-q"], cwd=market.root, check=True)
        reports.append(report(market))
    assert reports[0] == reports[1] == reports[2] and not run.bodies, run.said


@pytest.mark.long
def test_children(market: Project) -> None:
    """What measured child processes run is theirs who started them."""
    market.write(
        {
            ".coveragerc": "[run]\npatch = subprocess, fork, _exit\nsource = src\nbranch = true\n",
            "src/shop/__main__.py": "from shop.prices import rarely\n\nprint(rarely())\n",
            "tests/test_child.py": """
                import os, subprocess, sys

                def test_child():
                    assert subprocess.check_output([sys.executable, "-m", "shop"], cwd="src") == b"1\\n"
            """,
            "tests/test_fork.py": """
                import os

                from shop.prices import gross

                def test_fork():
                    child = os.fork()
                    if not child:
                        gross(10)
                        os._exit(0)
                    os.waitpid(child, 0)
            """,
        }
    )
    market.remove("tests/test_rare.py", "tests/test_prices.py", "tests/test_orders.py")
    args = (*PLUGIN, "--cov", "--cov-report=json")
    for bodies in (5, 0):
        run = same_as_full(market, *args)
        assert len(run.bodies) == bodies, run.said
    for name in ("child", "fork"):
        market.edit(f"tests/test_{name}.py", "import", "import re,")
        run = same_as_full(market, *args)
        assert run.modules == {f"tests/test_{name}.py"}, run.said
    assert data_files_left(market, market.run, *args) == data_files_left(market, market.plain, *args)


def data_files_left(project: Project, run: Callable[..., Run], *args: str) -> int:
    """How many there are after a run. (Some versions of coverage save once more where the host's child exits.)"""
    run(*args)
    return len(list(project.root.glob(".coverage.*")))


@pytest.mark.long
def test_workers(market: Project) -> None:
    """``-n 2``: the controller brings in the lines; workers tell theirs, so that a serial run shares them."""
    pytest.importorskip("xdist")
    n2 = (*COV, "-p", "xdist", "-n2", "--dist=loadfile")
    assert same_as_full(market, *n2).numbers == (0, 6, 0)
    for args in (n2, (*COV, "-p", "xdist")):
        run = same_as_full(market, *args)
        assert not run.bodies and "warning" not in run.said.lower(), run.said
    market.edit("tests/test_till.py", "assert", "assert 1 and")
    assert same_as_full(market, *n2).modules == {"tests/test_till.py"}
    assert not same_as_full(market, *COV, "-p", "xdist").bodies


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python has no sys.monitoring")
def test_sysmon(market: Project) -> None:
    """That core tells of a line once; it is asked again for each module."""
    args = [arg for arg in COV if arg != "--cov-branch"]
    reports = []
    for run_it in (market.plain, market.run, market.run):
        run = run_it(*args, COVERAGE_CORE="sysmon")
        reports.append(report(market))
    assert reports[0] == reports[1] == reports[2] and not run.bodies, run.said
    market.edit("tests/test_till.py", "assert", "assert 1 and")
    assert market.run(*args, COVERAGE_CORE="sysmon").modules == {"tests/test_till.py"}
    assert reports[0] == report(market)


@pytest.mark.long
def test_imports_by_call(market: Project) -> None:
    """``__import__`` and ``import_module`` count like statements, and add nothing to a traceback."""
    market.write(
        {
            "src/shop/finder.py": """
                import sys
                from importlib import import_module

                def find(name):
                    try:
                        __import__(name)
                    except ImportError:
                        return sys.exc_info()[2].tb_next is None

                def load(name):
                    return import_module(name)
            """,
            "tests/test_find.py": """
                from shop.finder import find

                def test_find():
                    assert find("nowhere") and not find("shop.extras")
            """,
            "tests/test_load.py": """
                from shop.finder import load

                def test_load():
                    assert load("shop.extras").EXTRA == 1
            """,
        }
    )
    market.remove("tests/test_till.py", "tests/test_till_again.py", "tests/test_orders.py", "tests/test_prices.py")
    for bodies in (4, 0):
        assert len(same_as_full(market, *COV).bodies) == bodies
    market.edit("tests/test_find.py", ' and not find("shop.extras")', "")
    market.edit("tests/test_rare.py", "rarely()", "1")
    assert "tests/test_alone.py" not in same_as_full(market, *COV).modules
    market.edit("tests/test_load.py", "shop.extras", "shop.prices")
    market.edit("tests/test_load.py", ".EXTRA == 1", "")
    assert "tests/test_load.py" in same_as_full(market, *COV).modules
    assert not same_as_full(market, *COV).bodies


def test_pyargs(market: Project) -> None:
    """A module named by its dotted name is found without importing its packages, whose lines would be missing."""
    market.write({"src/shop/tests/__init__.py": "", "src/shop/__init__.py": "ADDRESS = 'Rialto'\n"})
    market.write({"src/shop/tests/test_in.py": "import shop\n\ndef test_in():\n    assert shop.ADDRESS\n"})
    for bodies in (1, 0):
        run = same_as_full(market, *COV, "--pyargs", "shop.tests.test_in", PYTHONPATH=market_path(market))
        assert len(run.bodies) == bodies, run.said
