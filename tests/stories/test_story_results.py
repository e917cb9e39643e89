"""What is no pass of the whole is never stored as one, in whatever way it came about."""

from __future__ import annotations

import pytest
from playground import RERUNS, Project, some

GOOD = "def test_good():\n    pass\n"
RERUN = (
    RERUNS
    + """
    def pytest_report_teststatus(report):
        if report.outcome == "rerun":
            return "rerun", "R", "RERUN"
"""
)


def always_runs(project: Project, module: str, reason: str, *args: str) -> None:
    """Two runs more: each runs the module, for that reason."""
    for _ in range(2):
        run = project.run(*args)
        told = {run.reasons.get(module, "").partition(":")[0], run.refused.get(module, "").partition(":")[0]}
        assert reason in told, run.out


@pytest.mark.parametrize("phase", ["call", "setup"])
def test_a_pass_after_a_rerun(project: Project, phase: str) -> None:
    """The plugin rescues the test; its module is not stored."""
    seen = "import os, pathlib\n\nSEEN = []\n\ndef once():\n    SEEN.append(1)\n    assert len(SEEN) > 1\n\n"
    setup = "import pytest\n\n@pytest.fixture\ndef rescued():\n    once()\n\ndef test_a(rescued):\n    pass\n"
    text = seen + (setup if phase == "setup" else "def test_a():\n    once()\n")
    project.write({"conftest.py": RERUN, "test_a.py": text, "test_good.py": GOOD})
    cold = project.run()
    assert cold.code == 0 and cold.numbers == (0, 2, 1), cold.out
    always_runs(project, "test_a.py", "rerun")
    assert project.run().modules == {"test_a.py"}


@pytest.mark.parametrize("scope", ["class", "module", "package", "session"])
@pytest.mark.parametrize("phase", ["setup", "teardown"])
def test_errors_of_wide_fixtures(project: Project, scope: str, phase: str) -> None:
    """All modules that use the fixture run again, and those that do not are stored (with a failed set-up)."""
    raising = "    raise ValueError\n    yield" if phase == "setup" else "    yield\n    raise ValueError"
    project.write(
        {
            "conftest.py": f"import pytest\n\n@pytest.fixture(scope='{scope}')\ndef wide():\n{raising}\n",
            "test_a.py": "class TestA:\n    def test_a(self, wide):\n        pass\n",
            "test_b.py": "class TestB:\n    def test_b(self, wide):\n        pass\n",
            "test_good.py": GOOD,
        }
    )
    for _ in range(2):
        run = project.run()
        assert run.code == 1
        assert {module: reason.partition(":")[0] for module, reason in run.reasons.items()}.keys() >= {
            "test_a.py",
            "test_b.py",
        }, run.out
    assert run.reasons["test_a.py"].startswith("failed") and run.reasons["test_b.py"].startswith("failed")


@pytest.mark.parametrize("how", ["raise KeyboardInterrupt", "pytest.exit('enough')", "raise SystemExit(0)"])
@pytest.mark.parametrize("where", some(["test", "fixture", "teardown"], 1))
def test_stopped_in_the_middle(project: Project, how: str, where: str) -> None:
    """What ended the run, or the test, is no pass; the second test never ran."""
    lines = {"test": how, "fixture": "pass", "teardown": "pass"}
    setup = how if where == "fixture" else "pass"
    end = how if where == "teardown" else "pass"
    project.write(
        {
            "test_a.py": f"""
                import pytest

                @pytest.fixture(scope="module")
                def wide():
                    {setup}
                    yield
                    {end}

                def test_1(wide):
                    {lines[where]}

                def test_2():
                    pass
            """,
            "test_b.py": GOOD,
        }
    )
    for _ in range(2):
        run = project.run()
        assert "test_a.py" in run.reasons
    assert "(cached)" not in next((line for line in run.out.splitlines() if line.startswith("test_a")), "")


def test_a_killed_child_does_not_matter(project: Project) -> None:
    """If the test expects it."""
    project.write(
        {
            "test_a.py": """
                import subprocess
                import sys

                def test_a():
                    code = "import os; os.kill(os.getpid(), 9)"
                    assert subprocess.run([sys.executable, "-c", code]).returncode
            """
        }
    )
    project.cold_and_warm()


def test_a_crashed_worker(project: Project) -> None:
    """Its module is not stored, also where another worker ran the rest of it."""
    pytest.importorskip("xdist")
    text = "import os\n\ndef test_0():\n    pass\n\ndef test_1():\n    os._exit(3)\n\ndef test_2():\n    pass\n"
    project.write({"test_a.py": text})
    for _ in range(2):
        run = project.run("-p", "xdist", "-n2")
        assert run.code == 1 and run.modules == {"test_a.py"}, run.out


@pytest.mark.parametrize("part", ["-kone", "-mx", "--deselect=test_a.py::test_two", "test_a.py::test_one"])
def test_a_part_is_not_the_whole(project: Project, part: str) -> None:
    """It answers for itself, and the whole runs."""
    marker = "[pytest]\nmarkers = x\n"
    text = "import pytest\n\n@pytest.mark.x\ndef test_one():\n    pass\n\ndef test_two():\n    pass\n"
    project.write({"pytest.ini": marker, "test_a.py": text})
    project.cold_and_warm(part)
    assert len(project.run().bodies) == 2


def test_collected_twice_and_not_at_all(project: Project) -> None:
    """Duplicates, and errors while collecting."""
    project.write({"test_a.py": GOOD, "test_bad.py": "1 / 0\n"})
    always_runs(project, "test_bad.py", "collect-error", "--continue-on-collection-errors")
    project.remove("test_bad.py")
    project.write({"sub/test_c.py": GOOD})
    run = project.run("--keep-duplicates", "sub", "sub")
    assert run.code == 0 and len(run.bodies) == 2
    again = project.run("--keep-duplicates", "sub", "sub")
    assert len(again.bodies) == 2, again.out
