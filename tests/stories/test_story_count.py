"""``--count``: run in spite of the cache, once or many times."""

from __future__ import annotations

import importlib.util

import pytest
from playground import Project

KINDS = """
    import unittest

    import pytest

    MADE = []

    @pytest.fixture(scope="module")
    def fresh():
        MADE.append("module")
        return list()

    def test_plain():
        pass

    @pytest.mark.parametrize("x", [1, 2])
    def test_param(x):
        pass

    class TestClass:
        def test_method(self):
            self.value = 1

    class TestUnit(unittest.TestCase):
        def test_unit(self):
            pass

    def test_module_fixture_is_fresh(fresh):
        assert fresh == []
        fresh.append("used")
"""
FLAKY = """
    import os
    import pathlib

    def test_flaky():
        page = pathlib.Path(os.environ["TALLY"])
        runs = len(page.read_text()) if page.exists() else 0
        page.write_text("x" * (runs + 1))
        assert runs != 1

    def test_steady():
        pass
"""


def test_count_1_runs_and_refreshes(project: Project) -> None:
    """Everything runs, passes are stored, and the reason is ``bypassed``."""
    project.write({"test_a.py": "def test_a():\n    pass\n"})
    first = project.run("--count=1")
    assert first.reasons == {"test_a.py": "bypassed: --count"} and first.numbers == (0, 1, 0)
    assert not project.run().bodies
    assert len(project.run("--count=1").bodies) == 1
    assert not project.run().bodies


def test_count_3(project: Project) -> None:
    """Each test runs three times, the whole selection over, with fresh fixtures; then all is cached."""
    project.write({"test_kinds.py": KINDS})
    run = project.run("--count=3")
    assert run.code == 0 and len(run.bodies) == 18 and run.counts == {"passed": 18}, run.out
    assert run.bodies == run.bodies[:6] * 3
    warm = project.run()
    assert not warm.bodies and warm.counts == {"passed": 6}
    part = project.run("--count=3", "-k", "param")
    assert len(part.bodies) == 6 and part.counts == {"passed": 6, "deselected": 4}
    # Without the cache it repeats as well.
    assert len(project.plain("--count=2").bodies) == 12


def test_progress_of_repetitions(project: Project) -> None:
    """The last line of dots ends at 100 %."""
    project.write({"test_a.py": "def test_a():\n    pass\n"})
    assert "[100%]" in project.run("--count=3").out


def test_one_flake_of_three(project: Project) -> None:
    """It is told per test, the exit code is 1, the stored pass is taken back."""
    project.write({"test_flaky.py": FLAKY, "test_good.py": "def test_good():\n    pass\n"})
    tally = project.home / "tally"
    tally.write_text("xxxxx")
    project.run(TALLY=str(tally))
    tally.write_text("")
    run = project.run("--count=3", TALLY=str(tally))
    assert run.code == 1 and run.counts == {"failed": 1, "passed": 8}
    assert "test_flaky.py::test_flaky  2 passed, 1 failed of 3" in run.out
    assert run.refused == {"test_flaky.py": "failed: test_flaky.py::test_flaky"}
    after = project.run(TALLY=str(tally))
    assert after.modules == {"test_flaky.py"}, "it was evicted"
    tally.write_text("")
    stopped = project.run("--count=3", "-x", TALLY=str(tally))
    assert stopped.code == 1 and stopped.counts["failed"] == 1 and len(stopped.bodies) < 9


def test_wrong_counts(project: Project) -> None:
    """A clear usage error, exit code 4."""
    project.write({"test_a.py": "def test_a():\n    pass\n"})
    for wrong in ("0", "-1", "x", "1.5"):
        run = project.run(f"--count={wrong}")
        assert run.code == 4 and "--count" in run.err and "Traceback" not in run.said and not run.bodies


@pytest.mark.skipif(not importlib.util.find_spec("pytest_repeat"), reason="pytest-repeat is not installed")
def test_beside_pytest_repeat(project: Project) -> None:
    """Its ``--count`` repeats as it always did, and bypasses the cache; without it, nothing differs."""
    project.write(
        {"test_a.py": "import pytest\n\n@pytest.mark.parametrize('x', [1, 2])\ndef test_a(x):\n    pass\n"}
    )
    repeat = ("-p", "pytest_repeat")
    cold, _ = project.cold_and_warm(*repeat)
    assert cold.counts == {"passed": 2}
    for _ in range(2):
        run = project.run(*repeat, "--count=3")
        assert run.counts == {"passed": 6} and len(run.bodies) == 6, run.said
    assert len(project.run(*repeat, "--count=1").bodies) == 2
    assert not project.run(*repeat).bodies


def test_count_under_xdist(project: Project) -> None:
    """Workers repeat too."""
    pytest.importorskip("xdist")
    project.write({"test_kinds.py": KINDS})
    run = project.run("-p", "xdist", "-n2", "--dist=loadfile", "--count=2")
    assert run.code == 0 and len(run.bodies) == 12 and run.counts == {"passed": 12}, run.out
