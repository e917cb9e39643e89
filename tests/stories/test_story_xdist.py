"""``-n 2``: the controller decides and writes, workers run what is left."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest
from playground import Project

from pytest_gocache.core.places import Places
from pytest_gocache.hooks.reports import save_report

pytest.importorskip("xdist")

N2 = ("-p", "xdist", "-n2")


def test_cold_warm_edit(shop: Project) -> None:
    """As in a serial run, with the same entries and the same reasons."""
    plain = shop.plain(*N2)
    cold = shop.run(*N2)
    assert (cold.code, cold.counts) == (plain.code, plain.counts) and cold.numbers == (0, 3, 0), cold.out
    assert set(cold.reasons.values()) == {"no-record"}
    warm = shop.run(*N2)
    assert not warm.bodies and warm.counts == {"passed": 4} and warm.numbers == (3, 0, 0) and warm.code == 0, warm.said
    # The second exact repeat starts no worker.
    repeat = shop.run(*N2, "-v")
    repeat = shop.run(*N2, "-v")
    assert not repeat.bodies and repeat.counts == {"passed": 4} and "worker" not in repeat.out, repeat.out
    shop.edit("src/shop/orders.py", "sum(", "0 + sum(")
    run = shop.run(*N2)
    assert run.modules == {"tests/test_orders.py"} and run.counts == {"passed": 4}, run.out
    assert run.reasons == {"tests/test_orders.py": "input-changed: import src/shop/orders.py"}
    # Serial and distributed runs share entries.
    assert not shop.run("-p", "xdist").bodies
    shop.edit("src/shop/prices.py", "// 5", "// 4")
    assert shop.run("-p", "xdist").modules == {"tests/test_orders.py", "tests/test_prices.py"}
    assert not shop.run(*N2).bodies
    # There and back: all is known, if not in one piece, and no worker is started for it.
    shop.edit("src/shop/orders.py", "sum(", "sum( ")
    shop.edit("src/shop/prices.py", "// 4", "// 5")
    again = shop.run(*N2, "-v")
    assert not again.bodies and again.counts == {"passed": 4} and "worker" not in again.out, again.out
    # Results that are gone from the store: their modules run, where nobody can start workers any more.
    assert not shop.run(*N2).bodies
    with contextlib.closing(sqlite3.connect(shop.store / "v1" / "cache.db")) as db, db:
        db.execute("delete from Cache")
    gone = shop.run(*N2, "-v")
    assert gone.counts == {"passed": 4} and len(gone.bodies) == 4 and gone.code == 0, gone.said
    # One file, one test, a word.
    for args, passed in (
        (("tests/test_prices.py",), 2),
        (("tests/test_prices.py::test_gross", "-k", "gross"), 1),
    ):
        part = shop.run(*N2, *args)
        assert not part.bodies and part.code == 0 and part.counts["passed"] == passed, part.out


def test_nothing_of_a_worker_is_kept() -> None:
    """Or its reports would look as if a plugin had put something on them, and be replayed one by one."""
    report = pytest.TestReport("test_a.py::test", ("test_a.py", 0, "test"), {}, "passed", None, "call")
    vars(report).update({"$report_type": "TestReport", "node": 1, "worker_id": "gw0", "item_index": 3})
    places = Places.of_interpreter(Path("/project"))
    assert save_report(report, places, None).extra == ()  # type: ignore[arg-type]


def test_failures_and_siblings(project: Project) -> None:
    """A failing module is not stored; siblings of a named file are neither shown nor stored."""
    project.write(
        {
            "test_a.py": "def test_a():\n    pass\n",
            "test_b.py": "def test_b():\n    assert 0\n",
        }
    )
    assert project.run(*N2, "test_a.py").counts == {"passed": 1}
    for _ in range(2):
        run = project.run(*N2)
        assert run.code == 1 and run.counts == {"failed": 1, "passed": 1} and run.modules == {"test_b.py"}, run.out
    stopped = project.run(*N2, "-x")
    assert stopped.code in (1, 2) and stopped.counts["failed"] == 1


def test_a_module_on_two_workers(project: Project) -> None:
    """Traces of one module add up; it is stored if all of its tests passed, wherever they ran."""
    spread = (*N2, "--dist=load", "--maxschedchunk=1", "--max-worker-restart=0")
    project.write(
        {
            **{f"{number}.txt": "x" for number in range(4)},
            "test_many.py": """
                import os

                import pytest

                @pytest.mark.parametrize("number", range(4))
                def test_reads(number):
                    if os.environ.get("DIE") == str(number):
                        os._exit(9)
                    assert open(f"{number}.txt").read() == "x"
            """,
        }
    )
    died = project.run(*spread, DIE="3")
    assert died.code == 1 and died.counts["failed"] == 1, died.out
    assert died.refused["test_many.py"].startswith(("worker-lost: gw", "failed")), died.refused
    assert len(project.run(*spread).bodies) == 4
    for number in (0, 3):
        project.write({f"{number}.txt": "y"})
        run = project.run(*spread)
        assert len(run.bodies) == 4 and run.counts == {"failed": 1, "passed": 3}, run.out
        assert run.reasons == {"test_many.py": f"input-changed: open {number}.txt"}
        assert run.refused["test_many.py"].startswith("failed")
        project.write({f"{number}.txt": "x"})
    assert not project.run(*spread).bodies and not project.run("-p", "xdist").bodies


def test_inputs_seen_in_workers(project: Project) -> None:
    """Data files, wide fixtures and computed imports of workers reach the controller."""
    project.write(
        {
            "pytest.ini": "[pytest]\npythonpath = src\n",
            "src/plug.py": "A = 1\n",
            "conftest.py": """
                import pathlib
                import pytest

                @pytest.fixture(scope="session")
                def seed():
                    return pathlib.Path("seed.txt").read_text()
            """,
            "seed.txt": "s",
            "data.txt": "d",
            "test_a.py": "def test_a(seed):\n    assert seed == 's'\n",
            "test_b.py": "def test_b():\n    assert open('data.txt').read() == 'd'\n",
            "test_c.py": """
                import importlib

                def test_c():
                    assert importlib.import_module('pl' + 'ug').A
            """,
            "test_d.py": "def test_d():\n    pass\n",
        }
    )
    project.run(*N2)
    assert not project.run(*N2).bodies
    for name, wrong, right, module in (
        ("seed.txt", "t", "s", "test_a.py"),
        ("data.txt", "e", "d", "test_b.py"),
        ("src/plug.py", "A = 0\n", "A = 1\n", "test_c.py"),
    ):
        project.write({name: wrong})
        run = project.run(*N2)
        assert run.code == 1 and module in run.modules and run.counts["failed"] == 1, (name, run.out)
        project.write({name: right})
        assert not project.run(*N2).bodies


def test_reports_of_workers(project: Project) -> None:
    """Skips, xfails, warnings and output replay under workers as they were."""
    project.write(
        {
            "test_kinds.py": """
                import warnings

                import pytest

                @pytest.mark.skip(reason="no")
                def test_skip():
                    pass

                @pytest.mark.xfail
                def test_xfail():
                    assert 0

                def test_warns():
                    warnings.warn("careful")

                def test_prints():
                    print("out")
            """,
            "test_whole_skip.py": """
                import pytest

                pytest.skip('the whole module', allow_module_level=True)
            """,
        }
    )
    plain = project.plain(*N2, "-rA")
    cold = project.run(*N2, "-rA")
    assert cold.counts == plain.counts
    for _ in range(2):
        warm = project.run(*N2, "-rA")
        assert not warm.bodies and warm.counts == plain.counts, warm.out
    serial = project.run("-p", "xdist", "-rA")
    assert not serial.bodies and serial.counts == plain.counts, serial.out


def test_whether_there_are_workers(project: Project) -> None:
    """Serial and distributed runs share entries, but not where a test asks which of them it is in."""
    asks = """
        import os
        import pytest

        @pytest.mark.skipif("PYTEST_XDIST_WORKER" in os.environ, reason="not under xdist")
        def test_a():
            pass

        def test_b():
            pass
    """
    count = "import os\n\ndef test_c():\n    assert os.environ.get('PYTEST_XDIST_WORKER_COUNT', '0') == '0'\n"
    ids = "def test_d(worker_id):\n    assert worker_id == 'master'\n"
    project.write({"test_asks.py": asks, "test_count.py": count, "test_ids.py": ids})
    project.write({"test_e.py": "def test_e():\n    pass\n"})
    serial = project.run("-p", "xdist")
    assert serial.counts == {"passed": 5}, serial.said
    distributed = project.run(*N2)
    assert distributed.counts == project.plain(*N2).counts == {"failed": 2, "passed": 2, "skipped": 1}, distributed.said
    assert distributed.modules == {"test_asks.py", "test_count.py", "test_ids.py"}
    again = project.run(*N2)
    assert again.modules == {"test_count.py", "test_ids.py"} and again.counts == distributed.counts, again.said
    assert project.run("-p", "xdist").counts == {"passed": 5}


ASKS_THE_CONFIGURATION = {
    "a test": "def test_a(request):\n    assert not hasattr(request.config, 'workerinput')\n",
    "by xdist": "import xdist\n\ndef test_a(request):\n    assert not xdist.is_xdist_worker(request)\n",
    "by its id": "import xdist\n\ndef test_a(request):\n    assert xdist.get_xdist_worker_id(request) == 'master'\n",
    "a condition": "import pytest\n\n@pytest.mark.xfail('hasattr(config, \"workerinput\")', reason='x', strict=True)\n"
    "def test_a():\n    pass\n",
    "a fixture": "def test_a(alone):\n    assert alone\n",
    "a hook": "import kept\n\ndef test_a():\n    assert kept.alone\n",
}


@pytest.mark.parametrize("name", ASKS_THE_CONFIGURATION)
def test_whether_the_configuration_is_a_workers(project: Project, name: str) -> None:
    """A test, a fixture or a conftest that asks may end otherwise."""
    project.write(
        {
            "a/conftest.py": """
                import kept
                import pytest

                @pytest.fixture(scope="session")
                def alone(request):
                    return getattr(request.config, "workerinput", None) is None
            """
            + (
                """
                def pytest_configure(config):
                    kept.alone = not hasattr(config, "workerinput")
            """
                if name == "a hook"
                else ""
            ),
            "kept.py": "alone = True\n",
            "a/test_a.py": ASKS_THE_CONFIGURATION[name],
            "b/test_b.py": "def test_b():\n    pass\n",
            "conftest.py": "",
        }
    )
    project.cold_and_warm("-p", "xdist", "a", "b")
    distributed, plain = project.run(*N2, "a", "b"), project.plain(*N2, "a", "b")
    assert distributed.counts == plain.counts == {"failed": 1, "passed": 1}, distributed.said
    assert name == "a hook" or distributed.modules == {"a/test_a.py"}
    assert not project.run("-p", "xdist", "a", "b").bodies


def test_how_many_workers_the_configuration_tells_of(project: Project) -> None:
    """Two or one."""
    project.write({"test_a.py": "def test_a(request):\n    assert request.config.workerinput['workercount'] == 2\n"})
    project.cold_and_warm(*N2)
    one = project.run("-p", "xdist", "-n1")
    assert one.code == project.plain("-p", "xdist", "-n1").code == 1, one.said
    assert not project.run(*N2).bodies
